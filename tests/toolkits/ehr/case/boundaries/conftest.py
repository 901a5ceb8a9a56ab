"""The stores on which the boundary tests stand: one a module, and the open demo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clinseek.toolkits.ehr.store import ingest

from .raw_record import Cohort
from .reading import Reader


@pytest.fixture(scope="module")
def at(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reader]:
    """`at(patient, cutoff)`: the record as it stood, for the patients of the module's COHORT."""
    cohort: Cohort = request.module.COHORT
    folder = tmp_path_factory.mktemp("boundary")
    ingest([cohort.write(folder / "raw")], folder / "store")
    reader = Reader(folder / "store", folder / "cases")
    yield reader
    reader.close()


@pytest.fixture(scope="session")
def demo_at(demo_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """`demo_at(subject_id, cutoff)`: the record of a patient of the open demo as it stood."""
    reader = Reader(demo_store, tmp_path_factory.mktemp("demo-cases"))
    yield reader
    reader.close()
