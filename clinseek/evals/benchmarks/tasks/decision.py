"""The 27 decision tasks of EHR-Bench: what is done or found next."""

from __future__ import annotations

from clinseek.evals.benchmarks.tasks import drops
from clinseek.evals.benchmarks.tasks import happenings as of
from clinseek.evals.benchmarks.tasks.asking import (
    Guard,
    Happenings,
    Naming,
    Owner,
    by_next_event,
    within_admission,
)
from clinseek.evals.benchmarks.tasks.model import Pool, Task
from clinseek.evals.benchmarks.tasks.wording import DISCHARGED, IN_STAY, NO_CLASS, UNNAMED
from clinseek.records import AnswerForm
from clinseek.validity.probe.look_up import LookUp

CCS_DIAGNOSES, CCS_PROCEDURES = "diagnoses_ccs_candidates", "procedures_ccs_candidates"
ATC_PRESCRIPTIONS = "prescriptions_atc_candidates"
SET_F1 = "set F1 over the pool (published: set precision, recall, F1)"
ONE = "the one answer (published: exact match)"
BEFORE = "1 s before that moment"


def _decision(
    name: str,
    question: str,
    found: Happenings,
    *,
    owner: Owner | None,
    anchor: str,
    label: str,
    pool: Pool,
    known_at: str,
    look_ups: tuple[LookUp, ...],
    tables: tuple[str, ...],
    form: AnswerForm = "list",
    named: Naming | None = None,
    vocabularies: tuple[str, ...] = (),
    fewer_than: int | None = None,
    partly: bool = False,
    guard: Guard | None = None,
    exclusions: tuple[str, ...] = (),
    differs: tuple[str, ...] = (),
) -> Task:
    single = form == "choice"
    told: tuple[str, ...] = ()
    if named is not None or pool.vocabulary or pool.column:
        told = (NO_CLASS,) if partly else (UNNAMED,)
    return Task(
        name=name, kind="decision", question=question, form=form, anchor=anchor, cutoff=BEFORE,
        label=label, known_at=known_at,
        exclusions=(*exclusions, *told, *(("several names at one moment",) if single else ())),
        pool=pool, drops=look_ups, tables=tables, vocabularies=vocabularies, looks_ahead=True,
        metric=ONE if single else SET_F1, source=f"EHR-Bench {name}",
        differs=(*differs, _NO_BOUND),
        ask=by_next_event(
            found, owner=owner, named=named, pool=name, single=single, fewer_than=fewer_than,
            partly=partly, guard=guard,
        ),
    )  # fmt: skip


_NO_BOUND = "no bound on the number of events before it (published: 10 < events < 100 in 24 h)"
_AT_TIME = "every moment ({time}) with rows of {table} that have {owner} and {cell}"


def _rows_of(
    table: str, owner: Owner, moment: str, cell: str, *, question: str, known_at: str, pool: Pool,
    dictionary: str | None = None, form: AnswerForm = "list", fewer_than: int | None = None,
    further: tuple[LookUp, ...] = (), exclusions: tuple[str, ...] = (),
    differs: tuple[str, ...] = (), beside: tuple[str, ...] = (),
) -> Task:  # fmt: skip
    """The names that rows of one table have at their own moment."""
    named = of.labelled(dictionary) if dictionary else None
    what = f"the label of itemid in {dictionary}" if dictionary else f"{cell}, trimmed"
    return _decision(
        table, question, of.column(table, owner, moment, cell), owner=owner,
        anchor=_AT_TIME.format(table=table, time=moment, owner=owner, cell=cell),
        label=f"{what}: of all rows of that {owner} at that {moment}, each once",
        pool=pool, known_at=known_at, look_ups=(drops.event(table, moment), *further),
        tables=(table, *beside), form=form, named=named,
        vocabularies=(dictionary,) if dictionary else (), fewer_than=fewer_than,
        exclusions=exclusions, differs=differs,
    )  # fmt: skip


_CHARTED = "the later of charttime and storetime"
_BEGUN = "the later of starttime and storetime"
_ITEMS = Pool(vocabulary="items")


def _bedside(table: str, moment: str, question: str, known_at: str) -> Task:
    return _rows_of(
        table, "stay_id", moment, "itemid", question=question, known_at=known_at, pool=_ITEMS,
        dictionary="d_items",
    )  # fmt: skip


