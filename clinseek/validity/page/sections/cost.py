"""What `available` keeps back although it has happened, and what that costs."""

from __future__ import annotations

from clinseek.validity.page.markdown import count, minutes, names, paragraph, share, spoken, table
from clinseek.validity.page.measure import Figures
from clinseek.validity.page.waiting import ARRIVALS, Evidence

HEAD = """\
## What `available` keeps back, and what that costs

The price of honesty is evidence that had happened and was not known yet. Here `available` is held
against `event`, which shows a row from the moment it happened on, at prediction times in which no
outcome has a say: hours after each admission, ED arrival and ICU arrival, whether or not the
patient was still there.

- *happened*: rows that `event` shows, summed over the prediction times. *Waiting*: those of them
  that `available` does not show yet.
- *fresh*: those of the 24 hours before the cutoff, which most questions are about.
- *median wait* and *90 %*: minutes from happening to being known, over all rows of the table that
  wait at all, whatever the prediction times. *Never*: rows that happened and are never known.
- Where a clock is missing or moves with later edits, the wait is the caution of the rule and not
  the delay of the hospital: the limits and open questions below say where.
"""

_COUNTED = ["happened", "waiting", "share", "fresh", "fresh waiting", "share"]


def evidence_lost(name: str, figures: Figures) -> str:
    """The figures of one source: by prediction time, by table, and in words."""
    parts = [
        f"### {name}: kept back",
        _by_time(figures),
        _by_table(figures),
        paragraph(_at_once(figures)),
        paragraph(_in_words(figures)),
    ]
    return "\n\n".join(parts) + "\n"


def _by_time(figures: Figures) -> str:
    by_time = figures.waiting.by_time
    lines = [
        [drawn_as, count(by_time[drawn_as].times), *_evidence(by_time[drawn_as])]
        for drawn_as in sorted(by_time, key=_kind_and_hours)
    ]
    return table(["prediction time", "times", *_COUNTED], lines)


def _kind_and_hours(drawn_as: str) -> tuple[int, int]:
    kind, _, hours = drawn_as.partition(" + ")
    return ARRIVALS.index(kind), int(hours.removesuffix(" h"))


def _by_table(figures: Figures) -> str:
    waiting = figures.waiting
    lines = [
        [
            f"`{name}`",
            *_evidence(waiting.by_table[name]),
            minutes(waiting.delays[name].minutes(0.5)),
            minutes(waiting.delays[name].minutes(0.9)),
            count(waiting.never[name]),
        ]
        for name in figures.tables
        if _waits(figures, name)
    ]
    return table(["table", *_COUNTED, "median wait", "90 %", "never"], lines)


def _waits(figures: Figures, name: str) -> bool:
    return bool(figures.waiting.delays[name] or figures.waiting.never[name])


def _evidence(evidence: Evidence) -> list[str]:
    return [
        count(evidence.happened),
        count(evidence.waiting),
        share(evidence.waiting, evidence.happened),
        count(evidence.fresh),
        count(evidence.fresh_waiting),
        share(evidence.fresh_waiting, evidence.fresh),
    ]


def _at_once(figures: Figures) -> str:
    rest = [name for name in figures.tables if not _waits(figures, name)]
    return (
        f"Nothing waits in {names(rest)}: their rows are known when they happen, or both profiles "
        "wait for the same end, as they do with codes."
    )


def _in_words(figures: Figures) -> str:
    told = [
        _wait(figures, "labevents", "A laboratory result"),
        _wait(figures, "microbiologyevents", "A culture"),
        _wait(figures, "radiology", "A radiology report"),
        _wait(figures, "procedureevents", "A bedside procedure"),
    ]
    first = figures.waiting.by_time.get("ED arrival + 1 h")
    if first is not None:
        told.append(
            f"An hour after arrival in the ED, {share(first.fresh_waiting, first.fresh)} of what "
            "happened in the last day is still on its way."
        )
    return "In words: " + " ".join(sentence for sentence in told if sentence)


def _wait(figures: Figures, name: str, what: str) -> str:
    delays = figures.waiting.delays.get(name)
    if not delays:
        return ""
    return (
        f"{what} waits {spoken(delays.minutes(0.5))} in the median, and more than "
        f"{spoken(delays.minutes(0.9))} one time in ten."
    )
