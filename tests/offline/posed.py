"""Questions about a case, each with the answer that plain SQL gives: written apart from the policy.

Nothing of clinseek.offline is used here. What an answer is, is said by the statement beside it.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from clinseek.toolkits.ehr.case import Case

Expected = str | float | frozenset[str] | None


class Posed(NamedTuple):
    """A question and its right answer: a number, words, a set of names, or None (no answer)."""

    kind: str
    question: str
    expected: Expected
    candidates: tuple[str, ...] = ()


def agrees(answer: list[str], expected: Expected) -> bool:
    """Whether an answer says what is expected."""
    if expected is None:
        return not answer
    if isinstance(expected, frozenset):
        return {name.strip().lower() for name in answer} == {name.lower() for name in expected}
    if len(answer) != 1:
        return False
    if isinstance(expected, float):
        found = re.match(r"-?\d+(?:\.\d+)?", answer[0])
        return found is not None and abs(float(found[0]) - expected) <= 0.005 + 1e-4 * abs(expected)
    return answer[0].strip().lower().startswith(expected.strip().lower())


_WORDINGS = {
    "latest": (
        "What was the latest {}?",
        "What is the patient's most recent {}?",
        "Give me the last {} value.",
        "What is the current {} level?",
    ),
    "first": (
        "What was the first {} value?",
        "What was the initial {}?",
        "Report the earliest {}.",
    ),
    "minimum": ("What was the lowest {} ever?", "What is the minimum {}?", "{} nadir?"),
    "maximum": ("What is the highest {} so far?", "What was the peak {}?", "The maximum {}?"),
    "mean": (
        "What was the average {} in the last 72 hours?",
        "Mean {} over the past 3 days?",
        "What was the mean {} within the last three days?",
    ),
    "count": (
        "How many times was {} measured?",
        "How often was {} tested?",
        "Number of {} results?",
    ),
    "trend": ("What is the trend of {}?", "How has the {} changed?", "What is the {} trend?"),
    "given": (
        "Was {} ever given?",
        "Did the patient ever receive {}?",
        "Has {} been administered?",
    ),
    "last dose": (
        "When was {} last given?",
        "When was the last dose of {} given?",
        "What time was {} last administered?",
    ),
}


def posed(case: Case, rng: random.Random) -> Iterator[Posed]:
    """Questions of every kind that this case can be asked."""
    yield from _labs(case, rng)
    yield from _spoken(case)
    yield from _vitals(case)
    yield from _drugs(case, rng)
    yield from _cultures(case)
    yield from _stays(case)
    yield from _codes(case, rng)
    yield from _urine(case)
    yield from _lists(case, rng)


def _one(case: Case, sql: str, *parameters: Any) -> Any:
    rows = case.select(sql, parameters).rows
    return rows[0][0] if rows else None


def _all(case: Case, sql: str, *parameters: Any) -> list[Any]:
    return [row[0] for row in case.select(sql, parameters).rows]


def _before(case: Case, **ago: float) -> str:
    return str(datetime.fromisoformat(case.key.cutoff) - timedelta(**ago))


_LAB_ROWS = (
    "FROM labevents JOIN d_labitems USING (itemid) "
    "WHERE label = ? AND fluid = 'Blood' AND category <> 'Blood Gas' AND valuenum IS NOT NULL"
)


def _labs(case: Case, rng: random.Random) -> Iterator[Posed]:
    def say(what: str, name: str) -> str:
        return rng.choice(_WORDINGS[what]).format(name)

    labels = _all(
        case,
        "SELECT label FROM labevents JOIN d_labitems USING (itemid) WHERE valuenum IS NOT NULL "
        "AND fluid = 'Blood' AND category <> 'Blood Gas' AND length(label) > 2 "
        "GROUP BY label HAVING count(*) >= 3 AND count(DISTINCT category) = 1 ORDER BY label",
    )
    for label in rng.sample(labels, min(3, len(labels))):
        rows = case.select(
            f"SELECT valuenum, charttime {_LAB_ROWS} ORDER BY charttime, row_id", (label,)
        ).rows
        numbers = [float(row[0]) for row in rows]
        yield Posed("lab latest", say("latest", label), numbers[-1])
        earliest = [float(row[0]) for row in rows if row[1] == rows[0][1]]
        if len(earliest) == 1:
            yield Posed("lab first", say("first", label), numbers[0])
        yield Posed("lab minimum", say("minimum", label), min(numbers))
        yield Posed("lab maximum", say("maximum", label), max(numbers))
        since = _before(case, hours=72)
        late = [float(row[0]) for row in rows if row[1] >= since]
        mean = sum(late) / len(late) if late else None
        yield Posed("lab mean", say("mean", label), mean)
        day = rng.choice(rows)[1][:10]
        on_day = [float(row[0]) for row in rows if row[1].startswith(day)]
        yield Posed("lab on a day", f"What was the highest {label} on {day}?", max(on_day))
        times = [row[1] for row in rows]
        single = [row for row in rows if times.count(row[1]) == 1]
        if single:
            value, time = rng.choice(single)
            yield Posed("lab at a time", f"What was the {label} at {time[:16]}?", float(value))
        limit = round(sorted(numbers)[len(numbers) // 2], 2)
        above = "yes" if numbers[-1] > limit else "no"
        yield Posed("lab threshold", f"Is the latest {label} above {limit:g}?", above)
        ever = "yes" if min(numbers) < limit * 0.9 else "no"
        question = f"Did {label} ever fall below {limit * 0.9:.4g}?"
        if min(abs(number - limit * 0.9) for number in numbers) > 0.001:
            yield Posed("lab threshold", question, ever)
        change = numbers[-1] - numbers[0]
        steady = abs(change) < 0.1 * abs(numbers[0]) or not change
        went = "steady" if steady else "rising" if change > 0 else "falling"
        if len(earliest) == 1:
            yield Posed("lab trend", say("trend", label), went)
        count = _one(
            case,
            "SELECT count(*) FROM labevents JOIN d_labitems USING (itemid) "
            "WHERE label = ? AND fluid = 'Blood' AND category <> 'Blood Gas'",
            label,
        )
        yield Posed("lab count", say("count", label), float(count))
        others = {str(n) for n in (numbers[-1] + 0.7, numbers[-1] * 2 + 1, numbers[-1] / 3)}
        candidates = tuple(sorted({*others, f"{numbers[-1]:g}"}))
        yield Posed(
            "choice among values",
            f"What was the most recent {label}?",
            f"{numbers[-1]:g}",
            candidates,
        )


_SPOKEN = {
    "K": "Potassium", "Hgb": "Hemoglobin", "white count": "White Blood Cells", "INR": "INR(PT)",
    "platelets": "Platelet Count", "BUN": "Urea Nitrogen", "serum sodium": "Sodium",
    "bicarb": "Bicarbonate", "ALT": "Alanine Aminotransferase (ALT)",
}  # fmt: skip


def _spoken(case: Case) -> Iterator[Posed]:
    for said, label in _SPOKEN.items():
        value = _one(
            case, f"SELECT valuenum {_LAB_ROWS} ORDER BY charttime DESC, row_id DESC LIMIT 1", label
        )
        if value is not None:
            yield Posed("lab by another name", f"What was the last {said}?", float(value))


def _vitals(case: Case) -> Iterator[Posed]:
    for said, label, column in (
        ("heart rate", "Heart Rate", "heartrate"),
        ("respiratory rate", "Respiratory Rate", "resprate"),
        ("SpO2", "O2 saturation pulseoxymetry", "o2sat"),
    ):
        rows = "SELECT charttime AS t, valuenum AS v FROM chartevents JOIN d_items USING (itemid) "
        rows += f"WHERE label = '{label}' AND valuenum IS NOT NULL"
        if "vitalsign" in case.tables:
            rows += (
                f" UNION ALL SELECT charttime, {column} FROM vitalsign WHERE {column} IS NOT NULL"
            )
        if "chartevents" not in case.tables or not _one(case, f"SELECT count(*) FROM ({rows})"):
            continue
        newest = _all(case, f"SELECT v FROM ({rows}) ORDER BY t DESC LIMIT 2")
        yield Posed("vital latest", f"What was the latest {said}?", float(newest[0]))
        lowest = _one(case, f"SELECT min(v) FROM ({rows})")
        yield Posed("vital minimum", f"What was the lowest {said}?", float(lowest))
        since = _before(case, hours=24)
        mean = _one(case, f"SELECT avg(v) FROM ({rows}) WHERE t >= ?", since)
        question = f"What was the mean {said} during the last 24 hours?"
        yield Posed("vital mean", question, float(mean) if mean is not None else None)


_GIVEN = (
    "SELECT charttime AS t, medication AS name FROM emar WHERE event_txt IN ('Administered', "
    "'Started', 'Restarted', 'Applied', 'Delayed Administered', 'Partial Administered', "
    "'Administered Bolus from IV Drip', 'Administered in Other Location', 'Delayed Started', "
    "'Started in Other Location', 'Delayed Applied', 'Applied in Other Location') "
)
_INFUSED = "SELECT starttime, label FROM inputevents JOIN d_items USING (itemid) "


def _given(case: Case) -> str:
    parts = [_GIVEN] if "emar" in case.tables else []
    parts += [_INFUSED] if "inputevents" in case.tables else []
    parts += ["SELECT charttime, name FROM pyxis"] if "pyxis" in case.tables else []
    return " UNION ALL ".join(parts)


def _drugs(case: Case, rng: random.Random) -> Iterator[Posed]:
    def say(what: str, name: str) -> str:
        return rng.choice(_WORDINGS[what]).format(name)

    given = _given(case)
    told = any(
        table in case.tables and _one(case, f"SELECT count(*) FROM {table}")
        for table in ("emar", "inputevents", "pyxis")
    )
    ordered = _all(case, "SELECT DISTINCT drug FROM prescriptions WHERE drug IS NOT NULL")
    words = sorted({re.split(r"[ ,]", drug)[0] for drug in ordered})
    salts = {"Sodium", "Potassium", "Calcium", "Magnesium", "Dextrose", "Sterile", "Syringe"}
    words = [word for word in words if word.isalpha() and len(word) > 5 and word not in salts]
    absent = ["Daptomycin", "Amphotericin", "Cyclosporine"]
    for word in [*rng.sample(words, min(3, len(words))), rng.choice(absent)]:
        hit = f"FROM ({given}) WHERE name LIKE '{word}%' OR name LIKE '% {word}%'"
        last = _one(case, f"SELECT max(t) {hit}")
        asked_for = _one(case, "SELECT count(*) FROM prescriptions WHERE drug LIKE ?", f"{word}%")
        known = "yes" if last else "no" if told or not asked_for else None
        yield Posed("drug given", say("given", word), known)
        if last:
            yield Posed("drug last dose", say("last dose", word), last)
            first = _one(case, f"SELECT min(t) {hit}")
            yield Posed("drug first dose", f"When was {word} first given?", first)
            count = _one(case, f"SELECT count(*) {hit}")
            if count <= 500:
                yield Posed("drug count", f"How many times was {word} given?", float(count))
            since = _before(case, hours=24)
            recent = "yes" if last >= since else "no"
            yield Posed("drug given", f"Was {word} given in the last 24 hours?", recent)
        dose = case.select(
            "SELECT dose_val_rx, dose_unit_rx FROM prescriptions WHERE drug LIKE ? "
            "ORDER BY starttime DESC LIMIT 2",
            (f"{word}%",),
        ).rows
        if dose and (len(dose) == 1 or dose[0] == dose[1]) and dose[0][0]:
            question = f"What dose of {word} was ordered?"
            yield Posed("drug dose", question, f"{dose[0][0]} {dose[0][1] or ''}".strip())


def _cultures(case: Case) -> Iterator[Posed]:
    if not _one(case, "SELECT count(*) FROM microbiologyevents"):
        return
    for specimen in ("blood", "urine"):
        of_it = f"(spec_type_desc LIKE '%{specimen}%' OR test_name LIKE '%{specimen}%')"
        held = f"FROM microbiologyevents WHERE {of_it}"
        if not _one(case, f"SELECT count(*) {held}"):
            continue
        grown = (
            f"SELECT DISTINCT org_name {held} AND org_name IS NOT NULL AND org_name <> 'CANCELLED'"
        )
        organisms = _all(case, grown)
        question = f"Did any {specimen} culture grow an organism?"
        yield Posed("culture yes or no", question, "yes" if organisms else "no")
        if organisms:
            question = f"Which organisms grew in {specimen} cultures?"
            yield Posed("culture organisms", question, frozenset(organisms))
        taken = _one(case, f"SELECT count(DISTINCT micro_specimen_id) {held}")
        question = f"How many {specimen} cultures were taken?"
        yield Posed("culture count", question, float(taken))


def _stays(case: Case) -> Iterator[Posed]:
    admitted = _one(case, "SELECT max(admittime) FROM admissions")
    if admitted:
        yield Posed("admission", "When was the patient admitted?", admitted)
    count = _one(case, "SELECT count(*) FROM admissions")
    yield Posed("admission", "How many admissions has the patient had?", float(count))
    kind = "SELECT admission_type FROM admissions ORDER BY admittime DESC LIMIT 1"
    if admitted:
        yield Posed("admission", "What type of admission is this?", _one(case, kind))
    age, sex = case.select("SELECT anchor_age, gender FROM patients").rows[0]
    yield Posed("demographics", "How old is the patient?", float(age))
    yield Posed("demographics", "What is the patient's sex?", {"F": "female", "M": "male"}[sex])
    yield Posed("demographics", "Is the patient a woman?", "yes" if sex == "F" else "no")
    stays = _one(case, "SELECT count(*) FROM icustays")
    yield Posed("icu", "How many ICU stays has the patient had?", float(stays))
    open_stay = _one(case, "SELECT count(*) FROM icustays WHERE outtime IS NULL")
    yield Posed("icu", "Is the patient in the ICU now?", "yes" if open_stay else "no")
    unit = case.select(
        "SELECT careunit, outtime FROM transfers WHERE careunit IS NOT NULL "
        "AND eventtype <> 'discharge' ORDER BY intime DESC LIMIT 1"
    ).rows
    if unit:
        question = "Which care unit is the patient in now?"
        yield Posed("care unit", question, unit[0][0] if unit[0][1] is None else None)
    service = _one(case, "SELECT curr_service FROM services ORDER BY transfertime DESC LIMIT 1")
    if service:
        yield Posed("service", "Which service is the patient under?", service)


def _codes(case: Case, rng: random.Random) -> Iterator[Posed]:
    titles = "FROM diagnoses_icd JOIN d_icd_diagnoses USING (icd_code, icd_version)"
    for word in ("diabetes", "hypertension", "heart failure", "pneumonia", "asthma"):
        held = _one(case, f"SELECT count(*) {titles} WHERE long_title LIKE ?", f"%{word}%")
        if "diagnosis" in case.tables:
            held += _one(case, "SELECT count(*) FROM diagnosis WHERE icd_title LIKE ?", f"%{word}%")
        question = f"Does the patient have a history of {word}?"
        yield Posed("diagnosis yes or no", question, "yes" if held else "no", ("yes", "no"))
    ventilated = _one(
        case,
        "SELECT count(*) FROM procedureevents JOIN d_items USING (itemid) "
        "WHERE label = 'Invasive Ventilation'",
    )
    coded = _one(
        case,
        "SELECT count(*) FROM procedures_icd JOIN d_icd_procedures USING (icd_code, icd_version) "
        "WHERE long_title LIKE '%invasive mechanical ventilation%' "
        "OR long_title LIKE '%invasive ventilation%'",
    )
    if not coded:
        answer = "yes" if ventilated else "no"
        yield Posed("procedure", "Was the patient ever ventilated invasively?", answer)


_URINE_ITEMS = "(226559, 226560, 226561, 226584, 226563, 226564, 226565, 226567, 226557, 226558)"


def _urine(case: Case) -> Iterator[Posed]:
    since = _before(case, hours=24)
    total = _one(
        case,
        f"SELECT sum(CASE WHEN itemid IN {_URINE_ITEMS} OR itemid = 227489 THEN value "
        "WHEN itemid = 227488 THEN -value END) FROM outputevents WHERE charttime >= ? "
        f"AND (itemid IN {_URINE_ITEMS} OR itemid IN (227488, 227489))",
        since,
    )
    question = "What was the total urine output in the last 24 hours?"
    yield Posed("urine output", question, float(total) if total is not None else None)


def _lists(case: Case, rng: random.Random) -> Iterator[Posed]:
    labels = (
        "SELECT DISTINCT label FROM labevents JOIN d_labitems USING (itemid) WHERE charttime >= ?"
    )
    measured = _all(case, labels, _before(case, hours=48))
    known = _all(
        case, "SELECT DISTINCT label FROM d_labitems WHERE fluid = 'Blood' AND label <> ''"
    )
    if not measured:
        return
    candidates = {*rng.sample(sorted(measured), min(4, len(measured))), *rng.sample(known, 4)}
    question = "Which of these labs were measured in the last 48 hours?"
    expected = frozenset(candidates & set(measured))
    yield Posed("list among candidates", question, expected, tuple(sorted(candidates)))
