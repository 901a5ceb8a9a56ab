"""A part of the drill of weakened rules, by lot; `make mutants` runs all of it."""

import random
from pathlib import Path

import pytest

from .drill import Patient, cohort, is_noticed, patients_of, places_for
from .equivalent import EQUIVALENT
from .weakened import all_mutants

SAMPLE = 25
MUTANTS = all_mutants()


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> list[Patient]:
    """Synthetic patients with rows as MIMIC has them at its worst."""
    return patients_of([cohort(tmp_path_factory.mktemp("drill"))])


def test_weakened_rules_drawn_by_lot_are_noticed(patients: list[Patient], tmp_path: Path) -> None:
    drawn = random.Random(7).sample(MUTANTS, SAMPLE)
    survived = [
        mutant.name
        for mutant in drawn
        if is_noticed(mutant, places_for(mutant.table, patients), tmp_path) is None
    ]

    assert set(survived) <= set(EQUIVALENT)


def test_every_rule_unweakened_passes_the_same_drill(
    patients: list[Patient], tmp_path: Path
) -> None:
    tables = {mutant.table: mutant for mutant in MUTANTS}
    for table in ("labevents", "poe", "radiology_detail", "admissions"):
        from clinseek.toolkits.ehr.availability import RULES

        whole = tables[table]._replace(rule=RULES[table])
        assert is_noticed(whole, places_for(table, patients)[:12], tmp_path) is None


def test_the_equivalents_are_few_and_name_real_mutants() -> None:
    assert set(EQUIVALENT) <= {mutant.name for mutant in MUTANTS}
    assert len(EQUIVALENT) <= len(MUTANTS) / 20
    assert all(EQUIVALENT.values())
