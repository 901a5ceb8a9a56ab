"""A scripted host on loopback that looks things up for some turns, answers, and counts.

Each question carries a mark (`drill-7`), by which the host knows whose turn it is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.models.server import Body, ChatServer, Reply, answer

MARK = re.compile(r"drill-\d+")
USAGE = {"prompt_tokens": 900, "completion_tokens": 40, "total_tokens": 940}

Call = tuple[str, dict[str, Any]]

LOOK_UPS: tuple[Call, ...] = (
    ("ehr_run_sql_query", {"sql_query": "SELECT * FROM labevents ORDER BY charttime LIMIT 20"}),
    ("ehr_get_latest_records", {"table_name": "labevents"}),
)
WEB_FROM = 900
"""Questions whose mark is this number or more are answered with calls of the browser."""
FINISH: Call = ("ehr_finish", {"response": ["3.2"], "citations": ["E1"]})


class Host:
    """The server, and which turns of which question it was asked for, in their order."""

    def __init__(self, script: Callable[[Body], Reply]) -> None:
        """Serve what `script` says until `close`."""
        self._script = script
        self._fault: Callable[[Reply], Reply] | None = None
        self._failed: set[tuple[str, int]] = set()
        self._chat = ChatServer(self._reply)

    @property
    def spec(self) -> str:
        """How a command names the model; answers are streamed."""
        return f"{self._chat.spec}?stream=true"

    def close(self) -> None:
        """Stop serving."""
        self._chat.close()

    @contextmanager
    def failing(self, fault: Callable[[Reply], Reply]) -> Iterator[set[tuple[str, int]]]:
        """The first answer of each turn of each question goes wrong so; the turns that did."""
        self._fault, self._failed = fault, set()
        try:
            yield self._failed
        finally:
            self._fault = None

    def _reply(self, body: Body) -> Reply:
        said, asked = self._script(body), (mark_of(body), turn_of(body))
        if self._fault is None or asked in self._failed:
            return said
        self._failed.add(asked)
        return self._fault(said)

    def asked(self, since: int = 0) -> list[tuple[str, int]]:
        """(mark, turn) of each request after the first `since`; turns are counted from 0."""
        return [(mark_of(body), turn_of(body)) for body in self._chat.requests[since:]]

    def heard(self, since: int = 0) -> list[Body]:
        """The bodies of the requests."""
        return self._chat.requests[since:]


@contextmanager
def serving(
    *, rounds: int = 4, delay: float = 0.0, calls: tuple[Call, ...] = LOOK_UPS
) -> Iterator[Host]:
    """A host whose runs take `rounds` turns, each with `calls`, and one more for the answer."""

    def turn(body: Body) -> Reply:
        at = turn_of(body)
        told = [FINISH] if at >= rounds else _calls(mark_of(body), at, calls)
        said = answer(
            f"{mark_of(body)} turn {at}",
            [(name, json.dumps(arguments)) for name, arguments in told],
            usage=USAGE,
        )
        return Reply(body=said, delay=delay)

    host = Host(turn)
    try:
        yield host
    finally:
        host.close()


def _calls(mark: str, turn: int, look_ups: tuple[Call, ...]) -> tuple[Call, ...]:
    number = int(mark.partition("-")[2] or 0)
    if number < WEB_FROM:
        return look_ups
    return (
        ("browser_search", {"query": f"hyperkalaemia guideline {turn}"}),
        ("browser_open", {"id": f"https://e.org/guideline/{turn}"}),
    )


def mark_of(body: Body) -> str:
    """The mark of the question in a request."""
    found = MARK.search(json.dumps(body["messages"]))
    return found.group() if found else ""


def turn_of(body: Body) -> int:
    """How many turns of the model a request holds already."""
    return sum(message["role"] == "assistant" for message in body["messages"])
