"""Rows known at one moment: their order tells nothing of what is still to come."""

from __future__ import annotations

import itertools
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


def two_infusions(
    arrived: tuple[str, str], ended: tuple[str, str], folder: Path, *, backwards: bool = False
) -> Path:
    """Two infusions begun at one moment, each in a stay of its own, with an end of its own."""
    cohort = Cohort()
    patient = cohort.patient()
    for number, (intime, endtime) in enumerate(zip(arrived, ended, strict=True)):
        stay_id = 700 + number
        patient.add("icustays", stay_id=stay_id, intime=intime)
        patient.add(
            "inputevents",
            stay_id=stay_id,
            itemid=225158,
            starttime=ORDERED,
            storetime=ORDERED,
            endtime=endtime,
            amount=number + 1,
        )
    if backwards:
        patient.rows.reverse()
    ingest([cohort.write(folder / "raw")], folder / "store")
    return folder / "store"


EARLY, TODAY, DAY_2, DAY_3, DAY_4, DAY_5 = (
    "2150-03-05 08:00:00",
    "2150-03-05 10:00:00",
    "2150-03-07 10:00:00",
    "2150-03-08 10:00:00",
    "2150-03-09 10:00:00",
    "2150-03-10 10:00:00",
)
CROSSED = [
    # (when the stays began, when the infusions ended): the first row's first event is today's.
    ((TODAY, DAY_5), (DAY_3, DAY_2)),
    ((DAY_4, DAY_2), (TODAY, DAY_5)),
]


def infusions(store: Path, cutoff: str, folder: Path) -> list[tuple[object, ...]]:
    """row_id, stay and amount of each infusion."""
    case = open_case(store, 10_000_001, cutoff=cutoff, folder=folder, name=f"{cutoff}.sqlite")
    rows = View(case).table("inputevents")
    case.close()
    return [(row["row_id"], row["stay_id"], row["amount"]) for row in rows]


@pytest.mark.parametrize(("arrived", "ended"), CROSSED)
def test_of_two_rows_the_one_that_is_told_apart_today_comes_first_whichever_column_tells(
    arrived: tuple[str, str], ended: tuple[str, str], tmp_path: Path
) -> None:
    store = two_infusions(arrived, ended, tmp_path)
    stay, amount = (700, None) if arrived[0] == TODAY else (None, 1.0)

    assert infusions(store, NOW, tmp_path) == [(1, stay, amount), (2, None, None)]
    assert infusions(store, "2150-04-01", tmp_path) == [(1, 700, 1.0), (2, 701, 2.0)]


@pytest.mark.parametrize(("arrived", "ended"), CROSSED)
@pytest.mark.parametrize("cutoff", [EARLY, NOW, DAY_2, DAY_3, DAY_4, DAY_5])
def test_the_order_of_the_raw_file_tells_nothing(
    arrived: tuple[str, str], ended: tuple[str, str], cutoff: str, tmp_path: Path
) -> None:
    stores = [
        two_infusions(arrived, ended, tmp_path / "as_written"),
        two_infusions(arrived, ended, tmp_path / "backwards", backwards=True),
    ]

    assert infusions(stores[0], cutoff, tmp_path) == infusions(stores[1], cutoff, tmp_path)


def test_rows_keep_their_numbers_as_their_cells_open_one_by_one(tmp_path: Path) -> None:
    store = two_infusions(*CROSSED[0], tmp_path)
    moments = (NOW, DAY_2, DAY_3, DAY_4, DAY_5)
    seen = [infusions(store, cutoff, tmp_path) for cutoff in moments]

    for earlier, later in itertools.pairwise(seen):
        for row, row_later in zip(earlier, later, strict=True):
            assert all(cell in (None, now) for cell, now in zip(row, row_later, strict=True))
