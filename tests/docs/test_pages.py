"""The pages for people: what they draw, link to and cite is there."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

import clinseek
from clinseek.graphs.seek import graph

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"))
)
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MOST_LINES = 250
MOST_BYTES = 200_000


def prose_of(page: str) -> str:
    """A page without its code, in which brackets mean other things."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", prose_of(page))
    within = [target.split("#")[0] for target in targets if "://" not in target]
    lost = [each for each in within if each and not ((ROOT / page).parent / each).exists()]
    assert lost == []


def test_the_readme_stays_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_the_readme_shows_a_run_and_its_pictures_are_small() -> None:
    shown = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert shown
    assert all((ROOT / each).stat().st_size <= MOST_BYTES for each in shown)
    assert all(
        each.read_bytes()[:4] == b"\x89PNG" for each in (ROOT / "docs/pictures").glob("*.png")
    )


def test_the_graph_is_drawn_as_it_is() -> None:
    assert graph.get_graph().draw_mermaid().strip() in ARCHITECTURE


def test_the_layers_are_drawn_in_the_order_that_is_enforced() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    enforced = [each["layers"] for each in contracts["contracts"] if each["type"] == "layers"]
    drawings = re.findall(r"```text\n(.*?)```", ARCHITECTURE, re.DOTALL)
    for layers, drawing in zip(enforced, drawings, strict=True):
        rooms = [layer.replace("clinseek.", "").split(" | ") for layer in layers]
        places = [[_line_of(room, drawing) for room in level] for level in rooms]
        assert all(max(above) < min(below) for above, below in pairwise(places))


WORDS_BEGIN = 44
"""The column behind which a drawing's lines say what their rooms do."""


def _line_of(room: str, drawing: str) -> int:
    lines = [line[:WORDS_BEGIN] for line in drawing.splitlines()]
    (at,) = [at for at, line in enumerate(lines) if re.search(rf"\b{room}\b", line)]
    return at


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_that_the_map_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_./]+(?:\.py|/))`", text)
    assert named
    lost = [each for each in named if not any((ROOT / below / each).exists() for below in BELOW)]
    assert lost == []


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_module_and_room_is_named(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    package = ROOT / "clinseek"
    modules = {file.stem for file in package.glob("*.py")} - {"__init__", "__main__"}
    toolkits = {each.parent.name for each in package.glob("toolkits/*/__init__.py")}
    rooms = {each.parent.name for each in package.glob("*/__init__.py")} | toolkits
    assert [name for name in sorted(modules | rooms) if not re.search(rf"\b{name}\b", text)] == []


def test_every_room_and_module_is_kept_from_the_command_line() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (last,) = [each for each in contracts["contracts"] if each["id"] == "cli-last"]
    package = ROOT / "clinseek"
    modules = {file.stem for file in package.glob("*.py")} - {"__init__", "__main__"}
    rooms = {each.parent.name for each in package.glob("*/__init__.py")} - {"cli"}
    assert {f"clinseek.{name}" for name in modules | rooms} == set(last["source_modules"])


BELOW = ("", "clinseek", "clinseek/toolkits/ehr", "clinseek/toolkits")


def test_the_citation_is_of_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {clinseek.__version__}\n" in citation
    assert "\nlicense: Apache-2.0\n" in citation
