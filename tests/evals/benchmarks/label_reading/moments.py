"""The tasks that ask for what is recorded at the next moment."""

from __future__ import annotations

from collections import defaultdict

import pandas as pd

from tests.evals.benchmarks.label_reading.raw import Answer, Key, Questions, RawRecord, by_key

_SECOND = pd.Timedelta(seconds=1)
_MINUTE = pd.Timedelta(minutes=1)
_EVENTS = {
    "transfers": "intime",
    "services": "transfertime",
    "labevents": "charttime",
    "microbiologyevents": "charttime",
    "poe": "ordertime",
    "emar": "charttime",
    "chartevents": "charttime",
    "datetimeevents": "charttime",
    "inputevents": "starttime",
    "outputevents": "charttime",
    "procedureevents": "starttime",
    "radiology": "charttime",
}
_OF_NOTES = "radiology"
"""The one event table that a record without MIMIC-IV-Note lacks."""


def of_each_moment(
    rows: pd.DataFrame,
    *,
    before: pd.Timedelta = _SECOND,
    pool: frozenset[str] | None = None,
    one: bool = False,
    fewer_than: int | None = None,
) -> Questions:
    """One question for each (subject_id, stay, moment) of rows of these columns and `name`.

    A row without a name is one whose code has none in its dictionary.
    """
    named: dict[tuple[str, str, pd.Timestamp], set[str | None]] = defaultdict(set)
    held = rows[["subject_id", "stay", "moment", "name"]].drop_duplicates()
    held = held.dropna(subset=["subject_id", "stay", "moment"])
    for subject, stay, moment, name in held.itertuples(index=False, name=None):
        named[subject, stay, moment].add(None if pd.isna(name) else name)
    cutoffs = (pd.DatetimeIndex([moment for *_, moment in named]) - before).floor("s")
    return by_key(
        (Key(subject, stay, cutoff), _answer(names, pool=pool, one=one, fewer_than=fewer_than))
        for ((subject, stay, _), names), cutoff in zip(named.items(), cutoffs, strict=True)
    )


def _answer(
    names: set[str | None], *, pool: frozenset[str] | None, one: bool, fewer_than: int | None
) -> Answer:
    label = frozenset(name for name in names if name is not None)
    if None in names:
        return Answer(label, "a code or item has no name in the dictionary")
    if fewer_than is not None and len(label) >= fewer_than:
        return Answer(label, "ten names or more at one moment")
    if one and len(label) > 1:
        return Answer(label, "several names at one moment")
    if pool is not None and not label <= pool:
        return Answer(label, f"outside of the pool: {sorted(label - pool)}")
    return Answer(label)


def _column(
    record: RawRecord, table: str, stay: str, *, time: str, name: str, one: bool = False
) -> Questions:
    rows = record.table(table, f"subject_id {stay} {time} {name}").dropna(subset=[name])
    columns = {stay: "stay", time: "moment", name: "name"}
    pool = record.names_of_two_patients(table, name)
    return of_each_moment(rows.rename(columns=columns), pool=pool, one=one)


def _items(
    record: RawRecord,
    table: str,
    stay: str,
    *,
    time: str,
    dictionary: str = "d_items",
    before: pd.Timedelta = _SECOND,
    fewer_than: int | None = None,
) -> Questions:
    rows = record.table(table, f"subject_id {stay} {time} itemid").dropna(subset=["itemid"])
    rows = rows.rename(columns={stay: "stay", time: "moment"})
    names = record.table(dictionary, "itemid label").set_index("itemid")["label"]
    rows = rows.assign(name=rows["itemid"].map(names))
    return of_each_moment(rows, before=before, fewer_than=fewer_than)


def admissions(record: RawRecord) -> Questions:
    rows = record.table("admissions", "subject_id hadm_id admittime admission_type")
    rows = rows.dropna(subset=["admission_type"]).rename(
        columns={"hadm_id": "stay", "admittime": "moment", "admission_type": "name"}
    )
    pool = record.names_of_two_patients("admissions", "admission_type")
    return of_each_moment(rows, pool=pool, one=True)


def omr(record: RawRecord) -> Questions:
    rows = record.table("omr", "subject_id chartdate result_name")
    rows = rows.rename(columns={"chartdate": "moment", "result_name": "name"}).assign(stay="0")
    return of_each_moment(rows, pool=record.names_of_two_patients("omr", "result_name"))


def emar(record: RawRecord) -> Questions:
    return _column(record, "emar", "hadm_id", time="charttime", name="medication")


def poe(record: RawRecord) -> Questions:
    return _column(record, "poe", "hadm_id", time="ordertime", name="order_type")


def services(record: RawRecord) -> Questions:
    return _column(
        record, "services", "hadm_id", time="transfertime", name="curr_service", one=True
    )


def pyxis(record: RawRecord) -> Questions:
    return _column(record, "pyxis", "stay_id", time="charttime", name="name")


