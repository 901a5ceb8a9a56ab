"""Citations: as they are written, and what they point at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.nodes.citing import Citation, citations_in, parted, placed, read_citation, unseen
from clinseek.records import EvidenceEntry, WebShown
from clinseek.toolkits.browser import Cited

NUMBERS = st.integers(0, 9999)
LINES = st.tuples(NUMBERS, NUMBERS).map(lambda ends: (min(ends), max(ends)))
CITATIONS = st.builds(Citation, NUMBERS, st.none(), st.none() | LINES) | st.builds(
    Citation, NUMBERS, NUMBERS, st.none()
)


def _shows(number: int, cursor: int, first: int, last: int, *, sha256: str = "a") -> EvidenceEntry:
    return EvidenceEntry(
        id=f"E{number}", number=number, round=1, call_id=f"c{number}", tool="browser.open",
        arguments={}, tables=[], table=None, row_ids=[], refused=False, sha256="", chars=0,
        shown_chars=0, seconds=0.0,
        web=WebShown(
            cursor=cursor, kind="page", url="", title="", first=first, last=last, retrieved="",
            sha256=sha256, pattern="", mime="",
        ),
    )  # fmt: skip


LEDGER = {
    2: _shows(2, 0, 0, 40),
    4: _shows(4, 1, 41, 80),
    5: _shows(5, 2, 0, 40, sha256="another page"),
}


@given(CITATIONS)
def test_a_citation_is_read_back_as_it_was_written(citation: Citation) -> None:
    assert read_citation(str(citation)) == citation
    assert citations_in(f"so it is [{citation}].") == [str(citation)]


@given(st.lists(CITATIONS.map(str) | LINES.map(lambda ends: "【3†L{}-L{}】".format(*ends))))
def test_a_list_written_as_one_text_comes_apart_again(cited: list[str]) -> None:
    assert parted(", ".join(cited)) == cited


@pytest.mark.parametrize(
    ("cited", "citation"),
    [
        (Cited(0, 10, 12), "E2#L10-L12"),
        (Cited(0, 60, 60), "E4#L60"),  # the page was scrolled, and its first cursor cited
        (Cited(1, 39, 42), "E2#L39-L42"),
        (Cited(2, 5, 5), "E5#L5"),
    ],
)
def test_a_cursor_is_the_evidence_that_shows_its_lines(cited: Cited, citation: str) -> None:
    found = placed(cited, LEDGER)

    assert isinstance(found, Citation)
    assert str(found) == citation
    assert unseen(found, LEDGER) is None


def test_lines_of_a_page_that_were_not_shown_are_told_with_those_that_were() -> None:
    found = placed(Cited(2, 30, 60), LEDGER)

    assert isinstance(found, Citation)
    told = unseen(found, LEDGER)
    assert told == "E5 shows lines 0 to 40 of that page, and L30-L60 was not shown"
