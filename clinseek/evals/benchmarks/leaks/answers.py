"""The look-ups that answer, task by task: what a lazy reader would ask first, SQL over the case.

They follow the definition of the task and nothing else: the next row of its own table, then rows of
other tables that tell of the same event or stay. Under `available` none may answer; under
`reference`, the published cutoff rule, what they win is the ceiling that the leak alone reaches.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from clinseek.evals.benchmarks.leaks.answers_of_stays import ANSWERS_OF_STAYS
from clinseek.evals.benchmarks.tasks.happenings import EVENT_TIMES
from clinseek.validity.probe.look_up import LookUp
from clinseek.validity.probe.lookups import LOOK_UPS

_OF_ITEM = "JOIN {} AS d USING (itemid)"


def _next(table: str, time: str, name: str, *, join: str = "", where: str = "1") -> LookUp:
    """The names that the first rows after the cutoff have."""
    first = f"(SELECT min(n.{time}) FROM {table} AS n WHERE n.{time} > :cutoff AND {where})"
    return LookUp(
        f"the next {table}",
        f"SELECT {name} FROM {table} AS n {join} WHERE n.{time} = {first} AND {where}",
    )


def _items(table: str, time: str, dictionary: str = "d_items") -> tuple[LookUp, ...]:
    return (_next(table, time, "d.label", join=_OF_ITEM.format(dictionary)),)


def _coded(table: str, of: str, key: str, *, ccs: str | None = None) -> LookUp:
    """The titles of the codes of the stay that is asked about."""
    codes = f"d.icd_code = n.icd_code AND d.icd_version = n.icd_version WHERE n.{key} = :{key}"
    name, book = ("d.candidate", f"{of}_ccs_candidates") if ccs else ("d.long_title", f"d_icd_{of}")
    return LookUp(f"{table} of the stay", f"SELECT {name} FROM {table} AS n JOIN {book} AS d ON "
                  f"{codes}")  # fmt: skip


def _procedures(*, ccs: str | None = None, day: str) -> tuple[LookUp, ...]:
    of_day = _coded("procedures_icd", "procedures", "hadm_id", ccs=ccs)
    return (LookUp(of_day.name, f"{of_day.sql} AND substr(n.chartdate, 1, 10) = {day}"),)


_DAY = "substr(chartdate, 1, 10)"
_NEXT_DAY = f"(SELECT min({_DAY}) FROM procedures_icd WHERE {_DAY} > :cutoff)"

_ORDER_NUMBER = "CAST(substr({0}, instr({0}, '-') + 1) AS INTEGER)"
_UNPLACED = "poe_id IS NOT NULL AND poe_id NOT IN (SELECT poe_id FROM poe)"
_NEXT_ORDER = f"(SELECT min({_ORDER_NUMBER.format('poe_id')}) FROM prescriptions WHERE {_UNPLACED})"
_NEXT_DOSE = (
    "(SELECT min(emar_seq) FROM emar_detail WHERE emar_seq > (SELECT max(emar_seq) FROM emar))"
)
_NEXT_DETAIL = (
    "(SELECT min(poe_seq) FROM poe_detail WHERE poe_seq > (SELECT max(poe_seq) FROM poe))"
)
_CULTURE = "coalesce(charttime, chartdate)"
_NEXT_CULTURE = (
    "SELECT test_name FROM microbiologyevents WHERE {0} = "
    "(SELECT min({0}) FROM microbiologyevents WHERE {0} > {1})"
)
_NEXT_EVENT = " UNION ALL ".join(
    f"SELECT '{table}' AS told, min({time}) AS at FROM {table} WHERE {time} > :cutoff"
    for table, time in EVENT_TIMES.items()
    if table != "radiology"  # not every store has notes
)

_CHARTED_LAB = "n.itemid IN (SELECT itemid FROM d_items WHERE category = 'Labs')"
_LABS = (
    *_items("labevents", "charttime", "d_labitems"),
    _next("chartevents", "charttime", "d.label", join=_OF_ITEM.format("d_items"),
          where=_CHARTED_LAB),
)  # fmt: skip
_DOSES = (
    LookUp(
        "the order of the next dose in emar_detail",
        "SELECT DISTINCT p.drug FROM emar_detail AS d JOIN prescriptions AS p USING (pharmacy_id) "
        f"WHERE p.drug_type = 'MAIN' AND d.emar_seq = {_NEXT_DOSE}",
    ),
    LookUp(
        "the product of the next dose in emar_detail",
        f"SELECT product_description FROM emar_detail WHERE emar_seq = {_NEXT_DOSE}",
    ),
)
_OUT = "FROM transfers AS t WHERE t.intime <= :cutoff AND t.outtime > :cutoff"
_MOVES = LookUp(
    "outtime of the present transfer",
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM admissions AS a WHERE abs(julianday(a.dischtime) - "
    f"julianday(t.outtime)) < 1.0 / 1440) THEN 'discharge' ELSE 'transfer' END {_OUT} "
    "ORDER BY t.intime DESC LIMIT 1",
)

_DECISION: dict[str, tuple[LookUp, ...]] = {
    "admissions": (_next("admissions", "admittime", "admission_type"),),
    "omr": (_next("omr", "chartdate", "result_name"),),
    "emar": (_next("emar", "charttime", "medication"), *_DOSES),
    "procedures_icd": _procedures(day=_NEXT_DAY),
    "procedures_ccs": _procedures(ccs="ccs", day=_NEXT_DAY),
    "diagnoses_icd": (_coded("diagnoses_icd", "diagnoses", "hadm_id"),),
    "diagnoses_ccs": (_coded("diagnoses_icd", "diagnoses", "hadm_id", ccs="ccs"),),
    "labevents": _LABS,
    "microbiologyevents": (
        LookUp("the next microbiologyevents", _NEXT_CULTURE.format(_CULTURE, ":cutoff")),
    ),
    "services": (_next("services", "transfertime", "curr_service"),),
    "transfers": (_next("transfers", "intime", "eventtype"), _MOVES),
    "poe": (
        _next("poe", "ordertime", "order_type"),
        LookUp(
            "the next poe_detail, by what such details belonged to",
            "SELECT DISTINCT o.order_type FROM poe_detail AS d JOIN poe_detail AS e "
            "USING (field_name) JOIN poe AS o ON o.poe_id = e.poe_id "
            f"WHERE d.poe_seq = {_NEXT_DETAIL}",
        ),
    ),
    "radiology": (
        LookUp(
            "the next radiology_detail",
            "SELECT field_value FROM radiology_detail WHERE field_name = 'exam_name' AND note_id = "
            "(SELECT note_id FROM radiology_detail WHERE note_id NOT IN "
            "(SELECT note_id FROM radiology) ORDER BY length(note_id), note_id LIMIT 1)",
        ),
    ),
    "prescriptions": (
        LookUp(
            "prescriptions of an order to come",
            f"SELECT DISTINCT drug FROM prescriptions WHERE {_UNPLACED} "
            f"AND {_ORDER_NUMBER.format('poe_id')} = {_NEXT_ORDER}",
        ),
    ),
    "pyxis": (_next("pyxis", "charttime", "name"),),
    "medrecon": (_next("medrecon", "charttime", "name"),),
    "diagnosis": (_coded("diagnosis", "diagnoses", "stay_id"),),
    "diagnosis_ccs": (_coded("diagnosis", "diagnoses", "stay_id", ccs="ccs"),),
    "chartevents": _items("chartevents", "charttime"),
    "ingredientevents": _items("ingredientevents", "starttime"),
    "datetimeevents": _items("datetimeevents", "charttime"),
    "procedureevents": _items("procedureevents", "starttime"),
    "inputevents": _items("inputevents", "starttime"),
    "outputevents": _items("outputevents", "charttime"),
    "next_event": (
        LookUp(
            "the first moment to come of any kind",
            f"SELECT told FROM ({_NEXT_EVENT}) WHERE at IS NOT NULL ORDER BY at LIMIT 1",
        ),
        LookUp("outtime of the present transfer", f"SELECT 'transfers' {_OUT}"),
    ),
    "agentehr_diagnoses_ccs": (_coded("diagnoses_icd", "diagnoses", "hadm_id", ccs="ccs"),),
    "agentehr_procedures_ccs": _procedures(ccs="ccs", day="date(:cutoff)"),
    "agentehr_labevents": _LABS,
    "agentehr_microbiologyevents": (
        LookUp("the next microbiologyevents", _NEXT_CULTURE.format("chartdate", ":cutoff")),
    ),
    "agentehr_transfers": tuple(each for each in LOOK_UPS["next_care_unit"] if not each.hint),
}

ANSWERS: Mapping[str, tuple[LookUp, ...]] = MappingProxyType({**_DECISION, **ANSWERS_OF_STAYS})
"""By task, in the order in which they are believed. The three tasks of ATC classes have none: what
they ask for is a class of what `prescriptions`, `medrecon` and `agentehr_prescriptions` show."""
