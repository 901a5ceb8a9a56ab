"""The vocabulary holds the store's dictionaries and candidates, and nothing of a patient."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clinseek.toolkits.ehr.store import Store
from clinseek.validity.audit.run import audit
from clinseek.validity.audit.vocabulary import vocabulary_violations


@pytest.fixture
def changed(store: Path, tmp_path: Path) -> Path:
    """A copy of the store whose vocabulary may be written."""
    copy = tmp_path / "store"
    shutil.copytree(store, copy)
    (copy / "vocabulary.sqlite").chmod(0o644)
    return copy


def change(store: Path, *statements: str) -> None:
    with closing(sqlite3.connect(store / "vocabulary.sqlite", isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_the_vocabulary_that_ingest_makes_breaks_nothing(store: Path) -> None:
    assert vocabulary_violations(Store.open(store)) == []


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
