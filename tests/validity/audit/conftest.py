"""A small synthetic store, ingested once a session."""

from pathlib import Path

import pytest

from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.synthetic import synthesise

PATIENTS = 8


@pytest.fixture(scope="session")
def raw_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The raw csv files of a synthetic cohort with every table of hosp, icu, ed and note."""
    folder = tmp_path_factory.mktemp("audited") / "raw"
    synthesise(folder, patients=PATIENTS, seed=11)
    return folder


@pytest.fixture(scope="session")
def store(raw_cohort: Path) -> Path:
    """The same as a store."""
    folder = raw_cohort.parent / "store"
    ingest([raw_cohort], folder)
    return folder