def _coded(
    name: str,
    question: str,
    found: Happenings,
    *,
    owner: Owner,
    anchor: str,
    known_at: str,
    look_ups: tuple[LookUp, ...],
    tables: tuple[str, ...],
    dictionary: str | None = None,
    ccs: str | None = None,
    guard: Guard | None = None,
    exclusions: tuple[str, ...] = (),
    differs: tuple[str, ...] = (),
) -> Task:
    """Codes of a stay, by their title or by their CCS category."""
    book = dictionary or ccs or ""
    how = (
        f"long_title of (icd_code, icd_version) in {dictionary}"
        if dictionary
        else f"candidate of (icd_code, icd_version) in the vocabulary's {ccs}"
    )
    vocabulary = ccs.removesuffix("_candidates") if ccs else f"{book.removeprefix('d_icd_')}_icd"
    return _decision(
        name, question, found, owner=owner, anchor=anchor,
        label=f"{how}, trimmed: of all codes of the anchor, each once",
        pool=Pool(vocabulary=vocabulary), known_at=known_at, look_ups=look_ups, tables=tables,
        named=of.titled(dictionary) if dictionary else of.categorised(book), vocabularies=(book,),
        guard=guard, exclusions=exclusions, differs=differs,
    )  # fmt: skip


_PROCEDURE_DAY = "every (hadm_id, chartdate) of procedures_icd; its moment is midnight of chartdate"
_DISCHARGE = (
    "every row of admissions with a dischtime and rows of diagnoses_icd; its moment is dischtime"
)
_ED_DEPARTURE = "every row of edstays with an outtime and rows of diagnosis; its moment is outtime"
_ORDERED = (
    "every moment of ordering with rows of prescriptions that have hadm_id and {cell}. A row is "
    "ordered at the ordertime of the poe row that it names (poe_id), else at the entertime of the "
    "pharmacy row that it names (pharmacy_id), else at its starttime; of several rows of one id "
    "the latest counts"
)
_NOT_AHEAD = "asked before the order, not before starttime, which is planned ahead"


def _procedures(name: str, *, dictionary: str | None = None, ccs: str | None = None) -> Task:
    return _coded(
        name,
        "Which procedures will be performed on the coming day? Name every "
        f"{'ICD procedure' if dictionary else 'CCS category of procedures'}.",
        of.procedure_days, owner="hadm_id", anchor=_PROCEDURE_DAY, known_at=DISCHARGED,
        look_ups=drops.PROCEDURES_OF_THE_STAY, tables=("procedures_icd", "admissions"),
        dictionary=dictionary, ccs=ccs, guard=within_admission,
        exclusions=(IN_STAY,),
    )  # fmt: skip


def _diagnoses(name: str, *, dictionary: str | None = None, ccs: str | None = None) -> Task:
    return _coded(
        name,
        "With which diagnoses will this hospital stay be coded? Name every "
        f"{'ICD diagnosis' if dictionary else 'CCS category of diagnoses'}.",
        of.discharge_codes, owner="hadm_id", anchor=_DISCHARGE, known_at=DISCHARGED,
        look_ups=drops.CODES_OF_THE_STAY, tables=("diagnoses_icd", "admissions"),
        dictionary=dictionary, ccs=ccs, guard=within_admission,
        exclusions=(IN_STAY,),
    )  # fmt: skip


def _ed_diagnosis(name: str, *, dictionary: str | None = None, ccs: str | None = None) -> Task:
    return _coded(
        name,
        "With which diagnoses will this emergency visit be coded? Name every "
        f"{'ICD diagnosis' if dictionary else 'CCS category of diagnoses'}.",
        of.ed_codes, owner="stay_id", anchor=_ED_DEPARTURE, known_at="outtime of the ED stay",
        look_ups=(
            LookUp("diagnosis of the visit", "SELECT 'yes' FROM diagnosis "
                   "WHERE stay_id = :stay_id"),
        ),
        tables=("diagnosis", "edstays"), dictionary=dictionary, ccs=ccs,
        differs=("by the title of the code in d_icd_diagnoses, not by icd_title",)
        if dictionary else (),
    )  # fmt: skip


