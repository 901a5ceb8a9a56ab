"""Folders in the shape of EHRXQA and MedMod, with values of our own, over a synthetic cohort.

Written from the raw csv files and from what the films were drawn with. As in EHRXQA, the times of
each patient are moved by minutes of their own, and the films have each other's times.
"""

import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from clinseek.evals.benchmarks.tasks.medmod import PHENOTYPES

ALL_PHENOTYPES = list(PHENOTYPES.values())
FORM = "%Y-%m-%d %H:%M:%S"
FINDINGS = {"pleural effusion": "effusion", "cardiomegaly": "enlarged heart"}


def raw_rows(raw: Path, name: str) -> list[dict[str, str]]:
    """The rows of a raw table."""
    with gzip.open(raw / f"{name}.csv.gz", "rt", newline="") as opened:
        return list(csv.DictReader(opened))


def drawn_studies(raw: Path) -> list[dict[str, Any]]:
    """What each study was drawn with."""
    lines = (raw / "cxr" / "drawn_findings.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def write_csv(file: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """Rows with the columns of the first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def write_ehrxqa(folder: Path, studies: Sequence[dict[str, Any]]) -> Path:
    """Questions about the studies, and others that cannot be asked of the record."""
    by_patient = defaultdict(list)
    for study in studies:
        by_patient[study["subject_id"]].append(study)
    asked = [_question(text, ids, answer) for text, ids, answer in _about(by_patient.values())]
    asked += _others(studies[0])
    for number, question in enumerate(asked):
        question |= {"id": number, "split": "test", "db_id": "mimic_iv_cxr"}
    (folder / "ehrxqa" / "dataset").mkdir(parents=True)
    (folder / "ehrxqa" / "dataset" / "test.json").write_text(json.dumps(asked, indent=2))
    moved = [row for members in by_patient.values() for row in _moved(members)]
    for number, row in enumerate(moved):
        row["row_id"] = number
    write_csv(folder / "ehrxqa" / "database" / "gold" / "tb_cxr.csv", moved)
    return folder


def _about(patients: Iterable[list[dict[str, Any]]]) -> Iterable[tuple[str, list[int], list[Any]]]:
    for members in patients:
        for study in members:
            study_id, present = study["study_id"], study["findings"]["present"]
            for finding, words in FINDINGS.items():
                yield (
                    f"given the study {study_id}, is there {words}?",
                    [study_id],
                    [int(finding in present)],
                )
            listed = [name for name in FINDINGS if name in present]
            if listed:
                yield f"given the study {study_id}, list all diseases.", [study_id], listed
        for before, after in pairwise(members):
            new = sorted(set(after["findings"]["present"]) - set(before["findings"]["present"]))
            ids = [after["study_id"], before["study_id"]]
            text = f"in the {ids[0]} study, list all findings newly detected since the {ids[1]}."
            yield text, ids, new


def _question(text: str, ids: list[int], answer: list[Any]) -> dict[str, Any]:
    names = ["study_id"] if len(ids) == 1 else [f"study_id{each + 1}" for each in range(len(ids))]
    return {
        "question": text,
        "template": text,
        "query": "select func_vqa('...', t1.study_id) from tb_cxr as t1",
        "value": dict(zip(names, ids, strict=True)),
        "is_impossible": False,
        "answer": answer,
    }


def _others(study: dict[str, Any]) -> list[dict[str, Any]]:
    patient = study["subject_id"]
    table = _question(f"what was patient {patient}'s first potassium?", [], [4.1])
    last = _question(
        f"given the last study of patient {patient} in 2104, is there effusion?", [], [1]
    )
    previous = _question(
        f"given the {study['study_id']} study, is there effusion compared to the previous study?",
        [study["study_id"]], [0],
    )  # fmt: skip
    strange = _question("given the study 59999999, is there effusion?", [59999999], [1])
    empty = _question(f"given the study {study['study_id']}, list all tubes.",
                      [study["study_id"]], [])  # fmt: skip
    table["query"] = "select labevents.valuenum from labevents"
    return [table, last, previous, strange, empty]


def _moved(members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a study; its time is that of the next study, in a clock of the patient's own."""
    times = [datetime.fromisoformat(study["time"]).replace(microsecond=0) for study in members]
    minutes = timedelta(minutes=(2103 - times[0].year) * 365 * 24 * 60)
    rotated = [*times[1:], times[0]]
    return [
        {
            "row_id": 0,
            "subject_id": study["subject_id"],
            "hadm_id": "" if study["hadm_id"] is None else f"{study['hadm_id']}.0",
            "study_id": study["study_id"],
            "image_id": study["images"][0]["dicom_id"],
            "viewposition": study["images"][0]["view"].lower(),
            "studydatetime": (time + minutes).strftime(FORM),
        }
        for study, time in zip(members, rotated, strict=True)
    ]


def write_medmod(folder: Path, raw: Path, stays: Sequence[dict[str, str]]) -> Path:
    """The stays with a list of instances for each task; every sixth hour of decompensation."""
    deaths = {row["hadm_id"]: row["deathtime"] for row in raw_rows(raw, "hosp/admissions")}
    extracted = folder / "data_full"
    write_csv(
        extracted / "root" / "all_stays.csv",
        [{**stay, "deathtime": deaths[stay["hadm_id"]]} for stay in stays],
    )
    lists: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, stay in enumerate(stays):
        named = {"stay": f"{stay['subject_id']}_episode1_timeseries.csv"}
        begin, end = (datetime.fromisoformat(stay[name]) for name in ("intime", "outtime"))
        died = deaths[stay["hadm_id"]]
        hours = (end - begin).total_seconds() / 3600
        for hour in range(6, int(hours), 6):
            soon = bool(died) and datetime.fromisoformat(died) - begin < timedelta(hours=hour + 24)
            lists["decompensation"].append(
                {**named, "period_length": f"{hour:.6f}", "stay_id": stay["stay_id"],
                 "y_true": int(soon)}
            )  # fmt: skip
        if hours >= 48:
            lists["in-hospital-mortality"].append(
                {**named, "period_length": 0, "stay_id": stay["stay_id"], "y_true": int(bool(died))}
            )
        truths = {name: int((number + at) % 9 == 0) for at, name in enumerate(ALL_PHENOTYPES)}
        lists["phenotyping"].append(
            {**named, "period_length": f"{hours:.6f}", "stay_id": stay["stay_id"], **truths}
        )
    for task, rows in lists.items():
        write_csv(extracted / task / "test_listfile.csv", rows)
    return folder
