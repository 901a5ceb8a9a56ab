"""Weighing: form, candidates, citations, look-ups, swaps."""

from collections.abc import Sequence
from typing import Any

import pytest

from clinseek.nodes.answers import submit
from clinseek.nodes.citing import Citation
from clinseek.nodes.weighing import Weighed, weigh
from clinseek.records import AnswerForm, BoxShown, EvidenceEntry, ImageShown, WebShown

ROWS: dict[int, list[Any]] = {
    1: ["2150-03-04 06:00:00", 1.3, "Creatinine"],
    2: ["2150-03-04 06:00:00", 4.1, "Potassium"],
    3: ["2150-03-05 06:00:00", 3.2, "Potassium"],
}


def _entry(number: int, *, tool: str = "ehr.run_sql_query", refused: bool = False) -> EvidenceEntry:
    return EvidenceEntry(
        id=f"E{number}",
        number=number,
        round=1,
        call_id=f"c{number}",
        tool=tool,
        arguments={},
        tables=["labevents"],
        table="labevents",
        row_ids=[*ROWS],
        refused=refused,
        sha256="",
        chars=0,
        shown_chars=0,
        seconds=0.0,
    )


LEDGER = [_entry(1), _entry(2, tool="ehr.think"), _entry(3, refused=True)]


def _cells_of(entry: EvidenceEntry, citation: Citation) -> Sequence[Any]:
    return ROWS[citation.row] if citation.row is not None else ["three rows: 1.3, 4.1, 3.2"]


def _weigh(
    *items: str,
    citations: Any = None,
    candidates: Sequence[str] = (),
    answer_form: AnswerForm | None = None,
) -> Weighed:
    return weigh(
        submit(items, citations, via="finish"),
        ledger=LEDGER,
        cells_of=_cells_of,
        candidates=candidates,
        answer_form=answer_form,
    )


def _kinds(weighed: Weighed) -> list[str]:
    return [gap.kind for gap in weighed.gaps]


def test_a_value_in_the_one_row_it_cites_stands() -> None:
    weighed = _weigh("3.2", citations=["E1#3"])

    assert weighed == (["3.2"], [["E1#3"]], [])


@pytest.mark.parametrize(
    ("items", "form", "kinds"),
    [
        (["maybe"], "yes_no", ["candidates"]),
        (["yes", "no"], "yes_no", ["form"]),
        (["3.2", "4.1"], "number", ["form"]),
        (["high"], "number", ["form"]),
        (["3.2 mmol/L"], "number", []),
        (["-1,200.5"], "number", []),
        (["a", "b"], "choice", ["form"]),
        (["a", "b"], "list", []),
        (["anything at all"], "text", []),
    ],
)
def test_the_form_of_the_answer_is_checked(
    items: list[str], form: AnswerForm, kinds: list[str]
) -> None:
    weighed = _weigh(*items, citations=[["E1"]] * len(items), answer_form=form)

    assert _kinds(weighed) == kinds


def test_yes_and_no_are_spelled_in_one_way() -> None:
    assert _weigh(" YES", citations=["E1"], answer_form="yes_no").answer == ["yes"]


def test_an_item_that_is_given_twice_counts_once_with_both_its_citations() -> None:
    weighed = _weigh(
        "potassium", "Potassium", "Sodium",
        citations=[["E1#2"], ["E1#3"], ["E1"]],
        candidates=["Potassium", "Sodium"],
    )  # fmt: skip

    assert weighed.answer == ["Potassium", "Sodium"]
    assert weighed.citations == [["E1#2", "E1#3"], ["E1"]]


@pytest.mark.parametrize(
    ("cited", "told"),
    [
        ("E9", "there is no such evidence (the last is E3)"),
        ("E1#9", "E1 has no row 9"),
        ("E2", "holds nothing of the record"),
        ("E3", "holds nothing of the record"),
        ("chart", "a citation is written E3#17 or E3"),
    ],
)
def test_a_citation_that_points_at_nothing_is_refused(cited: str, told: str) -> None:
    weighed = _weigh("3.2", citations=[[cited]])

    assert (_kinds(weighed), weighed.citations) == (["no_such_evidence"], [[]])
    assert told in weighed.gaps[0].sentence


def test_one_good_citation_beside_a_bad_one_is_kept() -> None:
    weighed = _weigh("3.2", citations=[["E1#3", "E9"]])

    assert weighed.citations == [["E1#3"]]


