"""The loop's questions: is the latest value of a laboratory item above a limit, as of a moment?

Labels are worked out from the raw csv, not from what tools show. Limits lie near the middle of
what the synthetic cohort has, and moments are drawn so that each item has as many yes as no.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from clinseek.evals.rows import Row

Answer = Literal["yes", "no"]
_FORM = "%Y-%m-%d %H:%M:%S"
_LEAST = 3
"""Values that are known at the moment asked about: the last one is to be told from others."""


class Item(NamedTuple):
    """A laboratory item: its name in questions, its code, and the limit that is asked about."""

    name: str
    itemid: int
    limit: float


ITEMS = (
    Item("potassium", 50971, 4.1),
    Item("creatinine", 50912, 1.1),
    Item("hemoglobin", 51222, 11.0),
    Item("sodium", 50983, 139.0),
    Item("glucose", 50931, 130.0),
    Item("urea nitrogen", 51006, 20.0),
)


class Measured(NamedTuple):
    """A value of one item: when it was measured, when the record knew it, and what it was."""

    at: datetime
    known: datetime
    value: float


Labs = Mapping[tuple[int, int], Sequence[Measured]]
"""By (subject_id, itemid)."""


def question_about(item: Item) -> str:
    """What is asked.

    >>> question_about(ITEMS[0])
    'Is the latest potassium above 4.1?'
    """
    return f"Is the latest {item.name} above {item.limit:g}?"


def read_labs(raw: Path) -> Labs:
    """The values of every item in the raw folder of a cohort.

    Patients' items of which a value has no storetime, or two the same charttime, are left out:
    their latest value hangs on rules, and a label must not.
    """
    import duckdb

    found: dict[tuple[int, int], list[Measured]] = defaultdict(list)
    codes = ", ".join(repr(str(item.itemid)) for item in ITEMS)
    query = (
        "SELECT subject_id, itemid, charttime, storetime, valuenum FROM "
        f"read_csv('{raw}/hosp/labevents.csv.gz', all_varchar=true) "
        f"WHERE itemid IN ({codes})"
    )
    doubtful: set[tuple[int, int]] = set()
    with duckdb.connect() as connection:
        rows = connection.execute(query).fetchall()
    for subject_id, itemid, charttime, storetime, value in rows:
        key = int(subject_id), int(itemid)
        if not (charttime and storetime and value):
            doubtful.add(key)
            continue
        at, stored = _moment(charttime), _moment(storetime)
        found[key].append(Measured(at, max(at, stored), float(value)))
    return {
        key: sorted(values)
        for key, values in found.items()
        if key not in doubtful and len({each.at for each in values}) == len(values)
    }


def latest(values: Sequence[Measured], moment: datetime) -> tuple[float, int] | None:
    """The latest value known at a moment, and how many are known by then; None without any."""
    known = [each for each in values if each.known <= moment]
    return (max(known).value, len(known)) if known else None


class _Asked(NamedTuple):
    item: Item
    moment: datetime
    label: Answer


def drawn_rows(
    labs: Labs, subjects: Collection[int], *, each: int, seed: int, name: str
) -> list[Row]:
    """`each` questions of different items about every patient of `subjects`, as rows.

    Of every item, as near as the cohort allows, half the answers are yes.
    """
    drawing = random.Random(f"{seed} {name}")
    counts: Counter[tuple[str, Answer]] = Counter()
    asked: Counter[str] = Counter()
    rows = []
    for subject_id in drawing.sample(sorted(subjects), len(subjects)):
        # Items that were asked about least come first, so that all are asked about as often.
        items = sorted(drawing.sample(ITEMS, len(ITEMS)), key=lambda item: asked[item.name])
        taken = 0
        for item in items:
            if taken == each:
                break
            chosen = _drawn(labs.get((subject_id, item.itemid), ()), item, counts, drawing)
            if chosen is None:
                continue
            counts[item.name, chosen.label] += 1
            asked[item.name] += 1
            taken += 1
            rows.append(_row(subject_id, chosen, name))
    return rows


def _drawn(
    values: Sequence[Measured],
    item: Item,
    counts: Mapping[tuple[str, Answer], int],
    drawing: random.Random,
) -> _Asked | None:
    """A moment at which the answer is the one that was given less often so far."""
    wanted: Answer = "yes" if counts[item.name, "yes"] < counts[item.name, "no"] else "no"
    fitting = [asked for asked in _moments(values, item, drawing) if asked.label == wanted]
    return drawing.choice(fitting) if fitting else None


def _moments(values: Sequence[Measured], item: Item, drawing: random.Random) -> Iterator[_Asked]:
    for measured in values:
        moment = measured.known + timedelta(minutes=drawing.randrange(240))
        found = latest(values, moment)
        if found is not None and found[1] >= _LEAST:
            yield _Asked(item, moment, "yes" if found[0] > item.limit else "no")


def _row(subject_id: int, asked: _Asked, name: str) -> Row:
    return Row(
        qid=f"{name}-{subject_id}-{asked.item.name.replace(' ', '-')}",
        subject_id=subject_id,
        cutoff=asked.moment.strftime(_FORM),
        task=asked.item.name,
        task_type="look_up",
        question=question_about(asked.item),
        answer_form="yes_no",
        label=asked.label,
    )


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _FORM)
