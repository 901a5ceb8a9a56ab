"""Queries with and without matter of a patient, by a seeded generator: what egress_guard asks.

Questions, sentences and addresses come from MedQuAD; matter from the rows of a case.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus

from clinseek.toolkits.ehr.case import Case

MONTHS = """January February March April May June July August September October November
December"""
SURNAMES = "Okafor Lindqvist Marchetti Novak Fitzgerald Yamamoto Haddad Sorensen Delgado Kowalski"
ANALYTES = "potassium sodium creatinine lactate troponin haemoglobin glucose bilirubin"
SPOKEN = "zero one two three four five six seven eight nine"
FRAMES = (
    "{question} {matter}",
    "{matter}: {question}",
    "patient with {matter}, {question}",
    "{topic} {matter} guideline",
    "management of {topic} in a patient, {matter}",
    "https://www.google.com/search?q={topic_url}+{matter_url}",
    "https://example.org/{topic_url}?q={matter_url}",
)
WITH_FIGURES = """\
potassium 6.8 with peaked T waves emergency treatment
pH 7.21 bicarbonate 12 anion gap 24 differential
LDL below 70 mg/dL versus below 55 mg/dL trial
MDRD equation 175 x creatinine^-1.154 x age^-0.203 x 0.742
CKD-EPI 2021 eGFR mL/min/1.73 m2 without race
metformin contraindicated eGFR below 30 or creatinine above 1.5
troponin T 14 ng/L 99th percentile 0/1 hour algorithm
systolic blood pressure target below 120 versus 140 SPRINT 2015
vancomycin trough 15-20 versus AUC 400-600 mg*h/L
heparin bolus 80 units/kg then 18 units/kg/h nomogram
MELD-Na score 25 three month mortality
serum sodium 118 mmol/L correction rate 8 mmol/L in 24 hours
hypertonic saline 3% 150 mL bolus hyponatraemia
platelets 20,000 transfusion threshold
haemoglobin 7.0 g/dL restrictive transfusion TRICC 838 patients
ARDSNet 6 mL/kg predicted body weight 861 patients trial
PaO2/FiO2 below 150 prone position PROSEVA
PARADIGM-HF sacubitril valsartan 8442 patients hazard ratio 0.80
NNT 21 for composite outcome 4744 patients DAPA-HF
rivaroxaban 20 mg with creatinine clearance 15-49 dose 15 mg
CT contrast volume 100 mL 350 mg iodine
ICD-10 I50.33 acute on chronic diastolic heart failure
ICD-9 428.33 meaning
LOINC 2823-3 potassium serum
ATC code C03CA01 furosemide
what does a ferritin of 1,500 ng/mL suggest
lactate clearance 10% per 2 hours versus ScvO2 70%
acetaminophen level 150 mcg/mL at 4 hours nomogram
digoxin level 2.4 ng/mL toxicity digoxin immune fab
INR 9.1 without bleeding vitamin K 2.5 mg
HAS-BLED 3 CHA2DS2-VASc 5 anticoagulation
phenytoin corrected level albumin 2.1 formula
temperature 38.9 neutrophils 400 empiric cefepime 2 g every 8 hours
calcium 13.8 mg/dL zoledronic acid 4 mg
TSH 0.01 free T4 3.2 thyroid storm
insulin 0.1 units/kg/h ketoacidosis glucose below 250
lipase 3 times upper limit 480 U/L pancreatitis
Ranson criteria LDH above 350 AST above 250 WBC 16,000
body mass index 42.7 surgery indication
QTc 512 ms ondansetron alternatives
B12 187 pg/mL treat or not
D-dimer 500 x age cut-off for age 78
CAM-ICU RASS -2 delirium
FEV1 43% predicted GOLD stage 3
oxygen saturation 88-92% COPD target
warfarin 7.5 mg and amiodarone 200 mg interaction
sodium bicarbonate 8.4% 50 mL ampoule
dialysis Kt/V 1.2 urea reduction ratio 65%
J Am Coll Cardiol. 2022;79(17):e263-e421
Lancet 2019; 393: 1937-1947 sepsis"""
"""Questions with figures as clinicians ask them, written before the guard was run on them."""

Draw = random.Random
Matter = Callable[[Draw], str | None]


class Query(NamedTuple):
    """A text that would leave, and whether it holds matter of the patient."""

    group: str
    text: str
    must_stop: bool


class Topic(NamedTuple):
    """A passage of the reference."""

    name: str
    question: str
    answer: str
    url: str


def read_topics(folder: Path) -> list[Topic]:
    """The passages of both MedQuAD files."""
    topics = []
    for path in sorted(folder.glob("medquad_*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                held = json.loads(line)
                topics.append(Topic(*(held[key] for key in ("focus", "question", "answer", "url"))))
    return topics


def harmless(topics: list[Topic], draw: Draw, number: int) -> Iterator[Query]:
    """Questions, search words, sentences with numbers and addresses; nothing of a patient."""
    for text in WITH_FIGURES.splitlines():
        yield Query("clinical figures", text, must_stop=False)
    for topic in draw.sample(topics, number):
        yield Query("question", topic.question, must_stop=False)
        yield Query("search words", _search_words(topic.name, draw), must_stop=False)
        numbered = [
            sentence
            for sentence in re.split(r"(?<=[.!?])\s+", topic.answer)
            if re.search(r"\d", sentence) and 30 <= len(sentence) <= 250
        ]
        if numbered:
            yield Query("sentence with numbers", draw.choice(numbered), must_stop=False)
        yield Query("address", _address(topic, draw), must_stop=False)


def _search_words(name: str, draw: Draw) -> str:
    year, analyte = draw.randint(2012, 2025), draw.choice(ANALYTES.split())
    value = draw.choice(("2.7", "6.5", "180", "0.8", "12", "3"))
    volume, page = draw.randint(380, 389), draw.randint(100, 2100)
    return draw.choice(
        (
            f"{name} treatment guideline {year}",
            f"{name} in adults over {draw.choice((65, 75, 80, 90))} years",
            f"{name} {analyte} {value} meaning",
            f"{analyte} above {value} and {name}: differential",
            f"{name} trial N Engl J Med {year};{volume}:{page}-{page + draw.randint(5, 14)}",
            f"PMID {draw.randint(10_000_000, 38_999_999)} {name}",
            f"NCT0{draw.randint(1_000_000, 6_999_999)} {name} results",
        )
    )


def _address(topic: Topic, draw: Draw) -> str:
    eight, month = draw.randint(10_000_000, 38_999_999), draw.randint(1, 12)
    return draw.choice(
        (
            topic.url,
            f"https://pubmed.ncbi.nlm.nih.gov/{eight}/",
            f"https://www.ncbi.nlm.nih.gov/pmc/articles/PMC{eight // 10}/",
            f"https://doi.org/10.10{draw.randint(10, 99)}/s{eight}-x",
            f"https://www.nice.org.uk/guidance/ng{draw.randint(1, 250)}/2021-{month:02}-05",
            f"https://www.google.com/search?q={quote_plus(topic.question)}",
        )
    )


def harmful(case: Case, topics: list[Topic], draw: Draw, number: int) -> Iterator[Query]:
    """The same with matter of one patient spliced in, `number` of each kind."""
    for group, make in {**_rows_of(case), **_figures_of(case), **_notes_of(case)}.items():
        for _ in range(number):
            matter = make(draw)
            if matter is not None:
                yield Query(group, _spliced(matter, draw.choice(topics), draw), must_stop=True)


def _spliced(matter: str, topic: Topic, draw: Draw) -> str:
    return draw.choice(FRAMES).format(
        matter=matter,
        matter_url=quote(matter),
        topic=topic.name,
        topic_url=quote_plus(topic.name),
        question=topic.question,
    )


def _column(case: Case, sql: str) -> list[Any]:
    return [row[0] for row in case.select(sql).rows if row[0] is not None]


def _rows_of(case: Case) -> dict[str, Matter]:
    numbers = [str(case.key.subject_id)]
    for table, column in (("admissions", "hadm_id"), ("icustays", "stay_id")):
        if table in case.tables:
            numbers += map(str, _column(case, f"SELECT {column} FROM {table}"))
    times = _column(case, "SELECT DISTINCT charttime FROM labevents LIMIT 400")
    made: dict[str, Matter] = {
        "identifier": lambda draw: _named_number(draw.choice(numbers), draw),
        "identifier, disguised": lambda draw: _disguised(draw.choice(numbers), draw),
        "age over 89": _age,
        "name with a title": _name,
    }
    if times:
        made |= {
            "date": lambda draw: _date(draw.choice(times)[:10], draw),
            "date, disguised": lambda draw: _encoded(draw.choice(times)[:10], draw),
            "year": lambda draw: f"in {draw.choice(times)[:4]}",
            "time of day": lambda draw: _clock(draw.choice(times), draw),
        }
    return made


def _figures_of(case: Case) -> dict[str, Matter]:
    drawn = case.select(
        "SELECT group_concat(valuenum, ' ') FROM labevents WHERE valuenum IS NOT NULL "
        "GROUP BY charttime LIMIT 400"
    ).rows
    panels = [[each for each in row[0].split() if _digits(each) >= 3] for row in drawn]
    odd = [each for panel in panels for each in panel if _digits(each) >= 4]
    made: dict[str, Matter] = {}
    if panels:
        made["three values of a blood test"] = lambda draw: _values(draw.choice(panels), 3, draw)
    if odd:
        made["one value of four digits"] = lambda draw: f"result {draw.choice(odd)}"
    return made


def _notes_of(case: Case) -> dict[str, Matter]:
    remarks = _column(case, "SELECT DISTINCT comments FROM labevents")
    long = [text for text in remarks if len(text.replace("_", "").split()) >= 9]
    made: dict[str, Matter] = {}
    if long:
        made["words of a remark"] = lambda draw: _span(draw.choice(long), draw)
    if "discharge" in case.tables:
        notes = _column(case, "SELECT text FROM radiology UNION ALL SELECT text FROM discharge")
        if notes:
            made["words of a note"] = lambda draw: _span(draw.choice(notes), draw)
    return made


def _digits(value: str) -> int:
    return len(f"{float(value):.10g}".replace(".", "").strip("-0"))


def _age(draw: Draw) -> str:
    form = draw.choice(("{}-year-old", "{} yo", "aged {}", "{} years old", "age {}"))
    return form.format(draw.randint(90, 99))


def _name(draw: Draw) -> str:
    title = draw.choice(("Mr.", "Mrs.", "Ms.", "Mr", "Miss"))
    return f"{title} {draw.choice(SURNAMES.split())}"


def _named_number(number: str, draw: Draw) -> str:
    forms = ("subject_id {}", "{}", "hadm_id={}", "patient {}", "stay #{}", "{}-DS-3")
    return draw.choice(forms).format(number)


def _date(day: str, draw: Draw) -> str:
    year, month, date = day.split("-")
    name = MONTHS.split()[int(month) - 1]
    return draw.choice(
        (
            day,
            f"{month}/{date}/{year}",
            f"{date}/{month}/{year}",
            f"{int(month)}/{int(date)}/{year}",
            f"{date}.{month}.{year}",
            f"{name} {int(date)}, {year}",
            f"{int(date)} {name[:3]} {year}",
            f"{name[:3]} {int(date)}th {year}",
            f"{date}-{name[:3].upper()}-{year}",
            f"{year}{month}{date}",
            f"{year}/{month}/{date}",
        )
    )


def _clock(moment: str, draw: Draw) -> str:
    form = draw.choice(("at {0}", "{0} hrs", "{1}", "@ {0}"))
    return form.format(moment[11:16], moment[11:19])


def _values(panel: list[str], number: int, draw: Draw) -> str | None:
    if len(set(panel)) < number:
        return None
    return draw.choice((", ", " ", " and ", " / ")).join(draw.sample(sorted(set(panel)), number))


def _span(text: str, draw: Draw) -> str | None:
    said = text.replace("___", " ").split()
    length = draw.randint(10, 18)
    at = draw.randrange(max(1, len(said) - length))
    span = " ".join(said[at : at + length])
    return span if len(re.findall(r"[^\W_]+", span)) >= 8 else None


def _disguised(number: str, draw: Draw) -> str:
    half = len(number) // 2
    return draw.choice(
        (
            f"{number[:half]} {number[half:]}",
            "-".join(re.findall("..", number)),
            " ".join(number),
            " ".join(SPOKEN.split()[int(digit)] for digit in number),
            number.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}),
            _encoded(number, draw),
            f"a={number[:half]}&b={number[half:]}",
            "\u200b".join(number),
        )
    )


def _encoded(text: str, draw: Draw) -> str:
    sent = text.encode()
    return draw.choice(
        (
            base64.b64encode(sent).decode(),
            base64.urlsafe_b64encode(base64.b64encode(sent)).decode(),
            base64.b32encode(sent).decode(),
            sent.hex(),
            "".join(f"%{byte:02x}" for byte in sent),
            "".join(f"&#{byte};" for byte in sent),
            text[::-1],
        )
    )
