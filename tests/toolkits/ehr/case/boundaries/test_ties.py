"""Rows known at one moment: their order tells nothing of what is still to come."""

from __future__ import annotations

from pathlib import Path

import pytest

from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import ingest

from .raw_record import Cohort
from .reading import View

ORDERED = "2150-03-05 08:00:00"
NOW = "2150-03-05 12:00:00"
ENTERED = ("2150-03-06 09:00:00", "2150-03-06 10:00:00")
BOTH_ENTERED = "2150-03-07 00:00:00"


def two_alike(entered: tuple[str, str], folder: Path) -> Path:
    """Two prescriptions ordered at one moment; the pharmacy enters them the day after."""
    cohort = Cohort()
    patient = cohort.patient()
    for number, moment in enumerate(entered):
        order = patient.order(ORDERED, poe_id=f"{patient.subject_id}-{number + 1}")
        patient.add("pharmacy", pharmacy_id=500 + number, entertime=moment)
        patient.add(
            "prescriptions",
            poe_id=order,
            pharmacy_id=500 + number,
            drug="Dextrose",
            starttime=ORDERED,
        )
    ingest([cohort.write(folder / "raw")], folder / "store")
    return folder / "store"


def shown(store: Path, cutoff: str, folder: Path) -> list[tuple[object, ...]]:
    """row_id, order and pharmacy entry of each prescription."""
    case = open_case(store, 10_000_001, cutoff=cutoff, folder=folder, name=f"{cutoff}.sqlite")
    rows = View(case).table("prescriptions")
    case.close()
    return [(row["row_id"], row["poe_id"], row["pharmacy_id"]) for row in rows]


@pytest.mark.parametrize("entered", [ENTERED, ENTERED[::-1]])
def test_two_rows_told_apart_by_now_do_not_run_by_what_opens_tomorrow(
    entered: tuple[str, str], tmp_path: Path
) -> None:
    store = two_alike(entered, tmp_path)

    assert shown(store, NOW, tmp_path) == [
        (1, "10000001-1", None),
        (2, "10000001-2", None),
    ]
    assert shown(store, BOTH_ENTERED, tmp_path) == [
        (1, "10000001-1", 500),
        (2, "10000001-2", 501),
    ]
