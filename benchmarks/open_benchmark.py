"""What is won on a built benchmark without any judgement: by a look-up, and by a frequent answer.

For the risk tasks whose outcome the probe knows it opens each row's case twice, at the row's own
cutoff: under `available`, in which no look-up may answer, and under `reference`, the published
cutoff rule. *told* is the share of rows for which a look-up answers, *right* the share that it
answers rightly. *frequent* answers every row with the most frequent names of the other patients'
rows of its task, as many as they have on average; where one answer is asked for it is the share of
the most frequent one (of balanced yes and no a half, by their making).

    python benchmarks/open_benchmark.py bench/rows.jsonl demo-store
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

from clinseek.errors import CutoffError
from clinseek.evals.rows import Row, read_rows
from clinseek.evals.scorers.answer_sets import names_of_label, set_scores
from clinseek.toolkits.ehr.availability import CaseProfile
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.validity.outcomes import OUTCOMES, Instance
from clinseek.validity.probe.direct import Place, ask, reader
from clinseek.validity.probe.patient import KeptRecord

OUTCOME_OF: Mapping[str, str] = MappingProxyType(
    {
        "ED_Hospitalization": "ed_admission_early",
        "ED_ICU_Transfer_12hour": "ed_to_icu_12h_early",
        "Readmission_30day": "readmission_30d",
        "Readmission_60day": "readmission_60d",
        "Inpatient_Mortality": "in_hospital_death",
        "LengthOfStay_3day": "los_3d",
        "LengthOfStay_7day": "los_7d",
        "ICU_Stay_7day": "icu_stay_7d",
        "ICU_Stay_14day": "icu_stay_14d",
    }
)
"""The outcome of the probe by task."""
PROFILES: tuple[CaseProfile, ...] = ("available", "reference")


def main() -> None:
    """Print a line a task."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=Path)
    arguments.add_argument("store", type=Path)
    chosen = arguments.parse_args()
    by_task: dict[str, list[Row]] = defaultdict(list)
    for row in read_rows(chosen.rows):
        by_task[row.task].append(row)
    told = looked_up([row for name in OUTCOME_OF for row in by_task[name]], chosen.store)
    columns = ("rows", "frequent", *(f"{p} {w}" for p in PROFILES for w in ("told", "right")))
    print(f"{'task':<30}", *(f"{column:>15}" for column in columns))
    for name, rows in by_task.items():
        shares = [frequent(rows)]
        if name in OUTCOME_OF:
            for profile in PROFILES:
                answers = [told[row.qid, profile] for row in rows]
                shares.append(sum(answer is not None for answer in answers) / len(rows))
                pairs = zip(answers, rows, strict=True)
                shares.append(sum(answer == row.label for answer, row in pairs) / len(rows))
        print(f"{name:<30} {len(rows):>15}", *(f"{100 * share:>14.1f}%" for share in shares))


def looked_up(rows: Sequence[Row], path: Path) -> dict[tuple[str, str], object]:
    """What the look-ups of its outcome say of each row, by qid and profile; None for nothing."""
    store = Store.open(path)
    by_patient: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_patient[row.subject_id or 0].append(row)
    found: dict[tuple[str, str], object] = {}
    with tempfile.TemporaryDirectory() as folder:
        for subject_id, members in by_patient.items():
            record = KeptRecord(store, subject_id)
            for row in members:
                for profile in PROFILES:
                    found[row.qid, profile] = _answer(record, row, profile, Path(folder))
    return found


def _answer(record: KeptRecord, row: Row, profile: CaseProfile, folder: Path) -> object:
    ids = {"hadm_id": row.hadm_id, "stay_id": row.stay_id}
    given = {name: number for name, number in ids.items() if number is not None}
    cutoff = row.cutoff or ""
    instance = Instance(row.subject_id or 0, cutoff, given, str(row.label))
    place = Place(profile, frozenset(record.tables))
    try:
        opened = open_case(
            record, instance.subject_id, cutoff=cutoff, profile=profile, folder=folder
        )
    except CutoffError:
        return None
    with closing(opened) as case, reader(case) as connection:
        return ask(connection, OUTCOMES[OUTCOME_OF[row.task]], instance, place=place).answer


def frequent(rows: Sequence[Row]) -> float:
    """The mean F1 of the most frequent names of other patients' rows, or the commonest answer."""
    if rows[0].answer_form in ("yes_no", "choice"):
        counted = Counter(name for row in rows for name in names_of_label(row.label))
        return max(counted.values()) / len(rows)
    return sum(_frequent(row, rows) for row in rows) / len(rows)


def _frequent(row: Row, rows: Sequence[Row]) -> float:
    others = [names_of_label(each.label) for each in rows if each.subject_id != row.subject_id]
    if not others:
        return 0.0
    counted = Counter(name for names in others for name in names)
    many = max(1, round(sum(map(len, others)) / len(others)))
    first = sorted(counted, key=lambda name: (-counted[name], name))[:many]
    return set_scores(set(first), set(names_of_label(row.label))).f1


if __name__ == "__main__":
    main()
