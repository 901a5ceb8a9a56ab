"""`clinseek audit` holds where the claim is true, and fails where it is not."""

import gzip
import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from clinseek.cli.main import app
from clinseek.errors import CutoffError, SettingError, StoreError, UserError
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.tools import toolkit
from clinseek.toolkits.ehr.tools.arguments import GetColumnNames
from clinseek.toolkits.observation import Observation
from clinseek.validity.audit.findings import CHECKS
from clinseek.validity.audit.made_up import MadeUp
from clinseek.validity.audit.report import as_json, summary_lines
from clinseek.validity.audit.run import AuditReport, Progress, audit
from clinseek.validity.audit.sampling import counts_of
from tests.validity.mutants.drill import weakened
from tests.validity.mutants.weakened import Mutant, all_mutants

MUTANTS = {mutant.name: mutant for mutant in all_mutants()}


FROM_THE_LAST = (
    "UPDATE labevents SET row_id = -row_id",
    "UPDATE labevents SET row_id = row_id + 1 - (SELECT min(row_id) FROM labevents)",
)
"""Turns the rows of a case's labevents round."""

NOBODY = 19_999_999
"""A patient of whom nothing but their birth is known."""


def quick(store: Path, **options: object) -> AuditReport:
    """An audit in this process, without the full form, which ingests ten stores."""
    return audit(store, **{"sample": 8, "full_forms": 0, **options})  # type: ignore[arg-type]


@pytest.fixture
def broken(request: pytest.FixtureRequest) -> Iterator[Mutant]:
    """The rules with one of them weakened."""
    mutant = MUTANTS[request.param]
    with weakened(mutant):
        yield mutant


@pytest.mark.parametrize("profile", ["available", "strict", "event"])
def test_the_claim_holds_of_a_synthetic_cohort(store: Path, profile: str) -> None:
    report = quick(store, profile=profile, sample=8 if profile == "available" else 4)

    assert report.violations == ()
    assert report.holds
    assert report.times in (4, 8)
    assert set(report.done) == set(CHECKS) - {"ingest", "full form"}
    assert report.done["scramble"] == 3 * report.times


def test_the_full_form_goes_from_raw_csv_through_ingest(store: Path) -> None:
    report = audit(store, sample=2, full_forms=2)

    assert report.holds
    assert report.done["full form"] == 2


def test_the_raw_files_are_read_again_where_they_are_named(store: Path, raw_cohort: Path) -> None:
    report = quick(store, raw=[raw_cohort], sample=8)
    dictionaries = [name for name in Store.open(store).tables if TABLES[name].is_dictionary]

    assert report.holds
    assert report.done["ingest"] == 8 + len(dictionaries) + 1  # each patient, and the list of them


def test_a_store_that_is_not_what_the_raw_files_say_is_found(
    store: Path, raw_cohort: Path, tmp_path: Path
) -> None:
    shutil.copytree(raw_cohort, tmp_path / "raw")
    from clinseek.toolkits.ehr.synthetic import synthesise

    synthesise(tmp_path / "other", patients=8, seed=12)
    for table in ("labevents", "emar"):
        source = next((tmp_path / "other").rglob(f"{table}.csv*"))
        shutil.copy(source, next((tmp_path / "raw").rglob(f"{table}.csv*")))

    report = quick(store, raw=[tmp_path / "raw"], sample=8)
    found = [violation for violation in report.violations if violation.check == "ingest"]

    assert {violation.table for violation in found} >= {"labevents"}
    assert any("labevent_id" in violation.row for violation in found)


@pytest.mark.parametrize(
    ("broken", "checks", "place"),
    [
        ("labevents.known.available: by charttime alone", {"record", "scramble"}, "labevents"),
        ("admissions.masked[dischtime]: off", {"record", "ahead"}, "admissions.dischtime"),
        ("edstays.masked[hadm_id]: off", {"record", "scramble"}, "edstays.hadm_id"),
        ("poe.numbered[poe_seq]: the raw id", {"record"}, "poe.poe_seq"),
        ("diagnoses_icd.known.available: always", {"record", "scramble"}, "diagnoses_icd"),
        ("diagnoses_icd.known.available: as strict", {"completeness"}, "diagnoses_icd"),
        ("patients.derived[anchor_year]: the raw cell", {"record"}, "patients.anchor_year"),
    ],
    indirect=["broken"],
)
def test_a_weakened_rule_is_named_with_its_table_and_column(
    store: Path, broken: Mutant, checks: set[str], place: str
) -> None:
    report = quick(store, sample=12)

    assert not report.holds
    assert checks <= {violation.check for violation in report.violations}
    assert place in {violation.place for violation in report.violations}


