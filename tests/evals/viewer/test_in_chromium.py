"""The viewer and the report in a real browser."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import pytest

from clinseek.cli.main import run
from clinseek.evals.report.figures.axes import axis_over
from clinseek.evals.report.figures.forest import ForestLine, forest_plot
from clinseek.evals.report.markup import document, element
from clinseek.evals.report.page_head import head_of
from clinseek.evals.report.run_page import run_page
from clinseek.evals.viewer.server import ViewerServer


@pytest.fixture
def page(browser: Any) -> Any:
    opened = browser.new_page()
    opened.complaints = []
    opened.on("console", lambda said: opened.complaints.append(said.text))
    yield opened
    assert opened.complaints == []
    opened.close()


def test_a_citation_of_a_part_of_an_image_is_followed_to_it_by_keyboard(
    page: Any, server: ViewerServer
) -> None:
    page.goto(f"{server.address}run/1")
    page.get_by_role("link", name="E1#1").focus()
    page.keyboard.press("Enter")
    page.locator("#E1-part-1:focus").wait_for()
    assert page.get_by_role("img", name="E1 on a/x.jpg, with E1#1 nodule").is_visible()
    page.reload()
    page.keyboard.press("c")
    assert focused(page) == "E1-part-1"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_run_shows_its_films_and_asks_for_nothing(
    browser: Any, tmp_path: Path, scheme: str
) -> None:
    image = pytest.importorskip("PIL.Image", reason="needs Pillow")
    from tests.evals.report.films import filmed_record

    file = tmp_path / "run.html"
    file.write_text(run_page(filmed_record()))
    page = browser.new_page(viewport={"width": 360, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda told: said.append(told.text))
    page.goto(file.as_uri())
    assert ([url for url in asked if not url.startswith("data:")], said) == ([file.as_uri()], [])
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    film = page.get_by_role("img", name="E1 on s1/a.png")
    shot = image.open(io.BytesIO(film.screenshot())).convert("RGB")
    colours = {colour for _, colour in shot.getcolors(1 << 20)}
    greys = {red for red, green, blue in colours if red == green == blue}
    assert len(greys) > 100
    assert (255, 212, 0) in colours
    page.close()


@pytest.mark.parametrize("ends", [(0.0, 100.0), (-100.0, 20.0)])
def test_a_figure_of_a_report_is_read_whole_on_a_narrow_screen(
    browser: Any, tmp_path: Path, ends: tuple[float, float]
) -> None:
    caption = "Mean by the scorer “default”, in points of 100, with 95 % intervals by patient"
    lines = [ForestLine("offline, automated", 0.1, 0.0, 0.2, 1_000)]
    plot = forest_plot(lines, caption=caption, name="evaluation", axis=axis_over(ends))
    file = tmp_path / "report.html"
    file.write_text(document(head_of("Report"), element("body", plot)))
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(file.as_uri())
    frame, told = (page.locator(name).bounding_box() for name in (".scroll", "caption"))
    assert told["x"] + told["width"] <= frame["x"] + frame["width"]
    marks = [mark.bounding_box() for mark in page.locator(".ticks text").all()]
    gaps = [b["x"] - a["x"] - a["width"] for a, b in itertools.pairwise(marks)]
    assert min(gaps) > 4, gaps
    page.locator(".scroll").evaluate("frame => frame.scrollLeft = 60")
    assert page.locator("caption").bounding_box()["x"] == told["x"]
    page.close()


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.id"))


def test_a_citation_is_followed_to_its_row_by_keyboard(page: Any, server: ViewerServer) -> None:
    page.goto(f"{server.address}run/0")
    page.get_by_role("link", name="E150#7").focus()
    page.keyboard.press("Enter")
    page.locator("#E150-row-7:focus").wait_for()
    assert page.locator("#E150-row-7").is_visible()


def test_turns_cited_rows_search_and_runs_are_reached_by_keys(
    page: Any, server: ViewerServer
) -> None:
    page.goto(f"{server.address}run/0")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == "turn-2"
    page.keyboard.press("k")
    assert focused(page) == "turn-1"
    page.keyboard.press("c")
    assert focused(page) == "E1-row-8"
    page.keyboard.press("/")
    assert focused(page) == "search"
    page.keyboard.type("turn 149 ")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="turn 149, tool").click()
    page.locator("#turn-149:focus").wait_for()
    page.keyboard.press("n")
    page.wait_for_url("**/run/1")


def test_the_list_is_filtered_with_the_keyboard_alone(page: Any, server: ViewerServer) -> None:
    page.goto(server.address)
    page.keyboard.press("/")
    page.keyboard.type("q1 potassium")
    page.keyboard.press("Enter")
    page.wait_for_url("**words=q1+potassium*")
    assert page.get_by_role("status").inner_text() == "1 of 4 runs"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_any_width_and_their_text_stands_out_in_both_schemes(
    browser: Any, server: ViewerServer, scheme: str, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    for path in ("", "run/0", "run/1", "sides/0/3"):
        page.goto(server.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert contrast(page, "h1") >= 4.5
        assert contrast(page, ".quiet") >= 4.5
    page.close()


def contrast(page: Any, selector: str) -> float:
    """The contrast of the first element's text with the page, as WCAG counts it."""
    return float(
        page.evaluate(
            """selector => {
              const light = colour => {
                const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(v => v / 255)
                  .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const text = light(getComputedStyle(document.querySelector(selector)).color);
              const paper = light(getComputedStyle(document.body).backgroundColor);
              return (Math.max(text, paper) + 0.05) / (Math.min(text, paper) + 0.05);
            }""",
            selector,
        )
    )


def test_the_report_asks_the_network_for_nothing_and_fits_a_narrow_page(
    browser: Any, folders: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "report.html"
    assert run(["report", *map(str, folders), "--out", str(out)]) == 0
    page = browser.new_page(viewport={"width": 360, "height": 800}, color_scheme="dark")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(out.as_uri())
    assert asked == [out.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.styleSheets.length") == 1
    assert page.get_by_role("heading", name="Summary").is_visible()
    page.close()
