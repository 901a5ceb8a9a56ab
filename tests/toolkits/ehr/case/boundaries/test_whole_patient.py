"""A patient with rows in every table, compared whole with what the rules tell at each moment."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.tables import TABLES

from .invariants import PATIENT_TABLES, assert_grows, assert_holds, joined
from .raw_record import Cohort, write_tables
from .reading import PROFILES, ProfileName, Reader, View, one_second_before
from .scramble import altered, deleted
from .whole_patient import NEVER, Told, whole_patient

COHORT = Cohort()
STORY = whole_patient(COHORT)

RENUMBERED = {
    "labevent_id",
    "microevent_id",
    "poe_id",
    "poe_seq",
    "discontinue_of_poe_id",
    "discontinued_by_poe_id",
    "emar_id",
    "emar_seq",
    "note_id",
    "note_seq",
    "pharmacy_id",
}
"""Keys whose numbers are the case's own: here only whether they are there is compared."""

FIRST_MOMENT = "2148-06-01 00:00:00"
"""Long before the first stay."""

Row = tuple[tuple[str, Any], ...]


def moments(profile: ProfileName) -> list[str]:
    """Every moment at which something is told, and the second before it.

    The event profile has no expectation of its own here and takes the moments alone.
    """
    told = {FIRST_MOMENT}
    for row in STORY.told:
        told |= {row.enters(profile), *row.masks(profile).values()}
    at_or_after = sorted(moment for moment in told if FIRST_MOMENT <= moment < NEVER)
    if profile == "event":
        return at_or_after
    before = {one_second_before(moment) for moment in at_or_after[1:]}
    return sorted(before.union(at_or_after))


def typed(table: str, column: str, value: Any) -> Any:
    """A raw cell as a case shows it."""
    if value is None or value == "":
        return None
    kind = TABLES[table].type_of(column)
    if kind == "integer":
        return int(value)
    return float(value) if kind == "number" else str(value)


def compared(table: str, cells: dict[str, Any]) -> Row:
    """The cells of one row in a form that can be counted, keys as 'there' or not."""
    names_a_note = cells.get("field_name") in ("addendum_note_id", "parent_note_id")
    return tuple(
        (column, "there" if opaque and cells[column] is not None else cells[column])
        for column in TABLES[table].column_names
        for opaque in [column in RENUMBERED or (column == "field_value" and names_a_note)]
    )


def expected(row: Told, cutoff: str, profile: ProfileName) -> dict[str, Any]:
    """What the rules tell of one row at `cutoff`."""
    masks = row.masks(profile)
    cells = {
        column: None
        if masks.get(column, "") > cutoff
        else typed(row.table, column, row.cells.get(column))
        for column in TABLES[row.table].column_names
    }
    if row.table == "patients":
        year = int(cutoff[:4])
        cells |= {"anchor_age": 70 + year - 2149, "anchor_year": year}
    return cells


def disagreements(view: View, cutoff: str, profile: ProfileName) -> dict[str, Any]:
    """By table: rows that should be there and are not, and rows that should not be there.

    A detail without its value tells nothing: whether it stands there or not is left open.
    """
    found: dict[str, Any] = {}
    for table in PATIENT_TABLES:
        want = Counter(
            compared(table, expected(row, cutoff, profile))
            for row in STORY.told
            if row.table == table and row.enters(profile) <= cutoff
        )
        got = Counter(
            compared(table, row)
            for row in view.table(table)
            if "field_value" not in row or row["field_value"] is not None
        )
        if want != got:
            found[table] = {"missing": list(want - got), "unexpected": list(got - want)}
    return found


def marks(texts: Iterator[Any]) -> set[str]:
    """The marks in some cells, each of which stands in one raw cell alone."""
    return {mark for text in texts for mark in re.findall(r"zq\d{4}", str(text))}


def test_the_story_has_a_row_in_every_table() -> None:
    assert {row.table for row in STORY.told} == set(PATIENT_TABLES)


@pytest.mark.parametrize("profile", ["available", "strict"])
def test_at_every_moment_the_case_is_exactly_what_the_rules_tell(
    at: Reader, profile: ProfileName
) -> None:
    first_wrong: dict[str, Any] = {}
    for moment in moments(profile):
        found = disagreements(at(STORY.patient, moment, profile), moment, profile)
        for table, rows in found.items():
            first_wrong.setdefault(table, {"at": moment, **rows})
    assert list(first_wrong) == [], first_wrong


