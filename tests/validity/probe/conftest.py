"""A cohort whose outcomes were drawn apart from its record, as a store, once a session."""

from pathlib import Path

import pytest

from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.synthetic import synthesise

PATIENTS = 110


@pytest.fixture(scope="session")
def independent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store; never written to."""
    place = tmp_path_factory.mktemp("independent")
    synthesise(place / "raw", patients=PATIENTS, seed=5, outcomes="independent")
    ingest([place / "raw"], place / "store", codes=place / "raw" / "codes")
    return place / "store"
