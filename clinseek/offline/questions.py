"""Questions to try the software with, drawn from what a store holds.

A draw looks at which patients, stays and items there are, never at a value: no answer is known
when a question is made, and none is written down.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinseek.errors import StoreError

if TYPE_CHECKING:
    import pyarrow as pa

    from clinseek.toolkits.ehr.store import Store

_TRIES = 40
_SHORTEST_STAY = timedelta(hours=24)
_FEWEST_ROWS = 3
_POLAR = ("yes", "no")


@dataclass(frozen=True)
class DrawnQuestion:
    """A question about one patient at one moment, and which `kind` of question it is."""

    subject_id: int
    cutoff: str
    question: str
    candidates: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class _Moment:
    """A patient in the middle of a stay: what was charted so far, by table and item."""

    subject_id: int
    cutoff: datetime
    admitted: datetime
    names: dict[str, list[str]]

    def asks(self, kind: str, question: str, candidates: tuple[str, ...] = ()) -> DrawnQuestion:
        return DrawnQuestion(self.subject_id, str(self.cutoff), question, candidates, kind)


_Maker = Callable[[_Moment, random.Random], DrawnQuestion | None]


def draw_questions(store: Store | Path | str, *, seed: int, count: int = 3) -> list[DrawnQuestion]:
    """`count` questions of different kinds (while there are enough kinds), the same for a seed.

    Each is asked in the middle of a hospital stay of a patient drawn by `seed`. Raises StoreError
    when the store holds no patient with a stay of a day and anything measured in it.
    """
    opened = _opened(store)
    rng = random.Random(seed)
    subjects = opened.subjects()
    kinds = list(_MAKERS)
    rng.shuffle(kinds)
    drawn: list[DrawnQuestion] = []
    tries = 0
    while len(drawn) < count and tries < _TRIES * count:
        tries += 1
        moment = _moment(opened, rng.choice(subjects), rng) if subjects else None
        made = _MAKERS[kinds[len(drawn) % len(kinds)]](moment, rng) if moment else None
        if made is not None:
            drawn.append(made)
        elif tries % _TRIES == 0:
            kinds.append(kinds.pop(len(drawn) % len(kinds)))
    if not drawn:
        raise StoreError(
            f"no question can be drawn from {opened.path}: none of its patients has a hospital "
            "stay of a day with measurements in it"
        )
    return drawn


def _opened(store: Store | Path | str) -> Store:
    from clinseek.toolkits.ehr.store import Store as Opened

    return Opened.open(store) if isinstance(store, str | Path) else store


def _moment(store: Store, subject_id: int, rng: random.Random) -> _Moment | None:
    """The patient in the middle third of one of the stays, or None where there is no such stay."""
    tables = store.read_subject(subject_id)
    stays = [
        (stay["admittime"], stay["dischtime"])
        for stay in tables["admissions"].to_pylist()
        if stay["admittime"] and stay["dischtime"]
        and stay["dischtime"] - stay["admittime"] >= _SHORTEST_STAY
    ]  # fmt: skip
    if not stays:
        return None
    admitted, left = rng.choice(stays)
    share = rng.uniform(1 / 3, 2 / 3)
    cutoff = (admitted + (left - admitted) * share).replace(second=0, microsecond=0)
    names = {
        "lab": _names(store, tables.get("labevents"), "d_labitems", admitted, cutoff),
        "vital": _names(store, tables.get("chartevents"), "d_items", admitted, cutoff),
        "drug": _drugs(tables.get("prescriptions"), admitted, cutoff),
        "culture": _cultures(tables.get("microbiologyevents"), admitted, cutoff),
    }
    return _Moment(subject_id, cutoff, admitted, names)


def _names(
    store: Store, events: pa.Table | None, dictionary: str, start: datetime, end: datetime
) -> list[str]:
    """Labels of the items that were filed with a number at least thrice in this span, sorted."""
    if events is None:
        return []
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    filed = pc.coalesce(events["storetime"], events["charttime"])
    inside = pc.and_(
        pc.and_(pc.greater_equal(events["charttime"], start), pc.less_equal(filed, end)),
        pc.is_valid(events["valuenum"]),
    )
    counts: dict[Any, int] = {}
    for itemid in events.filter(inside)["itemid"].to_pylist():
        counts[itemid] = counts.get(itemid, 0) + 1
    often = {itemid for itemid, count in counts.items() if count >= _FEWEST_ROWS}
    path = store.path / "dictionaries" / f"{dictionary}.parquet"
    if not often or not path.is_file():
        return []
    known = pq.read_table(path).to_pylist()
    return sorted(
        {
            item["label"]
            for item in known
            if item["itemid"] in often and item.get("fluid", "Blood") == "Blood"
            and item.get("category") in _CATEGORIES and len(item["label"] or "") > 2
        }
    )  # fmt: skip


_CATEGORIES = ("Chemistry", "Hematology", "Routine Vital Signs")
_NO_DRUGS = (
    "Sodium",
    "Potassium",
    "Calcium",
    "Magnesium",
    "Sterile",
    "Syringe",
    "Lactated",
    "Dextrose",
)
"""First words that name no drug by themselves."""


def _drugs(orders: pa.Table | None, start: datetime, end: datetime) -> list[str]:
    """First words of the drugs that were ordered in this span, sorted."""
    if orders is None:
        return []
    words = {
        str(order["drug"]).split()[0].strip(",")
        for order in orders.select(["drug", "starttime"]).to_pylist()
        if order["drug"] and order["starttime"] and start <= order["starttime"] <= end
    }
    return sorted(
        word for word in words if word.isalpha() and len(word) > 4 and word not in _NO_DRUGS
    )


def _cultures(events: pa.Table | None, start: datetime, end: datetime) -> list[str]:
    """Names of the tests that were filed in this span, sorted."""
    if events is None:
        return []
    tests = events.select(["test_name", "storetime"]).to_pylist()
    return sorted(
        {
            test["test_name"]
            for test in tests
            if test["storetime"] and start <= test["storetime"] <= end
        }
    )


def _asking(what: str, kind: str, ask: str) -> _Maker:
    return lambda moment, rng: _about(what, kind, ask, moment, rng)


def _about(
    what: str, kind: str, ask: str, moment: _Moment, rng: random.Random
) -> DrawnQuestion | None:
    names = moment.names[what]
    if not names:
        return None
    question = ask.format(name=rng.choice(names))
    candidates = _POLAR if question.startswith(("Is ", "Was ", "Has ", "Did ")) else ()
    return moment.asks(kind, question, candidates)


def _fixed(kind: str, question: str) -> _Maker:
    return lambda moment, _: moment.asks(kind, question)


def _several(moment: _Moment, rng: random.Random) -> DrawnQuestion | None:
    """Which of some tests were done: those of this stay among others, not told apart here."""
    names: Sequence[str] = moment.names["lab"]
    if len(names) < 5:
        return None
    chosen = (*rng.sample(list(names), 4), "Ammonia", "Ferritin")
    candidates = tuple(sorted(dict.fromkeys(chosen)))
    question = "Which of these laboratory tests were measured in the last 24 hours?"
    return moment.asks("which labs of a list", question, candidates)


_MAKERS: dict[str, _Maker] = {
    "latest": _asking("lab", "latest of a lab", "What was the latest {name}?"),
    "extreme": _asking(
        "lab", "highest of a lab", "What was the highest {name} during this admission?"
    ),
    "mean": _asking("lab", "mean of a lab", "What was the mean {name} in the last 48 hours?"),
    "trend": _asking(
        "lab", "trend of a lab", "What was the trend of {name} during this admission?"
    ),
    "count": _asking(
        "lab", "count of a lab", "How many times was {name} measured during this admission?"
    ),
    "vital": _asking(
        "vital", "lowest of a vital sign", "What was the lowest {name} during this admission?"
    ),
    "drug": _asking("drug", "drug given", "Was {name} given during this admission?"),
    "several": _several,
    "culture": _asking(
        "culture", "culture grew", "Did any culture grow an organism during this admission?"
    ),
    "unit": _fixed("care unit", "Which care unit is the patient in now?"),
}
