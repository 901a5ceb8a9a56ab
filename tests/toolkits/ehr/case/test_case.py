"""A case as its readers hold it: made anew to the byte, alone in its file, gone when closed."""

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clinseek.errors import CutoffError, SettingError, StoreError, SubjectError
from clinseek.toolkits.ehr.case import Case, hidden, open_case, read_cutoff
from clinseek.toolkits.ehr.store import Store

WIDE_RECORD = 10014354
LATE_ENOUGH = "2199-01-01 00:00:00"
IN_A_STAY = "2148-08-16 12:00:00"


def subjects_in(case: Case) -> set[int]:
    holders = [table for table in case.tables if "subject_id" in case.columns(table)]
    return {
        subject_id
        for table in holders
        for (subject_id,) in case.select(f"SELECT DISTINCT subject_id FROM {table}").rows
    }


def test_the_same_key_gives_the_same_bytes(demo_store: Path, tmp_path: Path) -> None:
    first, second = (
        open_case(demo_store, WIDE_RECORD, cutoff=IN_A_STAY, folder=tmp_path / name)
        for name in ("a", "b")
    )
    assert first.path.read_bytes() == second.path.read_bytes()


def test_a_case_made_again_under_load_is_the_same(demo_store: Path, tmp_path: Path) -> None:
    def make(number: int) -> bytes:
        folder = tmp_path / str(number)
        return open_case(demo_store, WIDE_RECORD, cutoff=IN_A_STAY, folder=folder).path.read_bytes()

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(8)))) == 1


def test_cases_of_many_patients_at_once_hold_only_their_own(
    demo_store: Path, tmp_path: Path
) -> None:
    subjects = list(Store.open(demo_store).subjects())[:24]

    def own(subject_id: int) -> tuple[int, set[int]]:
        case = open_case(demo_store, subject_id, cutoff=LATE_ENOUGH, folder=tmp_path)
        return subject_id, subjects_in(case)

    with ThreadPoolExecutor(6) as pool:
        for subject_id, seen in pool.map(own, subjects):
            assert seen == {subject_id}


def test_nothing_of_another_patient_lies_in_the_bytes(demo_store: Path, tmp_path: Path) -> None:
    store = Store.open(demo_store)
    case = open_case(store, WIDE_RECORD, cutoff=LATE_ENOUGH, folder=tmp_path)
    content = case.path.read_bytes()
    others = [subject_id for subject_id in store.subjects() if subject_id != WIDE_RECORD]
    assert not [subject_id for subject_id in others if f"{subject_id}-".encode() in content]


def test_the_file_has_no_free_page_and_no_statistics(demo_store: Path, tmp_path: Path) -> None:
    case = open_case(demo_store, WIDE_RECORD, cutoff=IN_A_STAY, folder=tmp_path)
    connection = sqlite3.connect(case.path)
    assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    connection.close()
    assert not [name for name in names if name.startswith("sqlite_stat")]


def test_times_and_ids_are_indexed(demo_store: Path, tmp_path: Path) -> None:
    case = open_case(demo_store, WIDE_RECORD, cutoff=IN_A_STAY, folder=tmp_path)
    connection = sqlite3.connect(case.path)
    plan = connection.execute(
        "EXPLAIN QUERY PLAN SELECT * FROM labevents WHERE charttime >= '2148-08-15'"
    ).fetchall()
    connection.close()
    assert "USING INDEX" in plan[0][3]


def test_a_closed_case_leaves_nothing_behind(demo_store: Path) -> None:
    case = open_case(demo_store, WIDE_RECORD, cutoff=IN_A_STAY)
    folder = case.path.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    case.close()
    case.close()
    assert not folder.exists()


def test_what_a_rule_hides_is_counted_beside_the_case(demo_store: Path, tmp_path: Path) -> None:
    counted = {found.table: found for found in hidden(demo_store, WIDE_RECORD, cutoff=IN_A_STAY)}
    case = open_case(demo_store, WIDE_RECORD, cutoff=IN_A_STAY, folder=tmp_path)
    held = {table: case.select(f"SELECT count(*) FROM {table}").rows[0][0] for table in case.tables}
    assert {table: found.known for table, found in counted.items()} == held
    assert counted["labevents"].rows == 9711
    assert counted["poe"].cells["order_status"] == counted["poe"].known


def test_before_the_first_record_the_cutoff_is_refused_with_the_first_moment(
    demo_store: Path,
) -> None:
    with pytest.raises(CutoffError, match=r"2100-01-01 00:00:00: the record begins at 2146-07-17"):
        open_case(demo_store, WIDE_RECORD, cutoff="2100-01-01")


def test_the_first_moment_named_is_one_at_which_a_case_opens(demo_store: Path) -> None:
    with pytest.raises(CutoffError) as refused:
        open_case(demo_store, WIDE_RECORD, cutoff="2100-01-01")
    named = str(refused.value).split("begins at ")[1].split(";")[0]
    open_case(demo_store, WIDE_RECORD, cutoff=named).close()


def test_a_cutoff_with_a_zone_is_refused_with_what_to_write() -> None:
    with pytest.raises(CutoffError, match="write 2150-03-05 08:00:00"):
        read_cutoff("2150-03-05T08:00:00Z")


@pytest.mark.parametrize("given", ["yesterday", "", "2150-13-01", "2150-02-30 10:00", "08:00"])
def test_a_cutoff_that_cannot_be_read_is_refused(given: str) -> None:
    with pytest.raises(CutoffError, match="cannot be read"):
        read_cutoff(given)


def test_a_patient_that_the_store_lacks_is_refused(demo_store: Path) -> None:
    with pytest.raises(SubjectError, match="99999999"):
        open_case(demo_store, 99999999, cutoff=IN_A_STAY)


def test_a_profile_that_does_not_exist_is_refused(demo_store: Path) -> None:
    with pytest.raises(SettingError, match="'lenient'"):
        open_case(demo_store, WIDE_RECORD, cutoff=IN_A_STAY, profile="lenient")


def test_a_store_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        open_case(tmp_path / "nowhere", WIDE_RECORD, cutoff=IN_A_STAY)


def test_two_cutoffs_in_one_folder_are_two_cases(demo_store: Path, tmp_path: Path) -> None:
    early, late = (
        open_case(demo_store, WIDE_RECORD, cutoff=cutoff, folder=tmp_path)
        for cutoff in (IN_A_STAY, LATE_ENOUGH)
    )
    count = "SELECT count(*) FROM labevents"
    assert early.select(count).rows < late.select(count).rows
