"""What a question asks, taken from its words as far as they tell it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

NAMED_OUTRIGHT: Final = ("drug", "specimen", "order")
"""Parameters that a question names letter by letter."""
MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d)?")
HOURS: Final = re.compile(r"(\d+) hours")
WORD: Final = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Question:
    """A row of the benchmark, with what its wording names.

    `asks` is the definition in `docs/openseek-qa.md`; `label` a laboratory item; `named` a drug, a
    specimen or an order; `moment` the moment or day asked for; `unit` the unit of the answer.
    """

    row: Mapping[str, Any]
    label: str | None
    named: str | None

    @property
    def asks(self) -> str:
        return str(self.row["metadata"]["question_of"])

    @property
    def text(self) -> str:
        return str(self.row["question"])

    @property
    def unit(self) -> str | None:
        return self.row.get("unit")

    @property
    def moment(self) -> str:
        return str(MOMENT.findall(self.text)[-1])

    @property
    def hours(self) -> pd.Timedelta:
        (hours,) = HOURS.findall(self.text)
        return pd.Timedelta(hours=int(hours))


def question(row: Mapping[str, Any], items: pd.DataFrame) -> Question:
    """The question of a row; the laboratory item and the drug are found in its words.

    Raises:
        ValueError: the words name no item, or two, or not what the row's parameters say.
    """
    parameters, text = row["metadata"]["parameters"], str(row["question"])
    named = next((str(parameters[name]) for name in NAMED_OUTRIGHT if name in parameters), None)
    if named is not None and named not in text:
        raise ValueError(f"{row['qid']} does not name {named}")
    if (taken := parameters.get("taken")) and taken not in text:
        raise ValueError(f"{row['qid']} does not name {taken}")
    if "label" not in parameters:
        return Question(row, None, named)
    label = item_named(text.replace(named or "", ""), items)
    if label != parameters["label"]:
        raise ValueError(f"{row['qid']} names {label}, not {parameters['label']}")
    return Question(row, label, named)


def item_named(text: str, items: pd.DataFrame) -> str:
    """The label of the measured blood item whose words stand together in the text, the longest.

    >>> items = pd.DataFrame(
    ...     {"label": ["Hemoglobin", "% Hemoglobin A1c", "NTproBNP"], "unit": ["g/dL", "%", ""]}
    ... )
    >>> item_named("Give the newest hemoglobin A1c.", items)
    '% Hemoglobin A1c'
    >>> item_named("What was the latest NT-proBNP in blood?", items)
    'NTproBNP'

    Raises:
        ValueError: no label is found, or two that are equally long.
    """
    said = _words(text)
    names = {label: _words(label) for label in items.dropna(subset="unit")["label"].unique()}
    sizes = {
        label: sum(map(len, name))
        for label, name in names.items()
        if max(map(len, name), default=0) > 1 and _stand_together(name, said)
    }
    found = [label for label, size in sizes.items() if size == max(sizes.values())]
    if len(found) != 1:
        raise ValueError(f"{text!r} names {found}")
    return str(found[0])


def _words(text: str) -> list[str]:
    return [str(word) for word in WORD.findall(text.replace("-", "").casefold())]


def _stand_together(name: list[str], said: list[str]) -> bool:
    windows = range(len(said) - len(name) + 1)
    return any(sorted(said[start : start + len(name)]) == sorted(name) for start in windows)
