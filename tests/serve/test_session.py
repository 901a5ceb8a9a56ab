"""What one session keeps of its calls, and for how long."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from langchain_core.tools import BaseTool, tool

from clinseek.errors import Refusal
from clinseek.serve import session as sessions
from clinseek.serve.service import Opened
from clinseek.serve.session import Limits, Session

ROOM = 1_000


@tool
def note(words: str) -> str:
    """Take a note, or refuse an empty one."""
    if not words.strip():
        raise Refusal("there is nothing to note")
    return "noted"


def _session(limits: Limits | None = None) -> Session:
    offered: list[BaseTool] = [note]
    opened = Opened(tools=offered, pages={}, close=lambda: None)
    return Session(opened, limits or Limits())


async def _called(session: Session, *calls: dict[str, Any]) -> list[sessions.Evidence]:
    return [await session.call("note", call) for call in calls]


def test_what_was_asked_counts_as_what_was_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_HELD_CHARACTERS", ROOM)
    session = _session()
    asyncio.run(_called(session, *[{"words": "x" * 300}] * 10))
    assert [entry.id for entry in session.evidence()] == ["E8", "E9", "E10"]
    asyncio.run(_called(session, *[{"words": "y"}] * 10))
    assert [entry.id for entry in session.evidence()][-10:] == [f"E{n}" for n in range(11, 21)]


def test_of_a_refused_call_not_what_was_asked_is_kept() -> None:
    session = _session()
    asyncio.run(_called(session, {"words": " " * 500}))
    (entry,) = session.evidence()
    assert (entry.answered.text, entry.arguments) == ("there is nothing to note", {})


def test_an_expired_session_keeps_nothing() -> None:
    async def run() -> Session:
        session = _session(Limits(idle=0.01))
        await _called(session, {"words": "x"})
        await session.expire_when_idle()
        return session

    session = asyncio.run(run())
    assert session.evidence() == []
    assert session.pages() == []
