"""act: runs one call and files its observation in the ledger."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import Iterator
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime
from pydantic import BaseModel, ValidationError

from clinseek.errors import Refusal, UserError
from clinseek.graphs.state import Call, Context
from clinseek.nodes.approval import approved, needs_approval
from clinseek.nodes.bench import Bench
from clinseek.nodes.browse import browse, leads_to, shown_by
from clinseek.nodes.outcomes import Outcome, refused
from clinseek.nodes.pictures import box_lines, image_shown
from clinseek.nodes.shortening import shorten
from clinseek.nodes.steps import Step, milliseconds, summary
from clinseek.nodes.toolset import BROWSER_TOOLS, IMAGE_TOOLS, unknown_tool
from clinseek.records import EvidenceEntry, RunError
from clinseek.toolkits.observation import Observation


async def act(state: Call, runtime: Runtime[Context], *, bench: Bench) -> dict[str, Any]:
    """One call of a turn: its observation as a tool message, its entry in the ledger.

    A mistake of the model is an observation that says what to do instead. A fault of a tool is
    a short observation too, and is filed among the errors; it never ends the run.
    """
    context = runtime.context or Context()
    allowed: Call | str = state
    if needs_approval(state, context):
        address = await asyncio.to_thread(leads_to, state, context, bench)
        allowed = approved(state, address=address)
    call = state if isinstance(allowed, str) else allowed
    if (loads := _to_load(call, bench)) is not None:
        step = Step(kind="loading", round=state["round"], tool=state["tool"], said=loads)
        runtime.stream_writer(step.as_event())
    started = time.perf_counter()
    outcome = refused(allowed) if isinstance(allowed, str) else await _outcome(call, context, bench)
    seconds = time.perf_counter() - started
    if call["arguments"] != state["arguments"]:
        said = f"(a person changed this call: {summary(call['arguments'])})\n{outcome.text}"
        outcome = outcome._replace(text=said)
    entry, message = _filed(call, outcome, seconds, shown=context.max_observation_chars)
    runtime.stream_writer(
        Step(
            kind="call",
            round=state["round"],
            tool=state["tool"],
            arguments=summary(call["arguments"]),
            evidence=entry["id"],
            status="failed" if outcome.failure else "refused" if entry["refused"] else "ok",
            ms=milliseconds(seconds),
        ).as_event()
    )
    update: dict[str, Any] = {"messages": [message], "evidence": [entry]}
    if outcome.opened:
        update["browser"] = list(outcome.opened)
    if noted := list(_noted(call, outcome)):
        update["errors"] = noted
    return update


def _to_load(call: Call, bench: Bench) -> str | None:
    """The models that a call waits for before it is answered, which can take half a minute."""
    if call["tool"] not in IMAGE_TOOLS or "images" not in call["case"]:
        return None
    return bench.means.engines.engine().to_load(call["tool"])


def _noted(call: Call, outcome: Outcome) -> Iterator[RunError]:
    """What the record says of a call beside its observation."""
    if outcome.failure:
        yield _error(call, "tool_failed", f"{call['tool']}: {outcome.failure}")
    for held_back in outcome.held_back:
        yield _error(call, "not_sent", f"{call['tool']} was not sent: it held {held_back}")


def _error(call: Call, kind: str, message: str) -> RunError:
    return RunError(
        where="act", round=call["round"], number=call["number"], kind=kind, message=message
    )


async def _outcome(call: Call, context: Context, bench: Bench) -> Outcome:
    fault = call["fault"] or _cap_reached(call, context)
    if fault is not None:
        return refused(fault)
    try:
        return await _answered(call, context, bench)
    except ValidationError as error:
        return refused(_argument_sentence(call["tool"], error))
    except Refusal as refusal:
        return refused(str(refusal))
    except UserError:
        raise  # the store is gone, say: mended by the user, the run can be resumed
    except Exception as error:  # a fault of a tool must not cost the run
        return Outcome(
            f"{call['tool']} failed unexpectedly ({type(error).__name__}); this was noted. "
            "Try another call.",
            Observation(refused=True),
            failure=f"{type(error).__name__}: {error}",
        )


async def _answered(call: Call, context: Context, bench: Bench) -> Outcome:
    own = await asyncio.to_thread(bench.tools, call["case"])
    images = await asyncio.to_thread(bench.image_tools, call["case"])
    outside = await bench.outside(call["case"], context)
    tools = {**outside.tools, **images, **own}
    tool = tools.get(call["tool"])
    if tool is None and call["tool"] in BROWSER_TOOLS and bench.browses(context):
        return await browse(call, context, bench)
    if tool is None:
        return refused(unknown_tool(call["tool"], list(tools)))
    unknown = _unknown_arguments(tool, call["arguments"])
    if unknown:
        return refused(unknown)
    return await asyncio.to_thread(_read, await _invoke(tool, call))


def _cap_reached(call: Call, context: Context) -> str | None:
    if call["tool"].startswith("browser.") and call["browsed"] >= context.max_browser_calls:
        return "no browser calls are left in this run; answer with what is known"
    return None


async def _invoke(tool: BaseTool, call: Call) -> ToolMessage:
    wired = {
        "name": call["tool"],
        "args": call["arguments"],
        "id": call["call_id"],
        "type": "tool_call",
    }
    if getattr(tool, "coroutine", None) is not None:
        answered = await tool.ainvoke(wired)
    else:
        # SQLite blocks, and a server's event loop must not be blocked.
        answered = await asyncio.to_thread(tool.invoke, wired)
    assert isinstance(answered, ToolMessage)
    return answered


def _read(answered: ToolMessage) -> Outcome:
    """What a tool answered: text, and images as any host takes them."""
    content = answered.content
    blocks = [content] if isinstance(content, str) else content
    texts = [block if isinstance(block, str) else block.get("text") for block in blocks]
    images = [block for block in blocks if isinstance(block, dict) and block.get("base64")]
    origin = answered.artifact
    if not isinstance(origin, Observation):
        origin = Observation(refused=answered.status == "error")
    text = "\n".join(str(each) for each in texts if each)
    return Outcome(text, origin, tuple(_as_sent(image) for image in images))


def _as_sent(block: dict[str, Any]) -> dict[str, Any]:
    """An image block in the one encoding that every host is sent."""
    from clinseek.models.images import encode, image_block

    return image_block(encode(base64.b64decode(block["base64"])))


def _unknown_arguments(tool: BaseTool, arguments: dict[str, Any]) -> str | None:
    """A sentence about arguments that the tool would drop in silence, or None."""
    schema = tool.args_schema
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)):
        return None
    fields = schema.model_fields
    known = {*fields, *(field.alias for field in fields.values() if field.alias)}
    strange = [name for name in arguments if name not in known]
    if not strange:
        return None
    return (
        f"{tool.name} has no argument {', '.join(map(repr, strange))}; "
        f"its arguments: {', '.join(fields) or 'none'}"
    )


def _argument_sentence(tool: str, error: ValidationError) -> str:
    faults = "; ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'arguments'}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False)
    )
    return f"{tool}: the arguments cannot be used ({faults}); correct them and call again"


def _filed(
    call: Call, outcome: Outcome, seconds: float, *, shown: int
) -> tuple[EvidenceEntry, ToolMessage]:
    name = f"E{call['number']}"
    full = f"[{name}] {outcome.text}"
    if outcome.origin.image and outcome.origin.image.boxes:
        full = f"{full}\n{box_lines(name, outcome.origin.image.boxes)}"
    visible = shorten(full, shown)
    entry = EvidenceEntry(
        id=name,
        number=call["number"],
        round=call["round"],
        call_id=call["call_id"],
        tool=call["tool"],
        arguments=call["arguments"],
        tables=list(outcome.origin.tables),
        table=outcome.origin.table,
        row_ids=list(outcome.origin.row_ids),
        refused=outcome.origin.refused,
        sha256=hashlib.sha256(full.encode()).hexdigest(),
        chars=len(full),
        shown_chars=len(visible),
        seconds=round(seconds, 4),
    )
    if (web := shown_by(outcome.origin)) is not None:
        entry["web"] = web
    if (image := image_shown(outcome.origin)) is not None:
        entry["image"] = image
    message = ToolMessage(
        [{"type": "text", "text": visible}, *outcome.images] if outcome.images else visible,
        tool_call_id=call["call_id"],
        name=call["tool"],
        id=f"{call['call_id']}-{name}",
        status="error" if outcome.origin.refused else "success",
        # The full text stands once: here when it was shortened, else in the content itself.
        artifact={"full": full} if len(visible) < len(full) else None,
    )
    return entry, message
