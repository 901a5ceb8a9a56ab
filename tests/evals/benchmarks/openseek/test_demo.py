"""Questions over the open demo: the second reading of the raw files agrees on every one."""

from collections import Counter
from pathlib import Path

import pytest

from clinseek.evals.benchmarks.openseek import openseek_rows
from clinseek.evals.benchmarks.openseek.source import attribution_of
from clinseek.evals.rows import Row
from clinseek.toolkits.ehr.store import Store
from tests.evals.benchmarks.openseek.comparing import disagreements
from tests.evals.benchmarks.openseek.pandas_reading import RawFolder


@pytest.fixture(scope="module")
def demo_rows(demo_store: Path) -> list[Row]:
    return openseek_rows(Store.open(demo_store), per_template=2, seed=11, rounds=1)


def test_two_readings_of_the_demo_agree_on_every_answer(
    demo_rows: list[Row], open_data: Path
) -> None:
    folders = [open_data / "mimic-iv-demo", open_data / "mimic-iv-ed-demo"]
    assert len(demo_rows) > 100
    assert disagreements(demo_rows, RawFolder(folders)) == []


def test_no_yes_or_no_is_had_by_always_saying_one(demo_rows: list[Row]) -> None:
    polar = [row for row in demo_rows if row.answer_form == "yes_no"]
    assert polar
    for task in {row.task for row in polar}:
        counts = Counter(str(row.label) for row in polar if row.task == task)
        assert 0.4 <= counts["yes"] / counts.total() <= 0.6


def test_what_is_made_of_the_demo_says_so(demo_store: Path, demo_rows: list[Row]) -> None:
    attribution = attribution_of(Store.open(demo_store))
    assert attribution is not None
    assert "Open\nDatabase License" in attribution
    assert {row.metadata["source"] for row in demo_rows} == {"MIMIC-IV demo"}
