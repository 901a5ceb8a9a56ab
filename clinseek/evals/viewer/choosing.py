"""Which runs of an index are listed: by words, task, status and outcome, in which order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from clinseek.evals.viewer.index import IndexedRun, RunIndex

PAGE_LINES = 100


class Choice(NamedTuple):
    """What was asked for; empty fields ask for nothing. `inside` also looks into transcripts."""

    words: str = ""
    task: str = ""
    status: str = ""
    outcome: str = ""
    folder: str = ""
    order: str = ""
    inside: str = ""
    page: int = 1

    def address(self, **changed: Any) -> str:
        """The query of this choice with some fields changed.

        >>> Choice(task="los", page=3).address(page=4)
        'task=los&page=4'
        """
        held = {**self._asdict(), **changed}
        return urlencode({name: value for name, value in held.items() if value not in {"", 1}})


def choice_of(query: Mapping[str, Sequence[str]]) -> Choice:
    """The choice of a query string; what cannot be read is not asked for.

    >>> choice_of({"task": ["los"], "page": ["x"]})
    Choice(words='', task='los', status='', outcome='', folder='', order='', inside='', page=1)
    """
    held = {name: query[name][0] for name in Choice._fields if query.get(name)}
    page = held.pop("page", "1")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 9 else 1
    return Choice(**held, page=max(1, number))


_ORDERS: Mapping[str, Callable[[IndexedRun], Any]] = {
    "score": lambda run: 2.0 if run.score is None or run.score.value is None else run.score.value,
    "calls": lambda run: -run.calls,
    "tokens": lambda run: -run.tokens,
    "seconds": lambda run: -run.seconds,
    "question": lambda run: run.qid,
}
ORDERS = tuple(_ORDERS)


def chosen(index: RunIndex, choice: Choice) -> list[IndexedRun]:
    """The runs that a choice asks for, all pages of them."""
    return index.remembered(choice._replace(page=1), lambda: _found(index, choice))


def beside(
    index: RunIndex, run: IndexedRun, choice: Choice
) -> tuple[IndexedRun | None, IndexedRun | None]:
    """The runs before and after one in the list of a choice; of all runs where it is not in it."""
    listed = chosen(index, choice)
    numbers = [each.number for each in listed]
    if run.number not in numbers:
        listed, numbers = index.runs, [each.number for each in index.runs]
    at = numbers.index(run.number)
    return (listed[at - 1] if at else None, listed[at + 1] if at + 1 < len(listed) else None)


def _found(index: RunIndex, choice: Choice) -> list[IndexedRun]:
    words = choice.words.casefold().split()
    found = [run for run in index.runs if _matches(index, run, choice)]
    if words:
        found = [run for run in found if _holds(index, run, words, choice)]
    order = _ORDERS.get(choice.order)
    return sorted(found, key=order) if order else found


def _matches(index: RunIndex, run: IndexedRun, choice: Choice) -> bool:
    if choice.outcome == "differs":
        outcomes = {run.outcome, *(each.outcome for each in index.siblings(run))}
        if not {"right", "wrong"} <= outcomes:
            return False
    elif choice.outcome and run.outcome != choice.outcome:
        return False
    return (
        choice.task in {"", run.task}
        and choice.status in {"", run.status}
        and choice.folder in {"", str(run.folder)}
    )


def _holds(index: RunIndex, run: IndexedRun, words: Sequence[str], choice: Choice) -> bool:
    explained = run.score.explanation if run.score else ""
    listed = (
        f"{run.qid} {run.task} {run.group} {run.subject_id or ''} {run.question} {run.answer} "
        f"{run.stop_reason} {explained}"
    ).casefold()
    if all(word in listed for word in words):
        return True
    return bool(choice.inside) and _in_transcript(index, run, words)


def _in_transcript(index: RunIndex, run: IndexedRun, words: Sequence[str]) -> bool:
    """Words as JSON writes them, in the line of the record as it stands in its file."""
    file = index.folders[run.folder].folder.records_file
    with file.open("rb") as opened:
        opened.seek(run.offset)
        line = opened.read(run.length).decode(errors="replace").casefold()
    return all(json.dumps(word, ensure_ascii=False)[1:-1] in line for word in words)