def medrecon(record: RawRecord) -> Questions:
    return _column(record, "medrecon", "stay_id", time="charttime", name="name")


def transfers(record: RawRecord) -> Questions:
    rows = record.table("transfers", "subject_id hadm_id intime eventtype")
    rows = rows.dropna(subset=["eventtype"])
    rows = rows.rename(columns={"hadm_id": "stay", "intime": "moment", "eventtype": "name"})
    kinds = frozenset({"ED", "admit", "discharge", "transfer"})
    return of_each_moment(rows, pool=kinds, one=True)


def agentehr_transfers(record: RawRecord) -> Questions:
    rows = record.table("transfers", "subject_id hadm_id intime eventtype careunit")
    rows = rows[rows["eventtype"] == "transfer"].dropna(subset=["careunit"])
    rows = rows.rename(columns={"hadm_id": "stay", "intime": "moment", "careunit": "name"})
    holders = rows.groupby("name")["subject_id"].nunique()
    pool = frozenset(holders[holders >= 2].index)
    return of_each_moment(rows, before=_MINUTE, pool=pool)


def labevents(record: RawRecord) -> Questions:
    return _items(record, "labevents", "hadm_id", time="charttime", dictionary="d_labitems")


def agentehr_labevents(record: RawRecord) -> Questions:
    return _items(
        record, "labevents", "hadm_id", time="charttime", dictionary="d_labitems", before=_MINUTE
    )


def chartevents(record: RawRecord) -> Questions:
    return _items(record, "chartevents", "stay_id", time="charttime", fewer_than=10)


def datetimeevents(record: RawRecord) -> Questions:
    return _items(record, "datetimeevents", "stay_id", time="charttime")


def outputevents(record: RawRecord) -> Questions:
    return _items(record, "outputevents", "stay_id", time="charttime")


def inputevents(record: RawRecord) -> Questions:
    return _items(record, "inputevents", "stay_id", time="starttime")


def ingredientevents(record: RawRecord) -> Questions:
    return _items(record, "ingredientevents", "stay_id", time="starttime")


def procedureevents(record: RawRecord) -> Questions:
    return _items(record, "procedureevents", "stay_id", time="starttime")


def _cultures(record: RawRecord) -> pd.DataFrame:
    rows = record.table("microbiologyevents", "subject_id hadm_id charttime chartdate test_name")
    rows = rows.dropna(subset=["test_name"])
    return rows.rename(columns={"hadm_id": "stay", "test_name": "name"})


def microbiologyevents(record: RawRecord) -> Questions:
    rows = _cultures(record)
    moment = rows["charttime"].fillna(rows["chartdate"].dt.normalize())
    pool = record.names_of_two_patients("microbiologyevents", "test_name")
    return of_each_moment(rows.assign(moment=moment), pool=pool)


def agentehr_microbiologyevents(record: RawRecord) -> Questions:
    rows = _cultures(record)
    pool = record.names_of_two_patients("microbiologyevents", "test_name")
    rows = rows.assign(moment=rows["chartdate"].dt.normalize())
    return of_each_moment(rows, before=_MINUTE, pool=pool)


def prescriptions(record: RawRecord) -> Questions:
    rows = record.table("prescriptions", "subject_id hadm_id poe_id pharmacy_id starttime drug")
    rows = rows.dropna(subset=["drug"]).rename(columns={"hadm_id": "stay", "drug": "name"})
    ordered = record.table("poe", "poe_id ordertime").groupby("poe_id")["ordertime"].max()
    pharmacy = record.table("pharmacy", "pharmacy_id entertime").groupby("pharmacy_id")
    moment = (
        rows["poe_id"]
        .map(ordered)
        .fillna(rows["pharmacy_id"].map(pharmacy["entertime"].max()))
        .fillna(rows["starttime"])
    )
    pool = record.names_of_two_patients("prescriptions", "drug")
    return of_each_moment(rows.assign(moment=moment), pool=pool)


def radiology(record: RawRecord) -> Questions:
    details = record.table("radiology_detail", "note_id field_name field_value")
    exams = details[details["field_name"] == "exam_name"].dropna(subset=["field_value"])
    reports = record.table("radiology", "note_id subject_id hadm_id charttime")
    rows = reports.merge(exams, on="note_id").rename(
        columns={"hadm_id": "stay", "charttime": "moment", "field_value": "name"}
    )
    holders = rows.groupby("name")["subject_id"].nunique()
    return of_each_moment(rows, pool=frozenset(holders[holders >= 2].index))


def next_event(record: RawRecord) -> Questions:
    kinds = []
    for table, time in _EVENTS.items():
        try:
            rows = record.table(table, f"subject_id hadm_id {time}")
        except FileNotFoundError:
            if table != _OF_NOTES:
                raise
            continue
        rows = rows.rename(columns={"hadm_id": "stay", time: "moment"}).drop_duplicates()
        kinds.append(rows.assign(name=table))
    return of_each_moment(pd.concat(kinds), one=True)
