"""The page's own synthetic cohort as a store, and what is told of it, once a session."""

from pathlib import Path

import pytest

from clinseek.toolkits.ehr.store import Store
from clinseek.validity.page.sources import Source, read_source, synthetic_store


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the page's synthetic cohort; never written to."""
    return synthetic_store(tmp_path_factory.mktemp("validity")).path


@pytest.fixture(scope="session")
def synthetic(cohort: Path) -> Source:
    """What the page tells of that cohort, worked out in two processes."""
    return read_source(Store.open(cohort), jobs=2)