def broken_case(monkeypatch: pytest.MonkeyPatch, *statements: str) -> None:
    """Every case gets `statements` run on its file before the audit looks at it."""

    def opened(*given: object, **options: object) -> Case:
        case = open_case(*given, **options)  # type: ignore[arg-type]
        with closing(sqlite3.connect(case.path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)
        return case

    monkeypatch.setattr("clinseek.validity.audit.patient.open_case", opened)


@pytest.mark.parametrize(
    ("statements", "check", "what"),
    [
        (("CREATE TABLE x AS SELECT * FROM labevents", "DROP TABLE x"), "strangers", "holds more"),
        (("ANALYZE",), "strangers", "holds more than its rows"),
        (("CREATE TABLE other (text)",), "record", "does not have"),
        (("UPDATE omr SET subject_id = 10000001",), "strangers", "is no id of this patient"),
        (("DELETE FROM admissions",), "completeness", "a row known by then is not there"),
    ],
)
def test_a_case_that_holds_something_else_is_found(
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    statements: tuple[str, ...],
    check: str,
    what: str,
) -> None:
    broken_case(monkeypatch, *statements)

    told = [violation for violation in quick(store).violations if violation.check == check]

    assert any(what in violation.what for violation in told)


def test_a_case_that_does_not_open_is_a_violation(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_given: object, **_options: object) -> Case:
        raise CutoffError("nothing is known")

    monkeypatch.setattr("clinseek.validity.audit.patient.open_case", refused)

    assert {violation.what for violation in quick(store).violations} == {
        "no case opens, although something is known: nothing is known"
    }


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        ("labevents.known.available: by charttime alone", "scramble"),
        ("admissions.masked[dischtime]: off", "ahead"),
        ("admissions.masked[dischtime]: off", "scramble"),
    ],
    indirect=["broken"],
)
def test_what_is_early_is_told_by_its_raw_key_and_the_moment_at_which_it_is_known(
    store: Path, broken: Mutant, check: str
) -> None:
    report = quick(store, sample=12)
    (table,) = broken.tables
    of_check = [v for v in report.violations if v.check == check and v.table == table]
    own_key = {"labevents": "labevent_id", "admissions": "hadm_id"}[table]

    assert of_check
    assert all(own_key in violation.row for violation in of_check)
    assert all(str(violation.known_at) > violation.cutoff for violation in of_check)


