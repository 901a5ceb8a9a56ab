"""A synthetic cohort as a store, and servers over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clinseek.serve.ehr import EhrService, ehr_service
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise

PATIENTS = 50


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store; never written to. Its path is a canary: no client may ever read it."""
    place = tmp_path_factory.mktemp("canary-of-a-path")
    synthesise(place / "raw", patients=PATIENTS, seed=3)
    ingest([place / "raw"], place / "store", codes=place / "raw" / "codes")
    return place / "store"


@pytest.fixture(scope="session")
def subjects(cohort: Path) -> list[int]:
    """The patients of the cohort."""
    return Store.open(cohort).subjects()


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """Where the cases of a server lie."""
    place = tmp_path / "cases"
    place.mkdir()
    return place


@pytest.fixture
def service(cohort: Path, cases: Path) -> Iterator[EhrService]:
    """The ehr.* tools over the cohort."""
    with ehr_service(cohort, cases=cases) as served:
        yield served
