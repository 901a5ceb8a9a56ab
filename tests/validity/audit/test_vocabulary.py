"""The vocabulary holds the store's dictionaries and candidates, and nothing of a patient."""

import gzip
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clinseek.toolkits.ehr.candidates.build import FEWEST_PATIENTS
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from clinseek.validity.audit.drawn_lists import DRAWN_LISTS, holders_of_titles
from clinseek.validity.audit.recorded import code_tables, supplied_lists
from clinseek.validity.audit.report import summary_lines
from clinseek.validity.audit.run import audit
from clinseek.validity.audit.vocabulary import vocabulary_violations


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of enough patients for lists of drugs, with categories of codes and a list given."""
    folder = tmp_path_factory.mktemp("large")
    synthesise(folder / "raw", patients=FEWEST_PATIENTS + 4, seed=3)
    codes = folder / "codes"
    (codes / "vocabularies").mkdir(parents=True)
    (codes / "vocabularies" / "atc.csv").write_text("code,title\nB01AB01,heparin\n")
    (codes / "ccs_dx_categories.csv").write_text("category_code,category_desc\n135,Infection\n")
    for edition in (("ICD9CM", "0010"), ("ICD10CM", "A00")):
        text = f"vocabulary_id,code,category_code\n{edition[0]},{edition[1]},135\n"
        name = f"ccs_dx_map_{edition[0].lower()}.csv.gz"
        (codes / name).write_bytes(gzip.compress(text.encode(), mtime=0))
    ingest([folder / "raw"], folder / "store", codes=codes)
    return folder / "store"


@pytest.fixture
def changed(store: Path, tmp_path: Path) -> Path:
    """A copy of the store whose vocabulary may be written."""
    return copy_of(store, tmp_path / "store")


@pytest.fixture
def changed_large(large: Path, tmp_path: Path) -> Path:
    """The same of the larger one."""
    return copy_of(large, tmp_path / "large")


def copy_of(store: Path, copy: Path) -> Path:
    shutil.copytree(store, copy)
    (copy / "vocabulary.sqlite").chmod(0o644)
    return copy


def change(store: Path, *statements: str) -> None:
    with closing(sqlite3.connect(store / "vocabulary.sqlite", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def told_of(store: Path, table: str) -> list[str]:
    found = vocabulary_violations(Store.open(store))
    return [violation.what for violation in found if violation.table == table]


def test_the_vocabulary_that_ingest_makes_breaks_nothing(store: Path, large: Path) -> None:
    assert vocabulary_violations(Store.open(store)) == []
    assert vocabulary_violations(Store.open(large)) == []


SENTENCE = "Patient 10000032 dies on the ward on the third day"


@pytest.mark.parametrize(
    ("statements", "table", "what"),
    [
        (
            ["CREATE TABLE outlook_candidates (code TEXT, candidate TEXT)",
             f"INSERT INTO outlook_candidates VALUES ('1', '{SENTENCE}')"],
            "outlook_candidates", "that ingest did not record",
        ),
        (
            [f"INSERT INTO diagnoses_ccs_candidates VALUES ('A00', 10, '135', '{SENTENCE}')"],
            "diagnoses_ccs_candidates", "3 rows instead of 2",
        ),
        (
            ["UPDATE diagnoses_ccs_candidates SET candidate = 'x'"],
            "diagnoses_ccs_candidates", "are not those that ingest recorded: as many rows",
        ),
        (
            [f"INSERT INTO atc_candidates VALUES ('1', '{SENTENCE}')"],
            "atc_candidates", "are not those that ingest recorded",
        ),
        (
            ["CREATE TEMP TABLE kept AS SELECT * FROM prescriptions_candidates",
             "DELETE FROM prescriptions_candidates",
             "INSERT INTO prescriptions_candidates SELECT * FROM kept ORDER BY rowid DESC"],
            "prescriptions_candidates", "another order than their own",
        ),
        (
            ["INSERT INTO prescriptions_candidates SELECT * FROM prescriptions_candidates LIMIT 1"],
            "prescriptions_candidates", "stands there more than once",
        ),
        (
            ["DELETE FROM prescriptions_candidates WHERE rowid = 2"],
            "prescriptions_candidates", "stands in prescriptions and is not on the list",
        ),
        (
            ["INSERT INTO transfers_candidates VALUES ('Emergency Department')"],
            "transfers_candidates", "stands nowhere in transfers",
        ),
        (["DROP TABLE transfers_candidates"], "transfers_candidates", "a list of the store"),
        (["UPDATE vocabulary_edition SET edition = '0'"], "vocabulary_edition", "another hash"),
        (["DELETE FROM vocabulary_edition"], "vocabulary_edition", "another hash"),
        (["DROP TABLE vocabulary_edition"], "vocabulary_edition", "is not there"),
    ],
)  # fmt: skip
def test_what_is_planted_in_lists_and_tables_of_codes_is_named(
    changed_large: Path, statements: list[str], table: str, what: str
) -> None:
    change(changed_large, *statements)

    assert any(what in told for told in told_of(changed_large, table))


def test_a_title_that_one_patient_alone_has_is_named(changed_large: Path) -> None:
    with closing(sqlite3.connect(changed_large / "vocabulary.sqlite")) as connection:
        listed = {drug for (drug,) in connection.execute("SELECT * FROM prescriptions_candidates")}
    drawn = DRAWN_LISTS["prescriptions_candidates"]
    lone = min(holders_of_titles(Store.open(changed_large), drawn).keys() - listed)
    change(changed_large, f"INSERT INTO prescriptions_candidates VALUES ('{lone}')")

    told = told_of(changed_large, "prescriptions_candidates")

    assert any("a title of one patient alone" in what for what in told)


def test_supplied_lists_are_told_as_not_checked(large: Path) -> None:
    assert supplied_lists(Store.open(large)) == ("atc_candidates",)
    assert code_tables(Store.open(large)) == ("diagnoses_ccs_candidates",)

    told = "\n".join(summary_lines(audit(large, sample=1, full_forms=0)))

    assert (
        "1 supplied list, not checked against patients, as ingest recorded: atc_candidates" in told
    )
    assert "ok but for lists" in told
    assert "the store is believed to be what the raw files say" in told


def test_a_store_that_recorded_nothing_opens_and_is_not_believed(changed_large: Path) -> None:
    """Of a store that an older clinseek made, only what its own rows give can be proven."""
    manifest = changed_large / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "vocabulary": None}))

    found = vocabulary_violations(Store.open(changed_large))

    of_old = [each.table for each in found if "an older clinseek did not record" in each.what]
    assert of_old == ["atc_candidates", "diagnoses_ccs_candidates"]


def test_such_a_store_gets_its_vocabulary_anew_when_it_is_ingested_again(
    large: Path, changed_large: Path
) -> None:
    manifest = changed_large / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "vocabulary": None}))
    change(changed_large, "DELETE FROM prescriptions_candidates")

    made = ingest([large.parent / "raw"], changed_large, codes=large.parent / "codes")

    assert all(table.kept for table in made.tables)
    assert Store.open(changed_large).fingerprint == Store.open(large).fingerprint
    assert vocabulary_violations(Store.open(changed_large)) == []


@pytest.mark.parametrize(
    ("statement", "place", "what"),
    [
        ("CREATE TABLE patients AS SELECT 1 AS subject_id", "patients", "that no vocabulary has"),
        ("CREATE TABLE patients AS SELECT 1 AS subject_id", "patients.subject_id", "an id of a"),
        ("CREATE VIEW seen AS SELECT 1", "seen", "a view that no vocabulary has"),
        ("ALTER TABLE d_items ADD COLUMN hadm_id", "d_items.hadm_id", "an id of a patient"),
        ("ALTER TABLE d_items ADD COLUMN seen", "d_items.seen", "does not have"),
        ("ALTER TABLE d_items DROP COLUMN label", "d_items.label", "is not there"),
        ("DELETE FROM d_labitems", "d_labitems", "is not there"),
        ("UPDATE d_labitems SET label = '10000032'", "d_labitems", "not in the store's dictionary"),
        ("INSERT INTO items_candidates VALUES (1, 'stay', '', '')", "items_candidates", "stands"),
        ("UPDATE items_candidates SET itemid = 10000032", "items_candidates", "stands nowhere"),
        ("DROP TABLE d_items", "d_items", "is not there"),
        ("DROP TABLE d_items", "file", "free pages"),
    ],
)
def test_what_a_vocabulary_must_not_hold_or_lack_is_named(
    changed: Path, statement: str, place: str, what: str
) -> None:
    change(changed, statement)

    told = vocabulary_violations(Store.open(changed))

    assert any(found.place == place and what in found.what for found in told)


def test_a_drug_on_the_list_of_a_store_of_few_patients_is_found(changed: Path) -> None:
    """With so few, a drug on the list tells what one of them is going to get."""
    change(
        changed,
        "CREATE TABLE prescriptions_candidates (candidate TEXT)",
        "INSERT INTO prescriptions_candidates VALUES ('Heparin')",
    )

    assert any("fewer than" in found.what for found in vocabulary_violations(Store.open(changed)))


def test_the_audit_fails_on_a_vocabulary_with_a_patients_table(changed: Path) -> None:
    change(changed, "CREATE TABLE labevents AS SELECT 10000032 AS subject_id, 3.5 AS valuenum")

    report = audit(changed, sample=1, full_forms=0)

    assert not report.holds
    assert {violation.check for violation in report.violations} >= {"vocabulary"}