def test_a_row_that_is_another_one_later_is_told_by_its_raw_key(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case that numbers its rows from the last to the first moves every row as it grows."""
    broken_case(monkeypatch, *FROM_THE_LAST)

    report = quick(store)
    told = [v for v in report.violations if v.check == "growth" and v.table == "labevents"]
    order = [v for v in report.violations if v.check == "record" and v.table == "labevents"]

    assert {(v.place, v.row) for v in order} == {("labevents.labevent_id", "-")}
    assert all("in another order than that of first knowledge" in v.what for v in order)
    assert len(order) <= report.done["record"]
    assert told
    assert all("labevent_id" in v.row or "charttime" in v.row for v in told)
    assert all(v.known_at is not None and v.known_at <= v.cutoff for v in told)


def test_a_tool_that_reads_the_store_beside_its_case_is_found(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(case: Case, _asked: object) -> tuple[str, Observation]:
        rows = Store.open(case.key.store).read_subject(case.key.subject_id)
        return str({table: held.num_rows for table, held in rows.items()}), Observation()

    monkeypatch.setitem(cast("dict[type, Any]", toolkit._ANSWERS), GetColumnNames, leaking)

    report = audit(store, sample=3, full_forms=3)

    assert any("get_column_names" in violation.what for violation in report.violations)


@pytest.mark.parametrize("broken", ["labevents.known.available: by charttime alone"], indirect=True)
def test_a_violation_tells_row_known_time_cutoff_and_rule(store: Path, broken: Mutant) -> None:
    report = quick(store, sample=12)
    told = "\n".join(summary_lines(report))
    first = next(v for v in report.violations if v.known_at is not None and v.column is None)

    assert str(first.known_at) > first.cutoff
    assert f"patient {first.subject_id} at {first.cutoff}: labevents" in told
    assert "labevent_id" in first.row
    assert "[rule: the later of charttime and storetime" in told
    assert "THE CLAIM DOES NOT HOLD" in told


def test_rules_that_hid_nothing_are_told_and_are_no_pass(store: Path) -> None:
    report = quick(store, sample=2)
    told = "\n".join(summary_lines(report))

    assert report.coverage.not_exercised
    assert "not exercised, which is no pass" in told
    assert report.coverage.not_exercised[0] in told


def test_the_published_rule_breaks_the_claim(store: Path) -> None:
    report = quick(store, profile="reference", sample=3)

    leaks = {violation.place for violation in report.violations}
    assert {"admissions.text", "poe.order_status"} <= leaks
    assert not report.holds


def test_what_is_early_is_told_before_numbers_that_are_other_ones(store: Path) -> None:
    """Under the published rule ids stay as they are: true, and of less weight than a leak."""
    report = quick(store, profile="reference", sample=3)
    told = [line for line in summary_lines(report) if line.startswith(CHECKS)]

    assert any(" instead of " in violation.what for violation in report.violations)
    assert "a row shown before it is known" in told[0]
    assert not any(" instead of " in line for line in told[:10])


def test_the_head_says_whether_the_raw_files_were_read(store: Path, raw_cohort: Path) -> None:
    believed, held = quick(store, sample=1), quick(store, sample=1, raw=[raw_cohort])

    assert "believed to be what the raw files say" in summary_lines(believed)[1]
    assert f"the raw files were read again: {raw_cohort}" in summary_lines(held)[1]
    assert (as_json(believed)["raw"], as_json(held)["raw"]) == ((), (str(raw_cohort),))


def test_the_same_seed_draws_the_same_times_in_one_process_and_in_two(store: Path) -> None:
    first, second = quick(store, sample=4, seed=5), quick(store, sample=4, seed=5, jobs=2)

    def steady(report: AuditReport) -> dict[str, object]:
        return {**as_json(report), "seconds": None}

    assert steady(first) == steady(second)
    assert steady(first) != steady(quick(store, sample=4, seed=6))


def test_progress_is_told_as_patients_are_done(store: Path) -> None:
    told: list[Progress] = []
    quick(store, sample=8, progress=told.append)

    assert [each.done for each in told] == sorted(each.done for each in told)
    assert told[-1].done == told[-1].total == 8


@pytest.mark.parametrize(
    "modules", [("hosp",), ("hosp", "icu", "note"), ("hosp", "icu", "ed"), ("hosp", "ed")]
)
def test_the_claim_holds_of_stores_without_some_modules(
    raw_cohort: Path, tmp_path: Path, modules: tuple[str, ...]
) -> None:
    for module in modules:
        shutil.copytree(raw_cohort / module, tmp_path / "raw" / module)
    ingest([tmp_path / "raw"], tmp_path / "store")

    report = quick(tmp_path / "store", sample=4)

    assert report.holds
    assert report.times == 4


def test_the_claim_holds_of_the_open_demo(demo_store: Path) -> None:
    report = quick(demo_store, sample=6, seed=2)

    assert report.violations == ()


@pytest.mark.parametrize("sample", [0, -3])
def test_an_empty_sample_is_refused(store: Path, sample: int) -> None:
    with pytest.raises(SettingError, match="draws no prediction time"):
        quick(store, sample=sample)


def test_a_patient_without_rows_who_is_drawn_alone_is_not_said_to_be_everyone(
    raw_cohort: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    ingest([_with_a_patient_without_rows(raw_cohort, tmp_path)], store)
    subjects = Store.open(store).subjects()
    seed = next(n for n in range(99) if list(counts_of(subjects, 1, random.Random(n))) == [NOBODY])

    with pytest.raises(SettingError, match="the one patient drawn of 9 has no moment at which"):
        quick(store, sample=1, seed=seed)
    assert quick(store, sample=len(subjects), seed=seed).times


def _with_a_patient_without_rows(raw_cohort: Path, place: Path) -> Path:
    raw = place / "raw"
    for table in ("patients", "admissions"):
        (raw / "hosp").mkdir(parents=True, exist_ok=True)
        shutil.copyfile(raw_cohort / "hosp" / f"{table}.csv.gz", raw / "hosp" / f"{table}.csv.gz")
    with gzip.open(raw / "hosp" / "patients.csv.gz", "at") as patients:
        patients.write(f"{NOBODY},F,52,2180,2014 - 2016,\n")
    return raw


def test_no_store_and_no_such_profile_are_refused(store: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store"):
        quick(tmp_path / "nothing")
    with pytest.raises(UserError, match="no profile 'avaliable'"):
        quick(store, profile="avaliable")


def test_a_raw_folder_without_the_tables_of_the_store_is_refused(
    store: Path, raw_cohort: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="nothing: no such folder"):
        quick(store, raw=[tmp_path / "nothing"])
    with pytest.raises(UserError, match=r"which .* holds; name every folder that was ingested"):
        quick(store, raw=[raw_cohort / "hosp"])


def test_an_order_that_follows_the_future_is_told_as_order_and_once(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(records: object, *given: object, **options: object) -> Case:
        case = open_case(records, *given, **options)  # type: ignore[arg-type]
        if isinstance(records, MadeUp):
            with closing(sqlite3.connect(case.path, isolation_level=None)) as connection:
                for statement in FROM_THE_LAST:
                    connection.execute(statement)
        return case

    monkeypatch.setattr("clinseek.validity.audit.patient.open_case", opened)

    report = quick(store, sample=2)
    told = [v.what for v in report.violations if v.table == "labevents"]

    assert told
    assert all("the same rows stand in another order" in what for what in told)
    assert len(report.violations) <= report.done["scramble"]


def test_an_empty_name_is_no_store(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store)
    for command in ("audit", "probe"):
        ended = CliRunner().invoke(app, [command, ""])
        assert isinstance(ended.exception, SettingError)
        assert "STORE is empty" in str(ended.exception)


def test_the_command_ends_with_0_when_the_claim_holds_and_1_when_not(store: Path) -> None:
    command = ["audit", str(store), "--sample", "3", "--jobs", "1", "--json"]
    held = CliRunner().invoke(app, command)
    leaking = CliRunner().invoke(app, [*command, "--profile", "reference"])

    assert held.exit_code == 0
    assert json.loads(held.stdout)["holds"] is True
    assert leaking.exit_code == 1
    assert json.loads(leaking.stdout)["violations"]