def _prescriptions(name: str, *, atc: str | None = None) -> Task:
    cell = "ndc" if atc else "drug"
    return _decision(
        name,
        "Which drugs will be prescribed next? Name every "
        + ("class of drugs (ATC) of the next order." if atc else "drug of the next order."),
        of.prescribed(cell), owner="hadm_id", anchor=_ORDERED.format(cell=cell),
        label=(f"candidate of ndc (padded to 11 digits) in the vocabulary's {atc}" if atc
               else "drug, trimmed") + ": of all rows of that hadm_id ordered at that moment, "
        "each once",
        pool=Pool(vocabulary="prescriptions_atc" if atc else "prescriptions"),
        known_at="the moment of ordering",
        look_ups=(_ORDERED_ALREADY, _PLANNED),
        tables=("prescriptions", "poe", "pharmacy"), named=of.classed(atc) if atc else None,
        vocabularies=(atc,) if atc else (), partly=atc is not None, differs=(_NOT_AHEAD,),
    )  # fmt: skip


_ORDERED_ALREADY = LookUp(
    "an order of that moment",
    "SELECT 'yes' FROM prescriptions AS p JOIN poe AS o USING (poe_id) WHERE o.ordertime = :moment",
)
_PLANNED = LookUp(
    "pharmacy entries of that moment",
    "SELECT 'yes' FROM pharmacy WHERE entertime = :moment",
)


def _medrecon(name: str, *, atc: str | None = None) -> Task:
    cell = "ndc" if atc else "name"
    return _decision(
        name,
        "Which drugs does this patient take at home? Name every "
        + ("class (ATC) " if atc else "drug ")
        + "that will be noted when the emergency department asks for them.",
        of.column("medrecon", "stay_id", "charttime", cell), owner="stay_id",
        anchor=_AT_TIME.format(table="medrecon", time="charttime", owner="stay_id", cell=cell),
        label=(f"candidate of ndc (padded to 11 digits) in the vocabulary's {atc}" if atc
               else "name, trimmed") + ": of all rows of that stay_id at that charttime, each once",
        pool=Pool(vocabulary="prescriptions_atc") if atc else Pool(column=("medrecon", "name")),
        known_at="charttime", look_ups=(drops.event("medrecon", "charttime"),),
        tables=("medrecon",), named=of.classed(atc) if atc else None,
        vocabularies=(atc,) if atc else (), partly=atc is not None,
    )  # fmt: skip


