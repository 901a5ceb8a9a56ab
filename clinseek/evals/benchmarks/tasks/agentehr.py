"""The six tasks of AgentEHR."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from clinseek.evals.benchmarks.tasks import drops
from clinseek.evals.benchmarks.tasks import happenings as of
from clinseek.evals.benchmarks.tasks.asking import (
    MINUTE,
    Naming,
    by_next_event,
    within_admission,
)
from clinseek.evals.benchmarks.tasks.decision import (
    ATC_PRESCRIPTIONS,
    CCS_DIAGNOSES,
    CCS_PROCEDURES,
    SET_F1,
)
from clinseek.evals.benchmarks.tasks.model import Ask, Pool, Task
from clinseek.evals.benchmarks.tasks.raw_record import Happening, RawRecord
from clinseek.evals.benchmarks.tasks.wording import DISCHARGED, IN_STAY, NO_CLASS, UNNAMED
from clinseek.validity.probe.look_up import LookUp

_LATE = time(23, 58)
_CCS = (
    "candidate of (icd_code, icd_version) in the vocabulary's {}, trimmed: of all codes of the "
    "anchor, each once"
)


def _agentehr(
    published: str,
    question: str,
    *,
    anchor: str,
    cutoff: str,
    label: str,
    known_at: str,
    vocabulary: str,
    look_ups: tuple[LookUp, ...],
    tables: tuple[str, ...],
    ask: Ask,
    unnamed: str = UNNAMED,
    exclusions: tuple[str, ...] = (),
    vocabularies: tuple[str, ...] = (),
    one_a_patient: bool = False,
    differs: tuple[str, ...] = (),
) -> Task:
    return Task(
        name=f"agentehr_{published}", kind="agentehr", question=question, form="list",
        anchor=anchor, cutoff=cutoff, label=label, known_at=known_at,
        exclusions=(*exclusions, unnamed), pool=Pool(vocabulary=vocabulary), drops=look_ups,
        tables=tables, vocabularies=vocabularies, looks_ahead=True, one_a_patient=one_a_patient,
        metric=SET_F1, source=f"AgentEHR {published}", differs=differs, ask=ask,
    )  # fmt: skip


def _late(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), _LATE)


def _started(record: RawRecord) -> Iterator[Happening]:
    yield from record.happenings("prescriptions", "hadm_id", "starttime", "ndc")


_CATEGORY_OF_DIAGNOSIS: Naming = of.categorised(CCS_DIAGNOSES)
_CATEGORY_OF_PROCEDURE: Naming = of.categorised(CCS_PROCEDURES)

AGENTEHR: tuple[Task, ...] = (
    _agentehr(
        "diagnoses_ccs",
        "With which diagnoses will this hospital stay be coded? Name every CCS category of "
        "diagnoses.",
        anchor="every row of admissions with a dischtime and rows of diagnoses_icd; one admission "
        "of a patient at most",
        cutoff="dischtime - 2 min", label=_CCS.format(CCS_DIAGNOSES), known_at=DISCHARGED,
        vocabulary="diagnoses_ccs", look_ups=drops.CODES_OF_THE_STAY,
        tables=("diagnoses_icd", "admissions"), vocabularies=(CCS_DIAGNOSES,),
        exclusions=(IN_STAY,), one_a_patient=True,
        ask=by_next_event(
            of.discharge_codes, owner="hadm_id", gap=2 * MINUTE, named=_CATEGORY_OF_DIAGNOSIS,
            pool="agentehr_diagnoses_ccs", guard=within_admission,
        ),
    ),
    _agentehr(
        "procedures_ccs",
        "Which procedures were performed today? Name every CCS category of procedures.",
        anchor="every (hadm_id, chartdate) of procedures_icd", cutoff="chartdate, 23:58:00",
        label=_CCS.format(CCS_PROCEDURES), known_at=DISCHARGED, vocabulary="procedures_ccs",
        look_ups=drops.PROCEDURES_OF_THE_STAY, tables=("procedures_icd", "admissions"),
        vocabularies=(CCS_PROCEDURES,), exclusions=(IN_STAY,),
        ask=by_next_event(
            of.procedure_days, owner="hadm_id", cutoff_of=_late, named=_CATEGORY_OF_PROCEDURE,
            pool="agentehr_procedures_ccs", guard=within_admission,
        ),
    ),
    _agentehr(
        "labevents",
        "Which laboratory tests will be drawn next? Name every test of the next draw, by its "
        "label.",
        anchor="every moment (charttime) with rows of labevents that have hadm_id and itemid",
        cutoff="charttime - 1 min",
        label="the label of itemid in d_labitems: of all rows of that hadm_id at that charttime, "
        "each once",
        known_at="the later of charttime and storetime of its rows", vocabulary="labevents",
        look_ups=(drops.event("labevents", "charttime"), *drops.CHARTED_LABS),
        tables=("labevents",), vocabularies=("d_labitems",),
        ask=by_next_event(
            of.column("labevents", "hadm_id", "charttime", "itemid"), owner="hadm_id", gap=MINUTE,
            named=of.labelled("d_labitems"), pool="agentehr_labevents",
        ),
    ),
    _agentehr(
        "prescriptions",
        "Which drugs will be started next? Name every class of drugs (ATC) that is started then.",
        anchor="every moment (starttime) with rows of prescriptions that have hadm_id and ndc",
        cutoff="starttime - 1 min",
        label=f"candidate of ndc (padded to 11 digits) in the vocabulary's {ATC_PRESCRIPTIONS}: of "
        "all rows of that hadm_id at that starttime, each once",
        known_at="ordertime of the order, else entertime of the pharmacy entry, else starttime",
        vocabulary="prescriptions_atc",
        look_ups=(
            drops.event("prescriptions", "starttime"), drops.event("pharmacy", "starttime"),
        ),
        tables=("prescriptions",), vocabularies=(ATC_PRESCRIPTIONS,),
        ask=by_next_event(
            _started, owner="hadm_id", gap=MINUTE, named=of.classed(ATC_PRESCRIPTIONS),
            pool="agentehr_prescriptions", partly=True,
        ),
        unnamed=NO_CLASS,
        differs=("what was ordered ahead is in the record by then, and dropped",),
    ),
    _agentehr(
        "microbiologyevents",
        "Which microbiology tests will be taken on the coming day? Name every test, by its name.",
        anchor="every (hadm_id, chartdate) of microbiologyevents with a test_name",
        cutoff="midnight of chartdate - 1 min",
        label="test_name, trimmed: of all rows of that hadm_id and chartdate, each once",
        known_at="the last update (storetime)", vocabulary="microbiologyevents",
        look_ups=(
            LookUp("microbiologyevents of that day", "SELECT 'yes' FROM microbiologyevents "
                   "WHERE chartdate = date(:moment)"),
        ),
        tables=("microbiologyevents",),
        ask=by_next_event(
            of.culture_days, owner="hadm_id", gap=timedelta(minutes=1),
            pool="agentehr_microbiologyevents",
        ),
    ),
    _agentehr(
        "transfers",
        "Which care unit will this patient be transferred to next?",
        anchor="every moment (intime) with rows of transfers of eventtype transfer that have "
        "hadm_id and careunit",
        cutoff="intime - 1 min",
        label="careunit, trimmed: of all such rows of that hadm_id at that intime, each once",
        known_at="intime", vocabulary="transfers", look_ups=drops.NEXT_UNIT,
        tables=("transfers",),
        ask=by_next_event(
            of.unit_transfers, owner="hadm_id", gap=MINUTE, pool="agentehr_transfers"
        ),
    ),
)  # fmt: skip
"""In the order in which they are published; their own table reports all but prescriptions."""
