"""A small seeded form of benchmarks/interval_coverage.py: intervals that hold the truth."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "interval_coverage.py"


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("interval_coverage", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["interval_coverage"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("kind", "mean"), [("binary", 0.8), ("f1", 0.45)])
@pytest.mark.parametrize(("patients", "repeats"), [(30, 600), (300, 400)])
def test_intervals_hold_the_truth_and_compare_finds_nothing_where_nothing_is(
    simulation: ModuleType, kind: str, mean: float, patients: int, repeats: int
) -> None:
    """Bounds are three standard errors of the simulation beside the claims."""
    found = simulation.simulate(kind, mean, patients, repeats=repeats, seed=3, draws=199)
    assert found.coverage >= 0.92
    assert found.coverage <= 0.985
    assert found.false <= 0.08
    assert found.paper < found.coverage


@pytest.mark.parametrize(("design", "patients"), [("large", 30), ("huge", 100)])
def test_intervals_hold_the_truth_where_one_patient_has_most_of_the_rows(
    simulation: ModuleType, design: str, patients: int
) -> None:
    """With the rows taken as if patients were of a size, 0.76 and 0.70 of them do."""
    found = simulation.simulate(
        "binary", 0.5, patients, repeats=300, seed=3, draws=199, design=design
    )
    assert found.coverage >= 0.9
    assert found.outside <= 0.1
    assert found.false <= 0.08
