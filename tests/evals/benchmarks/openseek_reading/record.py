"""What may be read about one patient at one moment, out of the raw csv files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from tests.evals.benchmarks.openseek_reading.clocks import (
    CLOCKS,
    NEVER,
    Tables,
    discharge,
    looked_up,
    with_known,
)

THE_END: Final = NEVER - pd.Timedelta(days=1)
UNTIL_DISCHARGE: Final = ("dischtime", "deathtime", "discharge_location")
NAMES_AN_ADMISSION: Final = (
    "edstays",
    "emar",
    "icustays",
    "labevents",
    "microbiologyevents",
    "outputevents",
    "pharmacy",
    "poe",
    "prescriptions",
    "services",
    "transfers",
)
OPEN_ENDED: Final = ("edstays", "icustays", "transfers")
"""Their outtime is shown once it has come."""


@dataclass(frozen=True)
class Record:
    """What is known of a patient by `now`: rows that have come in, without cells yet to come.

    `admission` keeps the current admission where the record of a later moment is read on behalf
    of an earlier one; `cut` keeps, of the tables it names, only those rows.
    """

    whole: Tables
    now: pd.Timestamp
    admission: "pd.Series[Any] | None" = None
    cut: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    _read: dict[str, pd.DataFrame] = field(default_factory=dict)

    def __getitem__(self, table: str) -> pd.DataFrame:
        if table not in self._read:
            rows = self._known(table)
            keys = self.cut.get(table)
            self._read[table] = rows if keys is None else rows[_any_key(rows, keys)]
        return self._read[table]

    def _known(self, table: str) -> pd.DataFrame:
        rows = self.whole[table]
        rows = rows[rows["known"] <= self.now]
        if table == "admissions":
            come = discharge(rows).fillna(NEVER) <= self.now
            return rows.assign(**{column: rows[column].where(come) for column in UNTIL_DISCHARGE})
        if table in NAMES_AN_ADMISSION:
            stays = self.whole["admissions"]
            begun = looked_up(rows["hadm_id"], stays, "hadm_id", "admittime") <= self.now
            rows = rows.assign(hadm_id=rows["hadm_id"].where(begun, ""))
        if table in OPEN_ENDED:
            rows = rows.assign(outtime=rows["outtime"].where(rows["outtime"] <= self.now))
        return rows

    @cached_property
    def current(self) -> "pd.Series[Any] | None":
        """The one admission that has begun and not ended, or none."""
        if self.admission is not None:
            return self.admission
        begun = self["admissions"]
        going_on = begun[begun["dischtime"].isna()]
        return going_on.iloc[0] if len(going_on) == 1 else None

    def only(self, rows: Iterable[Mapping[str, Any]], *, but: Iterable[str]) -> "Record":
        """The record cut down to the named rows; the tables in `but` stay whole."""
        keys: dict[str, list[Mapping[str, Any]]] = {
            table: [] for table in self.whole if table not in but
        }
        for row in rows:
            keys[row["table"]].append(row["key"])
        return Record(self.whole, self.now, self.current, keys)

    def in_the_end(self) -> "Record":
        """The record once everything is known, with the admission that is current now."""
        return Record(self.whole, THE_END, self.current)


def _any_key(rows: pd.DataFrame, keys: list[Mapping[str, Any]]) -> "pd.Series[bool]":
    chosen = pd.Series(data=False, index=rows.index)
    for key in keys:
        chosen |= has_key(rows, key)
    return chosen


def has_key(rows: pd.DataFrame, key: Mapping[str, Any]) -> "pd.Series[bool]":
    """Which rows carry all values of the key; times are compared as moments."""
    same = pd.Series(data=True, index=rows.index)
    for column, value in key.items():
        cells = rows[column]
        timed = pd.api.types.is_datetime64_any_dtype(cells)
        same &= cells == (pd.Timestamp(value) if timed else str(value))
    return same


class RawFiles:
    """The csv files of the open demo below the folders, and the patients in them."""

    def __init__(self, *folders: Path) -> None:
        found = {path.name: path for folder in folders for path in folder.rglob("*.csv.gz")}
        self._paths = {name.removesuffix(".csv.gz"): path for name, path in found.items()}
        self._whole = {table: self.read(table) for table in CLOCKS}
        self._patients: dict[str, dict[str, pd.DataFrame]] = {}

    def read(self, table: str) -> pd.DataFrame:
        """The whole table, each cell as it is written."""
        return pd.read_csv(self._paths[table], dtype=str, keep_default_na=False)

    @cached_property
    def laboratory_items(self) -> pd.DataFrame:
        """The items measured in blood: `itemid`, `label`, `category`, and the commonest `unit`."""
        items = self.read("d_labitems").query("fluid == 'Blood'")
        measured = self._whole["labevents"].merge(items, on="itemid").query("valueuom != ''")
        unit = measured.groupby("label")["valueuom"].agg(lambda units: units.mode()[0])
        return items.assign(unit=items["label"].map(unit))

    @cached_property
    def diagnosis_titles(self) -> "pd.Series[str]":
        """Title of a diagnosis by code and version."""
        return self.read("d_icd_diagnoses").set_index(["icd_code", "icd_version"])["long_title"]

    def whole(self, subject: object) -> dict[str, pd.DataFrame]:
        """All of the patient's rows with the moments from which they are known."""
        key = str(subject)
        if key not in self._patients:
            own = {
                name: rows[rows["subject_id"] == key].reset_index(drop=True)
                for name, rows in self._whole.items()
            }
            self._patients[key] = with_known(own)
        return self._patients[key]

    def at(self, subject: object, cutoff: "pd.Timestamp | str") -> Record:
        """The patient's record at the cutoff."""
        return Record(self.whole(subject), pd.Timestamp(cutoff))
