"""The raw csv files, and one patient's record of them as it was known at a moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

END = pd.Timestamp("2262-01-01")
"""After all that any record holds."""
Parameters = Mapping[str, Any]
Frame = Any
"""A pandas.DataFrame."""

_TIMES: dict[str, tuple[str, ...]] = {
    "admissions": ("admittime", "dischtime", "deathtime"),
    "diagnoses_icd": (),
    "edstays": ("intime", "outtime"),
    "emar": ("charttime", "storetime"),
    "icustays": ("intime", "outtime"),
    "labevents": ("charttime", "storetime"),
    "microbiologyevents": ("chartdate", "charttime", "storedate", "storetime"),
    "omr": ("chartdate",),
    "outputevents": ("charttime", "storetime"),
    "pharmacy": ("entertime",),
    "poe": ("ordertime",),
    "prescriptions": ("starttime",),
    "services": ("transfertime",),
    "transfers": ("intime", "outtime"),
    "triage": (),
}
_DICTIONARIES = ("d_labitems", "d_icd_diagnoses")
_CODES = {"icd_code": "string", "dose_val_rx": "string", "result_value": "string"}
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Record:
    """One patient as known at a moment, and the stay that is going on at the question's cutoff."""

    tables: dict[str, Frame]
    now: Any
    admitted: Any
    hadm_id: Any

    def __getitem__(self, table: str) -> Frame:
        return self.tables[table]


class RawFolder:
    """The csv files below some folders, each row with the moment from which it is known."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.tables = {name: _read(folders, name, times) for name, times in _TIMES.items()}
        self.dictionaries = {name: _read(folders, name, ()) for name in _DICTIONARIES}
        _date_rows(self.tables)
        items = self.dictionaries["d_labitems"][["itemid", "label", "fluid", "category"]]
        self.tables["labevents"] = self.tables["labevents"].merge(items, on="itemid", how="left")
        self._by_patient = {
            name: dict(iter(frame.groupby("subject_id"))) for name, frame in self.tables.items()
        }

    def at(self, subject_id: int, cutoff: Any, *, asked_at: Any) -> Record:
        """The record of a patient at `cutoff`; the stay is that which goes on at `asked_at`."""
        mine = {
            name: found.get(subject_id, self.tables[name].iloc[:0])
            for name, found in self._by_patient.items()
        }
        tables = {
            name: frame[frame["known"].notna() & (frame["known"] <= cutoff)].copy()
            for name, frame in mine.items()
        }
        _hide_cells(tables, mine["admissions"], cutoff)
        stays = mine["admissions"]
        going_on = stays[
            (stays["admittime"] <= asked_at)
            & (stays["left"].isna() | (stays["left"] > asked_at))
        ]  # fmt: skip
        one = going_on.iloc[0] if len(going_on) == 1 else None
        return Record(
            tables,
            cutoff,
            None if one is None else one["admittime"],
            None if one is None else one["hadm_id"],
        )


def _read(folders: Sequence[Path], name: str, times: Sequence[str]) -> Frame:
    files = [
        file
        for folder in folders
        for ending in ("csv", "csv.gz")
        for file in sorted(folder.rglob(f"{name}.{ending}"))
    ]
    if len(files) != 1:
        raise FileNotFoundError(f"{name}: {len(files)} files under {folders}; there must be one")
    frame = pd.read_csv(files[0], dtype=_CODES, low_memory=False)
    for column in times:
        frame[column] = pd.to_datetime(frame[column], format="ISO8601")
    return frame


def _later(one: Frame, other: Frame) -> Frame:
    """Row by row the later of two moments; one that is missing does not count."""
    return one.where(other.isna() | (one >= other), other)


def _date_rows(tables: dict[str, Frame]) -> None:
    """Give every row its `known`, as the specification says for its table."""
    stays = tables["admissions"]
    stays["left"] = _later(stays["dischtime"], stays["deathtime"])
    stays["known"] = stays["admittime"]
    labs = tables["labevents"]
    labs["known"] = _later(labs["charttime"], labs["storetime"].fillna(labs["charttime"] + _DAY))
    for name in ("emar", "outputevents"):
        tables[name]["known"] = _later(tables[name]["charttime"], tables[name]["storetime"])
    for name, column in (
        ("edstays", "intime"), ("icustays", "intime"), ("transfers", "intime"),
        ("poe", "ordertime"), ("services", "transfertime"), ("pharmacy", "entertime"),
    ):  # fmt: skip
        tables[name]["known"] = tables[name][column]
    tables["omr"]["known"] = tables["omr"]["chartdate"] + _DAY
    cultures = tables["microbiologyevents"]
    drawn = cultures["charttime"].fillna(cultures["chartdate"] + _DAY)
    stored = cultures["storetime"].fillna(cultures["storedate"] + _DAY)
    week_later = cultures["chartdate"] + pd.Timedelta(days=7)
    cultures["known"] = _later(drawn, stored).where(stored.notna(), week_later)
    drugs = tables["prescriptions"]
    ordered = drugs["poe_id"].map(_by_id(tables["poe"], "poe_id", "ordertime"))
    entered = drugs["pharmacy_id"].map(_by_id(tables["pharmacy"], "pharmacy_id", "entertime"))
    drugs["known"] = ordered.fillna(entered).fillna(drugs["starttime"])
    codes = tables["diagnoses_icd"]
    codes["known"] = codes["hadm_id"].map(_by_id(stays, "hadm_id", "left"))
    triage = tables["triage"]
    triage["known"] = triage["stay_id"].map(_by_id(tables["edstays"], "stay_id", "intime"))


def _by_id(frame: Frame, column: str, time: str) -> Frame:
    """The latest `time` by id."""
    return frame.dropna(subset=[column]).groupby(column)[time].max()


def _hide_cells(tables: dict[str, Frame], stays: Frame, cutoff: Any) -> None:
    """Empty the cells whose own time has not come."""
    admissions = tables["admissions"]
    ahead = ~(admissions["left"] <= cutoff)
    admissions.loc[ahead, ["dischtime", "deathtime"]] = pd.NaT
    admissions.loc[ahead, "discharge_location"] = None
    for name in ("icustays", "transfers", "edstays"):
        tables[name].loc[tables[name]["outtime"] > cutoff, "outtime"] = pd.NaT
    to_come = stays.loc[stays["admittime"] > cutoff, "hadm_id"]
    for name in ("services", "transfers"):
        tables[name].loc[tables[name]["hadm_id"].isin(to_come), "hadm_id"] = float("nan")
