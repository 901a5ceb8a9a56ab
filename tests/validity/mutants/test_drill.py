"""A part of the drill of weakened rules, by lot; `make mutants` runs all of it."""

import random

import pytest

from clinseek.toolkits.ehr.availability import RULES
from clinseek.toolkits.ehr.availability.beside import BESIDE

from .drill import Ground, cohort, is_noticed, noticed_in, patients_of
from .equivalent import EQUIVALENT
from .sql_clauses import changes
from .tied_rows import told_by_order
from .weakened import BESIDE_SEEN_IN, Mutant, all_mutants

SAMPLE = 25
MUTANTS = all_mutants()


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Synthetic patients with rows as MIMIC has them at its worst."""
    folder = tmp_path_factory.mktemp("drill")
    return Ground(patients_of([cohort(folder)]), folder)


def survivors(mutants: list[Mutant], ground: Ground) -> set[str]:
    return {mutant.name for mutant in mutants if is_noticed(mutant, ground) is None}


def test_weakened_rules_drawn_by_lot_are_noticed(ground: Ground) -> None:
    drawn = random.Random(7).sample([each for each in MUTANTS if each.kind == "rule"], SAMPLE)

    assert survivors(drawn, ground) <= set(EQUIVALENT)


def test_every_clause_by_which_a_death_is_known_is_noticed_when_it_is_weakened(
    ground: Ground,
) -> None:
    of_deaths = [mutant for mutant in MUTANTS if mutant.name.startswith("beside[death]")]

    assert any(mutant.name.endswith("no row") for mutant in of_deaths)
    assert survivors(of_deaths, ground) <= set(EQUIVALENT)


def test_rows_known_at_one_moment_that_run_column_by_column_are_noticed(ground: Ground) -> None:
    of_order = [mutant for mutant in MUTANTS if mutant.kind == "order"]

    assert any("column by column" in mutant.name for mutant in of_order)
    assert not survivors(of_order, ground)


def test_rules_that_are_not_weakened_pass_the_same_drill(ground: Ground) -> None:
    told = {table: noticed_in(table, ground, most=6) for table in RULES}

    assert {table: noticed for table, noticed in told.items() if noticed is not None} == {}
    assert told_by_order(ground.ties, ground.folder) is None


def test_everything_that_rules_look_at_beside_a_row_is_weakened_and_looked_for() -> None:
    assert set(BESIDE_SEEN_IN) == set(BESIDE)
    for name, tables in BESIDE_SEEN_IN.items():
        assert all(name in RULES[table].joins for table in tables)


def test_a_statement_is_weakened_clause_by_clause() -> None:
    statement = "SELECT a, max(t) FROM x WHERE b = 1 GROUP BY a"
    told = {each.words: each.sql for each in changes(statement)}

    assert told == {
        "min for max": "SELECT a, min(t) FROM x WHERE b = 1 GROUP BY a",
        "no WHERE": "SELECT a, max(t) FROM x GROUP BY a",
        "no row": f"SELECT * FROM ({statement}) WHERE 0",
        "not grouped": "SELECT a, max(t) FROM x WHERE b = 1",
    }


def test_the_equivalents_are_few_and_name_real_mutants() -> None:
    assert set(EQUIVALENT) <= {mutant.name for mutant in MUTANTS}
    assert len(EQUIVALENT) <= len(MUTANTS) / 20
    assert all(EQUIVALENT.values())
