"""OpenSeek-QA answered a second time: pandas over the raw csv files, from the definitions alone.

What was known when follows the availability specification, written out once more below; nothing of
the rules, of the cases or of the templates' SQL is imported. `answer` gives what the definition of
a question asks for, or None where the record does not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
_FACTORS = {("g/dL", "g/L"): 10.0, ("mg/dL", "mg/L"): 10.0}
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

    def answer(
        self,
        question: str,
        parameters: Parameters,
        *,
        subject_id: int,
        cutoff: str,
        everything: bool = False,
    ) -> Any:
        """What the record says at the cutoff, or once `everything` is known; None for nothing."""
        asked_at = pd.Timestamp(cutoff)
        record = self.at(subject_id, END if everything else asked_at, asked_at=asked_at)
        titles = self.dictionaries["d_icd_diagnoses"]
        return ANSWERS[question](record, {**parameters, "_titles": titles})


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


def _results(record: Record, asked: Parameters, *, category: str | None = None) -> Frame:
    """The results of a laboratory item: its label, fluid Blood, a number, the unit."""
    labs = record["labevents"]
    mine = labs[
        (labs["label"] == asked["label"])
        & (labs["fluid"] == "Blood")
        & labs["valuenum"].notna()
        & (labs["valueuom"] == asked["lab_unit"])
    ]
    return mine if category is None else mine[mine["category"] == category]


def _of_stay(record: Record, asked: Parameters) -> Frame:
    found = _results(record, asked)
    return found[found["charttime"] >= record.admitted]


def _recent(frame: Frame, time: str, record: Record, asked: Parameters) -> Frame:
    return frame[frame[time] > record.now - pd.Timedelta(hours=int(asked["hours"]))]


def _doses(record: Record, asked: Parameters) -> Frame:
    emar = record["emar"]
    return emar[(emar["medication"] == asked["drug"]) & (emar["event_txt"] == "Administered")]


def _value_at(frame: Frame, time: str, which: str, column: str) -> Any:
    """The one value of the rows at the earliest or latest moment; None where there are no rows."""
    if frame.empty:
        return None
    moment = frame[time].min() if which == "first" else frame[time].max()
    values = frame.loc[frame[time] == moment, column].dropna().unique()
    return _only(list(values))


def _only(values: Sequence[Any]) -> Any:
    if len(values) > 1:
        raise ValueError(f"{len(values)} answers where one was asked for: {values}")
    return values[0] if values else None


def _minute(moment: Any) -> str | None:
    return None if moment is None or pd.isna(moment) else moment.strftime("%Y-%m-%d %H:%M")


def _ends(frame: Frame) -> tuple[Any, Any] | None:
    """The values at the earliest and at the latest charttime, where these are two moments."""
    if frame["charttime"].nunique() < 2:
        return None
    return (
        _value_at(frame, "charttime", "first", "valuenum"),
        _value_at(frame, "charttime", "last", "valuenum"),
    )


def _latest_lab(record: Record, asked: Parameters) -> Any:
    return _value_at(_results(record, asked), "charttime", "last", "valuenum")


def _first_lab(record: Record, asked: Parameters) -> Any:
    return _value_at(_of_stay(record, asked), "charttime", "first", "valuenum")


def _lab_at_draw(record: Record, asked: Parameters) -> Any:
    found = _results(record, asked)
    at = found[found["charttime"] == pd.Timestamp(asked["drawn"])]
    return _only(list(at["valuenum"].unique()))


def _outpatient(record: Record, name: str) -> Any:
    named = record["omr"][record["omr"]["result_name"] == name]
    numbers = named.assign(number=named["result_value"].astype(float))
    return _value_at(numbers, "chartdate", "last", "number")


def _latest_bmi(record: Record, _: Parameters) -> Any:
    return _outpatient(record, "BMI (kg/m2)")


def _current_service(record: Record, _: Parameters) -> Any:
    mine = record["services"][record["services"]["hadm_id"] == record.hadm_id]
    return _value_at(mine, "transfertime", "last", "curr_service")


def _admitted_from(record: Record, _: Parameters) -> Any:
    mine = record["admissions"][record["admissions"]["hadm_id"] == record.hadm_id]
    return _only(list(mine["admission_location"].dropna().unique()))


def _organisms(record: Record, asked: Parameters) -> Any:
    rows = record["microbiologyevents"]
    mine = rows[
        (rows["spec_type_desc"] == asked["specimen"])
        & (rows["chartdate"] == pd.Timestamp(asked["taken"]))
    ]
    return sorted(mine["org_name"].dropna().unique()) or None


def _stay_begun(record: Record, asked: Parameters, table: str, time: str) -> Frame:
    return record[table][record[table][time] == pd.Timestamp(asked["begun"])]


def _discharged_to(record: Record, asked: Parameters) -> Any:
    stay = _stay_begun(record, asked, "admissions", "admittime")
    return _only(list(stay["discharge_location"].dropna().unique()))


def _lab_change(record: Record, asked: Parameters) -> Any:
    found = _results(record, asked)
    last = _value_at(found, "charttime", "last", "valuenum")
    earlier = found[found["charttime"] < found["charttime"].max()]
    before = _value_at(earlier, "charttime", "last", "valuenum")
    return None if last is None or before is None else last - before


def _lab_direction(record: Record, asked: Parameters) -> Any:
    ends = _ends(_recent(_results(record, asked), "charttime", record, asked))
    if ends is None:
        return None
    if ends[1] == ends[0]:
        return "the same"
    return "higher" if ends[1] > ends[0] else "lower"


def _lab_peak(record: Record, asked: Parameters) -> Any:
    found = _of_stay(record, asked)
    return None if found.empty else found["valuenum"].max()


def _lab_range(record: Record, asked: Parameters) -> Any:
    found = _recent(_results(record, asked), "charttime", record, asked)
    return None if len(found) < 2 else found["valuenum"].max() - found["valuenum"].min()


def _lab_above_first(record: Record, asked: Parameters) -> Any:
    ends = _ends(_of_stay(record, asked))
    return None if ends is None else "yes" if ends[1] > ends[0] else "no"


def _lab_percent(record: Record, asked: Parameters) -> Any:
    ends = _ends(_of_stay(record, asked))
    return None if ends is None else 100.0 * (ends[1] - ends[0]) / ends[0]


def _count(frame: Frame) -> int | None:
    """How many rows; None where there are none, since nobody is asked about nothing."""
    return len(frame) or None


def _lab_count(record: Record, asked: Parameters) -> Any:
    return _count(_of_stay(record, asked))


def _abnormal_count(record: Record, asked: Parameters) -> Any:
    labs = record["labevents"]
    return _count(_recent(labs[labs["flag"] == "abnormal"], "charttime", record, asked))


def _care_units(record: Record, _: Parameters) -> Any:
    mine = record["transfers"][record["transfers"]["hadm_id"] == record.hadm_id]
    return int(mine["careunit"].nunique()) or None


def _specimens(record: Record, asked: Parameters) -> Any:
    rows = record["microbiologyevents"]
    mine = rows[rows["spec_type_desc"] == asked["specimen"]]
    return int(mine["micro_specimen_id"].nunique()) or None


def _doses_given(record: Record, asked: Parameters) -> Any:
    return _count(_recent(_doses(record, asked), "charttime", record, asked))


def _earlier_admissions(record: Record, _: Parameters) -> Any:
    return _count(record["admissions"].dropna(subset=["dischtime"]))


def _orders_placed(record: Record, asked: Parameters) -> Any:
    orders = record["poe"]
    mine = orders[orders["order_type"] == asked["order"]]
    return _count(_recent(mine, "ordertime", record, asked))


def _drugs_prescribed(record: Record, _: Parameters) -> Any:
    drugs = record["prescriptions"]
    started = drugs[
        (drugs["drug_type"] == "MAIN")
        & (drugs["starttime"] >= record.admitted)
        & (drugs["starttime"] <= record.now)
    ]
    return int(started["drug"].nunique()) or None


def _principal_diagnosis(record: Record, asked: Parameters) -> Any:
    stay = _stay_begun(record, asked, "admissions", "admittime")
    codes = record["diagnoses_icd"]
    first = codes[codes["hadm_id"].isin(stay["hadm_id"]) & (codes["seq_num"] == 1)]
    titled = first.merge(asked["_titles"], on=["icd_code", "icd_version"])
    return _only(list(titled["long_title"].unique()))


def _in_icu(frame: Frame, record: Record, asked: Parameters) -> Frame:
    """The rows charted within the ICU stay that began at the moment asked for, ends included."""
    stay = _stay_begun(record, asked, "icustays", "intime")
    if len(stay) != 1:
        return frame.iloc[:0]
    begun, left = stay.iloc[0]["intime"], stay.iloc[0]["outtime"]
    until = record.now if pd.isna(left) else left
    return frame[(frame["charttime"] >= begun) & (frame["charttime"] <= until)]


def _lab_peak_in_icu(record: Record, asked: Parameters) -> Any:
    found = _in_icu(_results(record, asked), record, asked)
    return None if found.empty else found["valuenum"].max()


def _doses_in_icu(record: Record, asked: Parameters) -> Any:
    return _count(_in_icu(_doses(record, asked), record, asked))


def _service_at_lab(record: Record, asked: Parameters) -> Any:
    drawn = _results(record, asked)["charttime"].max()
    if pd.isna(drawn) or drawn < record.admitted:
        return None
    mine = record["services"][record["services"]["hadm_id"] == record.hadm_id]
    before = mine[mine["transfertime"] <= drawn]
    return _value_at(before, "transfertime", "last", "curr_service")


def _unit_of_lowest(record: Record, asked: Parameters) -> Any:
    found = _of_stay(record, asked)
    lowest = found[found["valuenum"] == found["valuenum"].min()]
    places = record["transfers"].dropna(subset=["careunit"])
    units = {
        unit
        for drawn in lowest["charttime"]
        for unit in places[
            (places["intime"] <= drawn) & (places["outtime"].isna() | (places["outtime"] > drawn))
        ]["careunit"]
    }
    return _only(sorted(units))


def _lab_before_dose(record: Record, asked: Parameters) -> Any:
    doses = _doses(record, asked)
    first = doses[doses["charttime"] >= record.admitted]["charttime"].min()
    if pd.isna(first):
        return None
    found = _results(record, asked)
    return _value_at(found[found["charttime"] < first], "charttime", "last", "valuenum")


def _lab_in_icu(record: Record, asked: Parameters) -> Any:
    stays, found = record["icustays"], _results(record, asked)
    if stays.empty or found.empty:
        return None
    drawn = found["charttime"].max()
    holds = (stays["intime"] <= drawn) & (stays["outtime"].isna() | (stays["outtime"] > drawn))
    return "yes" if holds.any() else "no"


def _lab_time(record: Record, asked: Parameters) -> Any:
    return _minute(_results(record, asked)["charttime"].max())


def _turnaround(record: Record, asked: Parameters) -> Any:
    found = _results(record, asked)
    last = found[found["charttime"] == found["charttime"].max()]
    spans = (last["storetime"] - last["charttime"]).dropna().unique()
    one = _only([span for span in spans if span >= pd.Timedelta(0)])
    return None if one is None else pd.Timedelta(one).total_seconds() / 60


def _hours_in_hospital(record: Record, _: Parameters) -> Any:
    return (record.now - record.admitted).total_seconds() / 3600


def _lab_span(record: Record, asked: Parameters) -> Any:
    times = _of_stay(record, asked)["charttime"]
    if times.nunique() < 2:
        return None
    return (times.max() - times.min()).total_seconds() / 3600


def _days_at_home(record: Record, _: Parameters) -> Any:
    ends = record["admissions"]["dischtime"].dropna()
    last = ends[ends <= record.admitted].max()
    return None if pd.isna(last) else (record.admitted - last).total_seconds() / 86400


def _last_given(record: Record, asked: Parameters) -> Any:
    return _minute(_doses(record, asked)["charttime"].max())


def _first_abnormal(record: Record, asked: Parameters) -> Any:
    found = _of_stay(record, asked)
    return _minute(found[found["flag"] == "abnormal"]["charttime"].min())


def _admission_length(record: Record, asked: Parameters) -> Any:
    stay = _stay_begun(record, asked, "admissions", "admittime").dropna(subset=["dischtime"])
    spans = [(row.dischtime - row.admittime).total_seconds() / 86400 for row in stay.itertuples()]
    return _only(spans)


def _icu_length(record: Record, asked: Parameters) -> Any:
    stay = _stay_begun(record, asked, "icustays", "intime").dropna(subset=["outtime"])
    return _only([(row.outtime - row.intime).total_seconds() / 3600 for row in stay.itertuples()])


def _dose_after_lab(record: Record, asked: Parameters) -> Any:
    given = _doses(record, asked)["charttime"].max()
    drawn = _results(record, asked)["charttime"].max()
    if pd.isna(given) or pd.isna(drawn) or given == drawn:
        return None
    return "yes" if given > drawn else "no"


def _other_unit(record: Record, asked: Parameters) -> Any:
    found = _latest_lab(record, asked)
    return None if found is None else found * _FACTORS[asked["lab_unit"], asked["unit"]]


def _weight_kg(record: Record, _: Parameters) -> Any:
    pounds = _outpatient(record, "Weight (Lbs)")
    return None if pounds is None else pounds * 0.45359237


def _height_cm(record: Record, _: Parameters) -> Any:
    inches = _outpatient(record, "Height (Inches)")
    return None if inches is None else inches * 2.54


def _triage_celsius(record: Record, _: Parameters) -> Any:
    visits = record["edstays"]
    last = visits[visits["intime"] == visits["intime"].max()]
    taken = record["triage"][record["triage"]["stay_id"].isin(last["stay_id"])]["temperature"]
    degrees = _only(list(taken[(taken >= 90) & (taken <= 110)].unique()))
    return None if degrees is None else (degrees - 32) / 1.8


def _output_litres(record: Record, asked: Parameters) -> Any:
    rows = record["outputevents"]
    recent = _recent(rows[rows["valueuom"] == "ml"], "charttime", record, asked)
    total = recent["value"].sum()
    return total / 1000 if total > 0 else None


def _on_blood_gas(record: Record, asked: Parameters) -> Any:
    gases = _results(record, asked, category="Blood Gas")
    return _value_at(gases, "charttime", "last", "valuenum")


def _dose_grams(record: Record, asked: Parameters) -> Any:
    drugs = record["prescriptions"]
    mine = drugs[
        (drugs["drug"] == asked["drug"])
        & (drugs["drug_type"] == "MAIN")
        & (drugs["starttime"] <= record.now)
    ]
    last = mine[mine["starttime"] == mine["starttime"].max()]
    plain = last[(last["dose_unit_rx"] == "mg") & last["dose_val_rx"].str.fullmatch(r"[\d.]+")]
    return _only([float(dose) / 1000 for dose in plain["dose_val_rx"].unique()])


ANSWERS: dict[str, Callable[[Record, Parameters], Any]] = {
    "latest_lab": _latest_lab,
    "first_lab_of_admission": _first_lab,
    "lab_at_draw": _lab_at_draw,
    "latest_bmi": _latest_bmi,
    "current_service": _current_service,
    "admitted_from": _admitted_from,
    "organisms_grown": _organisms,
    "discharged_to": _discharged_to,
    "lab_change": _lab_change,
    "lab_direction": _lab_direction,
    "lab_peak": _lab_peak,
    "lab_range": _lab_range,
    "lab_above_first": _lab_above_first,
    "lab_percent_change": _lab_percent,
    "lab_count": _lab_count,
    "abnormal_count": _abnormal_count,
    "care_units": _care_units,
    "specimens_of_kind": _specimens,
    "doses_given": _doses_given,
    "earlier_admissions": _earlier_admissions,
    "orders_placed": _orders_placed,
    "drugs_prescribed": _drugs_prescribed,
    "principal_diagnosis": _principal_diagnosis,
    "lab_peak_in_icu": _lab_peak_in_icu,
    "service_at_lab": _service_at_lab,
    "unit_of_lowest_lab": _unit_of_lowest,
    "lab_before_first_dose": _lab_before_dose,
    "doses_in_icu": _doses_in_icu,
    "lab_drawn_in_icu": _lab_in_icu,
    "lab_time": _lab_time,
    "lab_turnaround": _turnaround,
    "hours_in_hospital": _hours_in_hospital,
    "lab_span": _lab_span,
    "days_since_previous_discharge": _days_at_home,
    "drug_last_given": _last_given,
    "first_abnormal": _first_abnormal,
    "admission_length": _admission_length,
    "icu_length": _icu_length,
    "dose_after_lab": _dose_after_lab,
    "lab_in_other_unit": _other_unit,
    "weight_in_kg": _weight_kg,
    "height_in_cm": _height_cm,
    "triage_celsius": _triage_celsius,
    "output_in_litres": _output_litres,
    "lab_on_blood_gas": _on_blood_gas,
    "dose_in_grams": _dose_grams,
}
"""By the name of the template whose definition is meant."""
