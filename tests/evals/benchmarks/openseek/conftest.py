"""A small synthetic cohort: its raw files, its store, and the questions over it."""

from pathlib import Path

import pytest

from clinseek.evals.benchmarks.openseek import openseek_rows
from clinseek.evals.rows import Row
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openseek") / "raw"
    synthesise(folder, patients=12, seed=5)
    return folder


@pytest.fixture(scope="session")
def store(raw: Path) -> Store:
    made = raw.parent / "store"
    ingest([raw], made, codes=raw / "codes")
    return Store.open(made)


@pytest.fixture(scope="session")
def rows(store: Store) -> list[Row]:
    return openseek_rows(store, per_template=2, seed=3, rounds=3)
