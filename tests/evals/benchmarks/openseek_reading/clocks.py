"""When each row of the raw csv files enters the record, by `docs/availability.md` and nothing else.

Written from the specification for the questions of OpenSeek-QA. Every clock takes the patient's
tables as they lie on disk and gives, row by row, the moment from which the row may be read.
"""

from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd

Tables = Mapping[str, pd.DataFrame]

NEVER: Final = pd.Timestamp("2262-01-01")
"""Later than every shifted date of MIMIC-IV: what no clock tells is not known before it."""
DAY: Final = pd.Timedelta(days=1)
MOMENTS: Final = {
    "admissions": ("admittime", "dischtime", "deathtime"),
    "edstays": ("intime", "outtime"),
    "emar": ("charttime", "storetime"),
    "icustays": ("intime", "outtime"),
    "labevents": ("charttime", "storetime"),
    "microbiologyevents": ("charttime", "storetime"),
    "outputevents": ("charttime", "storetime"),
    "pharmacy": ("entertime",),
    "poe": ("ordertime",),
    "prescriptions": ("starttime",),
    "services": ("transfertime",),
    "transfers": ("intime", "outtime"),
}
DATES: Final = {"microbiologyevents": ("chartdate", "storedate"), "omr": ("chartdate",)}


def moments(text: pd.Series) -> pd.Series:
    """The moments that are written: a bare date is the end of its day, an empty cell no moment."""
    read = pd.to_datetime(text.where(text != ""), format="ISO8601")
    return read.where(text.str.len() > len("2150-01-01"), read + DAY)


def dates(text: pd.Series) -> pd.Series:
    """The days that are written, at their midnight, whether or not a clock time stands behind."""
    return pd.to_datetime(text.where(text != "").str.slice(0, 10), format="ISO8601")


def latest(*clocks: pd.Series) -> pd.Series:
    """Row by row the latest of the clocks; one that is silent does not count."""
    return pd.concat(clocks, axis=1).max(axis=1)


def discharge(admissions: pd.DataFrame) -> pd.Series:
    """The later of dischtime and deathtime, and never before the admission began."""
    ended = latest(admissions["dischtime"], admissions["deathtime"])
    begun = admissions["admittime"]
    return ended.where(ended.isna() | (ended >= begun), begun)


def looked_up(keys: pd.Series, table: pd.DataFrame, key: str, column: str) -> pd.Series:
    """For each key the column's moment in the other table; no moment where no row has the key."""
    first = table[table[key] != ""].drop_duplicates(key).set_index(key)[column]
    return pd.to_datetime(first.reindex(keys).set_axis(keys.index))


def _labevents(tables: Tables) -> pd.Series:
    rows = tables["labevents"]
    stored = rows["storetime"].fillna(rows["charttime"] + DAY)
    return latest(rows["charttime"], stored)


def _microbiology(tables: Tables) -> pd.Series:
    rows = tables["microbiologyevents"]
    taken = rows["charttime"].fillna(rows["chartdate"] + DAY)
    stored = rows["storetime"].fillna(rows["storedate"] + DAY)
    return latest(taken, stored.fillna(rows["chartdate"] + 7 * DAY))


def _prescriptions(tables: Tables) -> pd.Series:
    rows = tables["prescriptions"]
    ordered = looked_up(rows["poe_id"], tables["poe"], "poe_id", "ordertime")
    entered = looked_up(rows["pharmacy_id"], tables["pharmacy"], "pharmacy_id", "entertime")
    return ordered.fillna(entered).fillna(rows["starttime"])


def _diagnoses(tables: Tables) -> pd.Series:
    stays = tables["admissions"].assign(ended=discharge)
    return looked_up(tables["diagnoses_icd"]["hadm_id"], stays, "hadm_id", "ended")


def _triage(tables: Tables) -> pd.Series:
    return looked_up(tables["triage"]["stay_id"], tables["edstays"], "stay_id", "intime")


def _later_of_both(table: str) -> Callable[[Tables], pd.Series]:
    return lambda tables: latest(tables[table]["charttime"], tables[table]["storetime"])


def _column(table: str, column: str) -> Callable[[Tables], pd.Series]:
    return lambda tables: tables[table][column]


CLOCKS: Final[Mapping[str, Callable[[Tables], pd.Series]]] = {
    "admissions": _column("admissions", "admittime"),
    "diagnoses_icd": _diagnoses,
    "edstays": _column("edstays", "intime"),
    "emar": _later_of_both("emar"),
    "icustays": _column("icustays", "intime"),
    "labevents": _labevents,
    "microbiologyevents": _microbiology,
    "omr": lambda tables: tables["omr"]["chartdate"] + DAY,
    "outputevents": _later_of_both("outputevents"),
    "pharmacy": _column("pharmacy", "entertime"),
    "poe": _column("poe", "ordertime"),
    "prescriptions": _prescriptions,
    "services": _column("services", "transfertime"),
    "transfers": _column("transfers", "intime"),
    "triage": _triage,
}
"""By table: the moment from which each of its rows is known."""


def with_known(tables: Tables) -> dict[str, pd.DataFrame]:
    """The tables with their times read, and with the moment from which each row is known."""
    timed = {name: _timed(name, rows) for name, rows in tables.items()}
    return {
        name: rows.assign(known=pd.to_datetime(CLOCKS[name](timed)).fillna(NEVER))
        for name, rows in timed.items()
    }


def _timed(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    moment = {column: moments(rows[column]) for column in MOMENTS.get(name, ())}
    day = {column: dates(rows[column]) for column in DATES.get(name, ())}
    return rows.assign(**moment, **day)