@pytest.mark.parametrize("profile", ["available", "strict"])
def test_no_text_that_is_not_yet_told_stands_anywhere_in_the_file(
    at: Reader, profile: ProfileName
) -> None:
    for cutoff in moments(profile):
        hidden = marks(
            text
            for row in STORY.told
            for column, text in row.cells.items()
            if row.enters(profile) > cutoff or row.masks(profile).get(column, "") > cutoff
        )
        case = at(STORY.patient, cutoff, profile).bytes
        assert {mark for mark in hidden if mark.encode() in case} == set(), cutoff


@pytest.mark.parametrize("profile", PROFILES)
def test_every_invariant_holds_at_every_moment(at: Reader, profile: ProfileName) -> None:
    for moment in moments(profile):
        assert_holds(at(STORY.patient, moment, profile))


@pytest.mark.parametrize("profile", PROFILES)
def test_rows_and_cells_once_told_stay_as_they_are(at: Reader, profile: ProfileName) -> None:
    views = [at(STORY.patient, moment, profile) for moment in moments(profile)]
    for earlier, later in itertools.pairwise(views):
        assert_grows(earlier, later)
    assert_grows(views[0], views[-1])


CUTOFFS = (
    "2149-01-12 09:00:00",
    "2150-03-05 10:00:00",
    "2150-03-05 14:10:00",
    "2150-03-05 21:00:00",
    "2150-03-07 08:00:00",
    "2150-03-10 12:00:00",
)
"""In the first stay; in the visit; after the orders; in intensive care; on the day of death."""


def test_the_keys_of_notes_join_as_the_raw_keys_do(at: Reader) -> None:
    view = at(STORY.patient, "2151-01-01 00:00:00")
    first, second = (row["text"] for row in view.table("radiology"))
    exam = "2150-03-05 11:00:00"
    assert joined(view, "details of reports") == [
        ("addendum_note_id", exam, first),
        ("exam_name", exam, first),
        ("parent_note_id", exam, second),
    ]
    assert joined(view, "addenda of reports") == [
        ("addendum_note_id", exam, second),
        ("parent_note_id", exam, first),
    ]
    [(field_name, author, charttime, text)] = joined(view, "details of summaries")
    assert (field_name, author[:6], charttime) == ("author", "Author", "2149-01-14 00:00:00")
    assert text.startswith("Sent home.")


ANOTHER_FUTURE = list(itertools.product(CUTOFFS, (deleted, altered)))


@pytest.fixture(
    scope="module",
    params=ANOTHER_FUTURE,
    ids=[f"{scrambler.__name__} after {cutoff}" for cutoff, scrambler in ANOTHER_FUTURE],
)
def scrambled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Reader]:
    """A cutoff, and the store of the same patient with another future after it."""
    cutoff, scrambler = request.param
    folder = tmp_path_factory.mktemp("scrambled")
    rows = scrambler(STORY.told, cutoff)
    ingest([write_tables(folder / "raw", rows)], folder / "store")
    return cutoff, Reader(folder / "store", folder / "cases")


@pytest.mark.parametrize("profile", ["available", "strict"])
def test_the_case_is_the_same_to_the_byte_whatever_comes_after_the_cutoff(
    at: Reader, scrambled: tuple[str, Reader], profile: ProfileName
) -> None:
    cutoff, other = scrambled
    ours = at(STORY.patient, cutoff, profile)
    theirs = other(STORY.patient, cutoff, profile)
    for table in PATIENT_TABLES:
        assert theirs.table(table) == ours.table(table), table
    assert theirs.digest == ours.digest


@pytest.mark.parametrize("profile", PROFILES)
def test_the_same_case_opened_twice_is_the_same_to_the_byte(
    at: Reader, profile: ProfileName
) -> None:
    for cutoff in CUTOFFS:
        case = at.opened(STORY.patient.subject_id, cutoff, profile)
        again = View(case)
        assert again.case.key == at(STORY.patient, cutoff, profile).case.key
        assert again.digest == at(STORY.patient, cutoff, profile).digest
        case.close()