def test_an_item_without_a_citation_is_named() -> None:
    assert _kinds(_weigh("3.2")) == ["uncited"]


def test_a_value_that_the_one_cited_row_does_not_hold_is_refused() -> None:
    weighed = _weigh("4.1", citations=["E1#3"])

    assert _kinds(weighed) == ["not_held"]
    assert "that row says 2150-03-05 06:00:00, 3.2, Potassium" in weighed.gaps[0].sentence


def test_what_was_computed_from_several_rows_is_not_held_to_one() -> None:
    assert _kinds(_weigh("3.65", citations=[["E1#2", "E1#3"]])) == []
    assert _kinds(_weigh("falling", citations=[["E1#2", "E1#3"]])) == []
    assert _kinds(_weigh("2", citations=["E1"])) == []


def test_swapped_citations_are_refused_even_where_candidates_are_judgements() -> None:
    weighed = _weigh(
        "Potassium",
        "Creatinine",
        citations=[["E1#1"], ["E1#2", "E1#3"]],
        candidates=["Potassium", "Creatinine", "Sodium"],
    )

    assert _kinds(weighed) == ["not_held", "not_held"]
    assert all("swapped" in gap.sentence for gap in weighed.gaps)


def test_a_candidate_may_be_judged_from_a_row_that_does_not_name_it() -> None:
    weighed = _weigh("Kidney injury", citations=["E1#1"], candidates=["Kidney injury", "Sepsis"])

    assert weighed == (["Kidney injury"], [["E1#1"]], [])


def test_no_answer_abstains() -> None:
    assert _weigh() == ([], [], [])


PAGE = "Give .5 mg for 2-3 days: vitamin B12, then 1,000 mg daily."


def _weigh_page(item: str) -> list[str]:
    web = WebShown(
        cursor=0, kind="page", url="https://e.org", title="t", first=0, last=9,
        retrieved="", sha256="a", pattern="", mime="",
    )  # fmt: skip
    entry = _entry(1, tool="browser.open")
    entry["web"] = web
    weighed = weigh(
        submit([item], ["E1#L3"], via="finish"),
        ledger=[entry],
        cells_of=lambda _entry, _citation: [PAGE],
    )
    return _kinds(weighed)


@pytest.mark.parametrize(
    "item",
    [
        *("A7 dose", "vitamin B12 is low", "mild", "CHA2DS2-VASc applies", "CO2 is raised"),
        *("0.5 mg", ".5 mg", "0.50 mg", "2 to 3 days", "2\u20133 days", "1000 mg", "3 days"),
    ],
)
def test_words_and_figures_of_a_page_stand_however_they_are_written(item: str) -> None:
    assert _weigh_page(item) == []


@pytest.mark.parametrize("item", ["0.6 mg", ".05 mg", "4 days", "B12 of 200", "100 mg", "5 mg"])
def test_a_figure_that_the_cited_lines_have_not_is_refused(item: str) -> None:
    assert _weigh_page(item) == ["not_held"]


FILM = ImageShown(
    path="film.png",
    sha256="",
    boxes=[BoxShown(label="Heart", left=90.0, top=120.0, right=180.0, bottom=200.0)],
)


def _of_film(*items: str, citations: Any) -> Weighed:
    entry = _entry(1, tool="image.chest_xray_segmentation")
    entry["table"], entry["row_ids"], entry["image"] = None, [], FILM
    return weigh(
        submit(items, citations, via="finish"),
        ledger=[entry, _entry(4)],
        cells_of=_cells_of,
    )


def test_what_is_seen_in_an_image_need_not_stand_in_a_text() -> None:
    weighed = _of_film("cardiomegaly", "enlarged", citations=[["E1#1"], ["E1"]])

    assert weighed.gaps == []
    assert weighed.citations == [["E1#1"], ["E1"]]


def test_a_part_that_an_image_does_not_have_is_named() -> None:
    weighed = _of_film("cardiomegaly", citations=[["E1#2"]])

    assert _kinds(weighed) == ["no_such_evidence"]
    assert "E1 has no part 2" in weighed.gaps[0].sentence


def test_rows_are_held_to_their_text_beside_an_image() -> None:
    weighed = _of_film("enlarged", "9.9", citations=[["E1"], ["E4#3"]])

    assert weighed.citations == [["E1"], []]
