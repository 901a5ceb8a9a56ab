"""The tasks that ask for the codes of a stay: ICD titles, CCS categories, phenotypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import pandas as pd

from tests.evals.benchmarks.label_reading.moments import of_each_moment
from tests.evals.benchmarks.label_reading.raw import Answer, Key, Questions, RawRecord, asked

_PHENOTYPES = (
    *("157", "109", "100", "106", "158", "127", "238", "105", "108", "101", "50", "49", "53"),
    *("98", "55", "153", "99", "151", "133", "134", "130", "122", "131", "2", "249"),
)
_SYSTEMS = {"ICD9CM": "9", "ICD10CM": "10", "ICD9PCS": "9", "ICD10PCS": "10"}
_UNNAMED = {
    "133": "Episiotomy",
    "136": "Artificial rupture of membranes to assist delivery",
    "188": "Cerebral arteriogram",
}
"""The titles that the file of categories leaves empty, as HCUP's list of labels has them."""
_ADMISSION = "subject_id hadm_id admittime dischtime deathtime"
_CODE = ["icd_code", "icd_version"]
_NO_TIME = pd.Timedelta(0)
Naming = Literal["icd", "ccs"]


def _titles(record: RawRecord, kind: Literal["diagnoses", "procedures"]) -> pd.DataFrame:
    rows = record.table(f"d_icd_{kind}", "icd_code icd_version long_title")
    return rows.rename(columns={"long_title": "name"}).drop_duplicates(_CODE)


def _categories(
    record: RawRecord, kind: Literal["diagnoses", "procedures"], codes: pd.Series
) -> pd.DataFrame:
    """The single-level CCS category of some codes: icd_code, icd_version, category_code, name."""
    short = "dx" if kind == "diagnoses" else "pr"
    files = (
        ("ccs_dx_map_icd9cm", "ccs_dx_map_icd10cm")
        if kind == "diagnoses"
        else ("ccs_pr_map_icd9pcs_icd10pcs",)
    )
    maps = pd.concat([record.table(name, "vocabulary_id code category_code") for name in files])
    maps = maps[maps["code"].isin(codes)].rename(columns={"code": "icd_code"})
    categories = record.table(f"ccs_{short}_categories", "category_code category_desc")
    names = categories.set_index("category_code")["category_desc"]
    if kind == "procedures":
        names = names.fillna(pd.Series(_UNNAMED))
    return maps.assign(
        icd_version=maps["vocabulary_id"].map(_SYSTEMS), name=maps["category_code"].map(names)
    )


def _named(
    record: RawRecord, rows: pd.DataFrame, kind: Literal["diagnoses", "procedures"], by: Naming
) -> pd.DataFrame:
    if by == "icd":
        names = _titles(record, kind)
    else:
        names = _categories(record, kind, rows["icd_code"])
    return rows.merge(names, on=_CODE, how="left")


def _out_of_admission(record: RawRecord) -> Callable[[str, pd.Timestamp], str]:
    """Why an admission cannot be asked about at a cutoff; empty where it can."""
    spans = record.table("admissions", _ADMISSION).set_index("hadm_id")
    begun = spans["admittime"].to_dict()
    ended = spans["deathtime"].fillna(spans["dischtime"]).to_dict()

    def reason(hadm_id: str, cutoff: pd.Timestamp) -> str:
        if cutoff < begun.get(hadm_id, pd.NaT):
            return "the admission had not begun by the cutoff"
        over = cutoff >= ended.get(hadm_id, pd.NaT)
        return "the admission had ended by the cutoff" if over else ""

    return reason


def _within_admission(record: RawRecord, questions: Questions) -> Questions:
    """The same questions; those before the admission or after its end are left out."""
    reason = _out_of_admission(record)
    return {
        key: [Answer(one.label, reason(key.stay, key.cutoff) or one.excluded) for one in answers]
        for key, answers in questions.items()
    }


def _diagnoses(record: RawRecord, by: Naming, before: pd.Timedelta) -> Questions:
    codes = record.table("diagnoses_icd", "hadm_id icd_code icd_version")
    rows = record.table("admissions", _ADMISSION).merge(codes, on="hadm_id")
    rows = _named(record, rows, "diagnoses", by)
    rows = rows.rename(columns={"hadm_id": "stay", "dischtime": "moment"})
    return _within_admission(record, of_each_moment(rows, before=before))


def diagnoses_icd(record: RawRecord) -> Questions:
    return _diagnoses(record, "icd", pd.Timedelta(seconds=1))


def diagnoses_ccs(record: RawRecord) -> Questions:
    return _diagnoses(record, "ccs", pd.Timedelta(seconds=1))


def agentehr_diagnoses_ccs(record: RawRecord) -> Questions:
    return _diagnoses(record, "ccs", pd.Timedelta(minutes=2))


def _procedures(record: RawRecord, by: Naming, after_midnight: pd.Timedelta) -> Questions:
    rows = record.table("procedures_icd", "subject_id hadm_id chartdate icd_code icd_version")
    rows = _named(record, rows, "procedures", by).rename(columns={"hadm_id": "stay"})
    rows = rows.assign(moment=rows["chartdate"] + after_midnight)
    return _within_admission(record, of_each_moment(rows, before=_NO_TIME))


def procedures_icd(record: RawRecord) -> Questions:
    return _procedures(record, "icd", pd.Timedelta(seconds=-1))


def procedures_ccs(record: RawRecord) -> Questions:
    return _procedures(record, "ccs", pd.Timedelta(seconds=-1))


def agentehr_procedures_ccs(record: RawRecord) -> Questions:
    return _procedures(record, "ccs", pd.Timedelta(hours=23, minutes=58))


def _emergency(record: RawRecord, by: Naming) -> Questions:
    codes = record.table("diagnosis", "stay_id icd_code icd_version")
    rows = record.table("edstays", "subject_id stay_id outtime").merge(codes, on="stay_id")
    rows = _named(record, rows, "diagnoses", by)
    return of_each_moment(rows.rename(columns={"stay_id": "stay", "outtime": "moment"}))


def diagnosis(record: RawRecord) -> Questions:
    return _emergency(record, "icd")


def diagnosis_ccs(record: RawRecord) -> Questions:
    return _emergency(record, "ccs")


def medmod_phenotyping(record: RawRecord) -> Questions:
    coded = record.table("diagnoses_icd", "hadm_id icd_code icd_version")
    coded = coded.merge(_categories(record, "diagnoses", coded["icd_code"]), on=_CODE)
    coded = coded[coded["category_code"].isin(_PHENOTYPES)]
    held = coded.groupby("hadm_id")["name"].agg(frozenset).to_dict()
    out = _out_of_admission(record)
    stays = record.table("icustays", "subject_id hadm_id stay_id intime outtime")

    def anchors() -> list[tuple[Key, Answer]]:
        found = []
        for stay in stays.dropna(subset=["outtime", "hadm_id"]).itertuples():
            label = held.get(stay.hadm_id, frozenset())
            reason = out(stay.hadm_id, stay.outtime)
            reason = reason or ("" if label else "none of the 25 phenotypes")
            key = Key(stay.subject_id, stay.stay_id, stay.outtime)
            found.append((key, Answer(label, reason)))
        return found

    return asked(anchors())
