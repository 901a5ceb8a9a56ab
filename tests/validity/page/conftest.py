"""The page's own synthetic cohort as a store, and what is measured on it, once a session."""

from pathlib import Path

import pytest

from clinseek.toolkits.ehr.store import Store
from clinseek.validity.page.measure import Figures, measure
from clinseek.validity.page.sources import synthetic_store


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the page's synthetic cohort; never written to."""
    return synthetic_store(tmp_path_factory.mktemp("validity")).path


@pytest.fixture(scope="session")
def synthetic(cohort: Path) -> Figures:
    """The figures of that cohort."""
    return measure(Store.open(cohort))