DECISION: tuple[Task, ...] = (
    _decision(
        "admissions", "With which type of admission will this patient be admitted next?",
        of.column("admissions", "hadm_id", "admittime", "admission_type"), owner="hadm_id",
        anchor="every row of admissions with admittime and admission_type; its moment is admittime",
        label="admission_type, trimmed", pool=Pool(column=("admissions", "admission_type")),
        known_at="admittime", look_ups=(drops.event("admissions", "admittime"),),
        tables=("admissions",), form="choice",
    ),
    _decision(
        "omr", "Which outpatient measurements will be recorded on the coming day? Name every one.",
        of.measured_days, owner=None,
        anchor="every chartdate of omr; its moment is midnight of chartdate",
        label="result_name, trimmed: of all rows of that chartdate, each once",
        pool=Pool(column=("omr", "result_name")), known_at="midnight after chartdate",
        look_ups=(LookUp("omr of that day", "SELECT 'yes' FROM omr "
                         "WHERE chartdate = date(:moment)"),),
        tables=("omr",), differs=("of every day with measurements, in a stay or not",),
    ),
    _rows_of(
        "emar", "hadm_id", "charttime", "medication",
        question="Which drug will be charted next in the medication administration record? Name "
        "every one of the next moment.",
        known_at=_CHARTED, pool=Pool(column=("emar", "medication")),
    ),
    _procedures("procedures_icd", dictionary="d_icd_procedures"),
    _procedures("procedures_ccs", ccs=CCS_PROCEDURES),
    _diagnoses("diagnoses_icd", dictionary="d_icd_diagnoses"),
    _diagnoses("diagnoses_ccs", ccs=CCS_DIAGNOSES),
    _rows_of(
        "labevents", "hadm_id", "charttime", "itemid",
        question="Which laboratory tests will be drawn next? Name every test of the next draw, by "
        "its label.",
        known_at=f"{_CHARTED} of its rows", pool=Pool(vocabulary="labevents"),
        dictionary="d_labitems", further=drops.CHARTED_LABS,
    ),
    _decision(
        "microbiologyevents",
        "Which microbiology tests will be taken next? Name every test, by its name.",
        of.cultures, owner="hadm_id",
        anchor="every moment with rows of microbiologyevents that have hadm_id and test_name; the "
        "moment of a row is charttime, else midnight of chartdate",
        label="test_name, trimmed: of all rows of that hadm_id at that moment, each once",
        pool=Pool(vocabulary="microbiologyevents"), known_at="the last update (storetime)",
        look_ups=(
            LookUp("microbiologyevents of that moment", "SELECT 'yes' FROM microbiologyevents "
                   "WHERE coalesce(charttime, chartdate || ' 00:00:00') = :moment"),
        ),
        tables=("microbiologyevents",),
    ),
    _rows_of(
        "services", "hadm_id", "transfertime", "curr_service",
        question="To which service will this patient be assigned next?",
        known_at="transfertime", pool=Pool(vocabulary="services"), form="choice",
    ),
    _rows_of(
        "transfers", "hadm_id", "intime", "eventtype",
        question="What kind of transfer event comes next for this patient?",
        known_at="intime", pool=Pool(names=("ED", "admit", "discharge", "transfer")),
        form="choice", differs=("AgentEHR's task of this name asks for the care unit",),
    ),
    _rows_of(
        "poe", "hadm_id", "ordertime", "order_type",
        question="Which type of order will be entered next? Name every type of the next moment.",
        known_at="ordertime", pool=Pool(column=("poe", "order_type")),
    ),
    _decision(
        "radiology",
        "Which radiology examination will be done next? Name every one, by its name.",
        of.examinations, owner="hadm_id",
        anchor="every moment (charttime) with rows of radiology that have hadm_id and an exam_name "
        "in radiology_detail (field_name = 'exam_name', same note_id)",
        label="field_value of exam_name, trimmed: of all reports of that hadm_id at that "
        "charttime, each once",
        pool=Pool(vocabulary="radiology"), known_at=f"{_CHARTED} of the report",
        look_ups=(drops.event("radiology", "charttime"),),
        tables=("radiology", "radiology_detail"),
    ),
    _prescriptions("prescriptions"),
    _prescriptions("prescriptions_atc", atc=ATC_PRESCRIPTIONS),
    _rows_of(
        "pyxis", "stay_id", "charttime", "name",
        question="Which drug will be dispensed next in the emergency department? Name every one "
        "of the next moment.",
        known_at="charttime", pool=Pool(column=("pyxis", "name")),
    ),
    _medrecon("medrecon"),
    _medrecon("medrecon_atc", atc=ATC_PRESCRIPTIONS),
    _ed_diagnosis("diagnosis", dictionary="d_icd_diagnoses"),
    _ed_diagnosis("diagnosis_ccs", ccs=CCS_DIAGNOSES),
    _rows_of(
        "chartevents", "stay_id", "charttime", "itemid",
        question="What will be charted next at the bedside? Name every item, by its label.",
        known_at=_CHARTED, pool=_ITEMS, dictionary="d_items", fewer_than=10,
        exclusions=("ten names or more at that moment (published: fewer than ten are kept)",),
    ),
    _bedside(
        "ingredientevents", "starttime",
        "Which ingredients (water, calories, protein and others) will be given next? Name every "
        "item, by its label.", _BEGUN,
    ),
    _bedside(
        "datetimeevents", "charttime",
        "Which dates (of lines, tubes, examinations) will be charted next? Name every item, by "
        "its label.", _CHARTED,
    ),
    _bedside(
        "procedureevents", "starttime",
        "Which bedside procedure will begin next? Name every item, by its label.", _BEGUN,
    ),
    _bedside(
        "inputevents", "starttime",
        "Which infusion or fluid will be given next? Name every item, by its label.", _BEGUN,
    ),
    _bedside(
        "outputevents", "charttime",
        "Which output will be measured next? Name every item, by its label.", _CHARTED,
    ),
    _decision(
        "next_event", "What kind of event will be recorded next in this admission?",
        of.kinds_of_events, owner="hadm_id",
        anchor="every moment in an admission (hadm_id) at which the event tables of the pool have "
        "a row, by " + ", ".join(f"{t}.{time}" for t, time in of.EVENT_TIMES.items()),
        label="the name of the table", pool=Pool(names=tuple(of.EVENT_TIMES)),
        known_at="that of the row of the event",
        look_ups=tuple(drops.event(table, time) for table, time in of.EVENT_TIMES.items()),
        tables=("transfers", "labevents"), form="choice",
        differs=("of twelve kinds, without what is ordered ahead (published: thirty)",),
    ),
)  # fmt: skip
"""In the order in which they are published."""
