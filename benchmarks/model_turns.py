"""What the client costs a turn: milliseconds over what the same bytes take on the wire.

A conversation grows by one call and its observation a round, and each turn is asked of a scripted
server on loopback (a process of its own) as a run asks it: what gives way is looked for, messages
become a request, the answer is read and counted. The exchange of the same request over bare httpx
is taken off. All of it is work of this process, so its processor time is what counts; the clock
is told beside it, and tells more on a machine that others use. The claim: at most 10 ms a turn,
over 200 rounds. It grows with the conversation, all of which is written anew for each request.

    python -m benchmarks.model_turns [--rounds 200] [--chars 1000] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx
from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.tools import StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from benchmarks.scripted_server import serving
from clinseek.models import build_model, close_model
from clinseek.nodes.condensing import condense
from clinseek.nodes.turn import take_turn
from clinseek.records import EvidenceEntry

TARGET_MS = 10.0
TOOLS = 16
TRIES = 5
_AMPLE = 10**8


class Took(NamedTuple):
    """Milliseconds of a step: of the processor, and by the clock."""

    work: float
    clock: float


@dataclass
class Measured:
    """What a turn took in each round: in all, and the bare exchange of its request."""

    turns: list[Took] = field(default_factory=list)
    bare: list[Took] = field(default_factory=list)

    def ours(self, first: int, last: int) -> Took:
        """The medians of what the client itself took in these rounds."""
        pairs = list(zip(self.turns[first:last], self.bare[first:last], strict=True))
        return Took(
            statistics.median(turn.work - bare.work for turn, bare in pairs),
            statistics.median(turn.clock - bare.clock for turn, bare in pairs),
        )


def tools() -> list[dict[str, Any]]:
    """Schemas as many as the tools of the record."""

    def run_sql_query(sql_query: str) -> str:
        """Answer one SQL query over the patient's record."""
        return sql_query

    schema = convert_to_openai_tool(
        StructuredTool.from_function(run_sql_query, name="ehr.run_sql_query")
    )
    named = [{**schema["function"], "name": f"ehr.tool_{at}"} for at in range(TOOLS - 1)]
    return [schema, *({"type": "function", "function": function} for function in named)]


def round_of(number: int, chars: int) -> tuple[list[AnyMessage], EvidenceEntry]:
    """One turn with its call, the observation, and its entry in the ledger."""
    arguments = {"sql_query": f"SELECT * FROM labevents WHERE row_id = {number}"}
    call = {"name": "ehr.run_sql_query", "args": arguments, "id": f"c{number}", "type": "tool_call"}
    spoken = AIMessage("", tool_calls=[call], additional_kwargs={"reasoning_content": "r" * 300})
    observed = ToolMessage(f"[E{number}] " + "x" * chars, tool_call_id=f"c{number}")
    entry = EvidenceEntry(
        id=f"E{number}",
        number=number,
        round=number,
        call_id=f"c{number}",
        tool="ehr.run_sql_query",
        arguments=arguments,
        tables=[],
        table=None,
        row_ids=[],
        refused=False,
        sha256="",
        chars=chars,
        shown_chars=chars,
        seconds=0.0,
    )
    return [spoken, observed], entry


async def measured(url: str, *, rounds: int, chars: int) -> Measured:
    """Every round `TRIES` times, the fastest counts: what is slower is another's doing."""
    model = build_model(f"openai:tiny@{url}")
    bound = model.bind_tools(tools())
    conversation: list[AnyMessage] = [SystemMessage("You seek."), HumanMessage("What was it?")]
    ledger: list[EvidenceEntry] = []
    found = Measured()

    async def turn() -> None:
        fitted = condense(conversation, ledger, replaced={}, limit=_AMPLE)
        taken = await take_turn(bound, fitted.messages)
        assert taken.answer is not None, taken.fault

    async with httpx.AsyncClient(timeout=60) as client:
        for number in range(1, rounds + 1):
            body = _body(model, conversation)

            async def exchange(body: bytes = body) -> None:
                headers = {"content-type": "application/json"}
                answered = await client.post(
                    f"{url}/chat/completions", content=body, headers=headers
                )
                assert answered.status_code == 200

            found.turns.append(await _fastest(turn))
            found.bare.append(await _fastest(exchange))
            messages, entry = round_of(number, chars)
            conversation.extend(messages)
            ledger.append(entry)
    await close_model(model)
    return found


def _body(model: Any, conversation: list[AnyMessage]) -> bytes:
    """The request of a turn as it goes over the wire."""
    payload = model._get_request_payload(conversation, tools=tools())
    extra = payload.pop("extra_body", None) or {}
    return json.dumps({**payload, **extra}).encode()


async def _fastest(step: Callable[[], Awaitable[None]]) -> Took:
    took = []
    for _ in range(TRIES):
        clock, work = time.perf_counter(), time.process_time()
        await step()
        took.append(Took(1000 * (time.process_time() - work), 1000 * (time.perf_counter() - clock)))
    return Took(*(min(each) for each in zip(*took, strict=True)))


def main() -> None:
    """Print milliseconds a turn, early and late in a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--chars", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with serving(rounds=given.rounds + 1) as url:
        asyncio.run(measured(url, rounds=5, chars=given.chars))
        found = asyncio.run(measured(url, rounds=given.rounds, chars=given.chars))
    step = max(1, given.rounds // 4)
    parts = [(first, min(first + step, given.rounds)) for first in range(0, given.rounds, step)]
    ours = {f"{first + 1}-{last}": found.ours(first, last) for first, last in parts}
    kept = max(took.work for took in ours.values()) <= TARGET_MS
    if given.json:
        shown = {rounds: [round(each, 2) for each in took] for rounds, took in ours.items()}
        print(json.dumps({"client_ms": shown, "target_ms": TARGET_MS, "kept": kept}))
        return
    print(f"{given.rounds} rounds of {given.chars:,} characters, milliseconds a turn in the client")
    print("  rounds     processor    clock")
    for rounds, took in ours.items():
        print(f"  {rounds:9} {took.work:10.2f} {took.clock:8.2f}")
    print(f"  at most {TARGET_MS:g} ms of the processor: {'yes' if kept else 'NO'}")


if __name__ == "__main__":
    main()
