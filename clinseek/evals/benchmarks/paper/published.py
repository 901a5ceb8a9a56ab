"""The published result tables, value by value, to stand beside ours and be marked as published.

Sources: arXiv 2605.20176, Tables 1 and 4 (text), 2 and 5 (multimodal), 3 and 6 (AgentEHR). Values
are mean sample-wise F1 in percent; the radius is that of a two-sided 95 % Student t interval over
samples.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Literal, NamedTuple

from clinseek.records import Setting

PaperTable = Literal["text", "multimodal", "agentehr"]
_SETTINGS: tuple[Setting, ...] = ("automated", "curated")


class PublishedCell(NamedTuple):
    """One published value in percent; `radius` is None where none was printed."""

    model: str
    setting: Setting
    group: str
    f1: float
    radius: float | None


def published_cells(table: PaperTable) -> list[PublishedCell]:
    """Every value of a published table, in its order.

    >>> cells = published_cells("text")
    >>> cells[0]
    PublishedCell(model='Claude Opus 4.6', setting='automated', group='Risk Prediction', f1=90.7, \
radius=2.13)
    """
    text = files(__package__).joinpath(f"{table}.csv").read_text(encoding="utf-8")
    return [cell for line in csv.DictReader(text.splitlines()) for cell in _cells(table, line)]


def _cells(table: PaperTable, line: Mapping[str, str]) -> Iterator[PublishedCell]:
    if table != "text":
        group = line["task_group" if table == "multimodal" else "task"]
        setting: Setting = "curated" if line.get("setting") == "curated" else "automated"
        yield from _cell(line["model"], setting, group, line["f1"], line["radius"])
        return
    for setting in _SETTINGS:
        value, radius = line[f"{setting}_f1"], line[f"{setting}_radius"]
        yield from _cell(line["model"], setting, line["task_group"], value, radius)


def _cell(
    model: str, setting: Setting, group: str, value: str, radius: str
) -> Iterator[PublishedCell]:
    """Nothing where the model was not run so: a dash, or an empty cell."""
    if _is_number(value):
        told = float(radius) if _is_number(radius) else None
        yield PublishedCell(model, setting, group, float(value), told)


def _is_number(text: str | None) -> bool:
    try:
        float(text or "")
    except ValueError:
        return False
    return True
