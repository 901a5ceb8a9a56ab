"""The page of a run: complete, quiet, and safe whatever the record holds."""

import re
from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clinseek.evals.report.markup import element
from clinseek.evals.report.run_page import run_page
from clinseek.evals.transcripts.evidence import observations_of
from clinseek.evals.transcripts.observation_text import Grid, Prose, parts_of

VOID = {"meta"}


class Page(HTMLParser):
    """What a browser would see: the elements, and whether each was closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.policy = ""
        self._open: list[str] = []
        self.feed(html)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.append(tag)
        if held.get("http-equiv") == "Content-Security-Policy":
            self.policy = held["content"] or ""
        self.ids += [held["id"]] if held.get("id") else []  # type: ignore[list-item]
        self.links += [held["href"]] if held.get("href") else []  # type: ignore[list-item]
        assert not any(name.startswith("on") or name == "src" for name in held)
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_link_of_the_page_leads_to_a_place_on_the_page(run: dict[str, Any]) -> None:
    page = Page(run_page(run))
    assert page.links
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_a_citation_of_a_row_leads_to_that_row(run: dict[str, Any]) -> None:
    html = run_page(run)
    assert 'href="#E1-row-1203">E1#1203</a>' in html
    assert re.search(r'<tr id="E1-row-1203" class="cited"><td>1203</td>', html)


def test_a_citation_of_a_row_that_is_not_shown_leads_to_its_observation(
    run: dict[str, Any],
) -> None:
    run["citations"] = [["E1#999"]]
    assert 'href="#E1">E1#999</a>' in run_page(run)


def test_markup_in_a_note_stays_text(run: dict[str, Any]) -> None:
    page = Page(run_page(run))
    assert {"script", "img", "b"}.isdisjoint(page.tags)
    assert '<script>alert("no")</script> <b>IMPRESSION</b>' in page.text


def test_the_page_forbids_itself_to_load_or_run_anything(run: dict[str, Any]) -> None:
    html = run_page(run)
    assert "default-src 'none'" in Page(html).policy
    assert not re.search(r"url\(|@import|<link|<iframe", html)


def test_the_page_says_what_was_asked_answered_and_that_it_is_research_only(
    run: dict[str, Any],
) -> None:
    text = Page(run_page(run)).text
    for said in (
        "Is the latest potassium above its <upper> limit?",
        "10014354",
        "2150-03-05 08:00:00",
        "answered (finish)",
        "not a medical device",
        "ehr.get_latest_records",
    ):
        assert said in text


def test_a_run_without_an_answer_says_so(run: dict[str, Any]) -> None:
    run |= {"answer": [], "citations": [], "status": "abstained"}
    assert "No answer was given." in Page(run_page(run)).text


def test_what_went_wrong_is_on_the_page(run: dict[str, Any]) -> None:
    run["errors"] = [
        {"where": "reason", "round": 2, "number": 0, "kind": "gap", "message": "cites <nothing>"}
    ]
    assert "cites <nothing>" in Page(run_page(run)).text


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_no_text_can_open_or_close_an_element(text: str) -> None:
    page = Page(element("div", element("p", text, title=text)))
    assert page.tags == ["div", "p"]
    assert page.text == text


def test_the_cited_rows_come_without_columns_that_say_nothing_of_them(
    run: dict[str, Any],
) -> None:
    labs = observations_of(run)[0]
    (grid,) = labs.rows_cited()
    assert grid.columns == ("row", "charttime", "label", "valuenum", "valueuom", "flag")
    assert grid.rows == (("1203", "2150-03-05 06:10:00", "Potassium", "5.9", "mEq/L", "abnormal"),)


def test_a_table_that_ends_in_a_dash_is_still_read_whole() -> None:
    (grid,) = parts_of("row  a    note\n---  ---  ------\n1    -    two  words\n2    x y  -")
    assert grid == Grid(("row", "a", "note"), (("1", "-", "two  words"), ("2", "x y", "-")))


def test_text_without_a_table_is_prose() -> None:
    assert parts_of("tables: admissions\n--- not a table") == [
        Prose("tables: admissions\n--- not a table")
    ]
