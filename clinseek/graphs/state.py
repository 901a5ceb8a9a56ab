"""The typed state that travels through the graph, and the context a run is started with.

Channels that grow with the run (messages, evidence, errors) are delta channels: a checkpoint
stores what a step added, so that a run's storage is linear in its rounds. Their reducers give
the same list however the writes are batched, and in whatever order parallel calls ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NotRequired

from langchain_core.messages import (
    AIMessage,
    AnyMessage,
    BaseMessage,
    RemoveMessage,
    ToolMessage,
    convert_to_messages,
)
from langgraph.channels.delta import DeltaChannel
from langgraph.graph.message import REMOVE_ALL_MESSAGES
from langgraph.managed import RemainingSteps
from pydantic import Field
from typing_extensions import TypedDict

from clinseek.prompts import Role
from clinseek.records import (
    AnswerForm,
    EvidenceEntry,
    ImageAttached,
    Replaced,
    RunError,
    Salvage,
    Status,
    StopReason,
    Timings,
    TurnUsed,
    Usage,
)
from clinseek.toolkits.ehr.availability.profiles import CaseProfile

# One snapshot a thousand updates: more often and a long run's storage turns quadratic again.
_SNAPSHOT_EVERY = 1000


WebMode = Literal["record", "replay", "live", "off"]
WebGuard = Literal["balanced", "strict", "off"]


class BoundImages(TypedDict):
    """The images that a run may open: below `root` those attached, all where none is attached.

    `benchmark` is there where they are of one that is named.
    """

    root: str | None
    attached: list[ImageAttached]
    benchmark: NotRequired[str]


class CaseBinding(TypedDict):
    """The case that a run is bound to, where its file lies, and the task it was opened for.

    Without a patient no record is open, and the case holds no table. `images` is there where the
    run may have image tools.
    """

    store: str
    fingerprint: str
    vocabulary: str | None
    subject_id: int | None
    cutoff: str | None
    profile: CaseProfile
    file: str
    task: str
    images: NotRequired[BoundImages]


class Submission(TypedDict):
    """An answer as it was handed in; `weighed` once reason has looked at it.

    `salvaged` says how it was read where ehr.finish was not called.
    """

    answer: list[str]
    citations: list[list[str]]
    via: Literal["finish", "text", "conclusion"]
    salvaged: Salvage | None
    weighed: bool


def fold_messages(state: Sequence[Any], writes: Sequence[Any]) -> list[AnyMessage]:
    """`state` with `writes` folded in: append, replace by id, remove by id, or remove all.

    The answer to a tool call takes its place behind the turn that called it, in the order of
    the calls, so the list does not depend on which parallel call ended first.
    """
    held: list[Any] = _typed(state)
    places = {message.id: at for at, message in enumerate(held) if message.id is not None}
    for message in _typed(_flat(writes)):
        if isinstance(message, RemoveMessage):
            held = [] if message.id == REMOVE_ALL_MESSAGES else _without(held, message.id)
            places = {kept.id: at for at, kept in enumerate(held) if kept.id is not None}
            continue
        if message.id is not None and message.id in places:
            held[places[message.id]] = message
            continue
        at = _place_of_answer(held, message) if isinstance(message, ToolMessage) else len(held)
        held.insert(at, message)
        if at == len(held) - 1 and message.id is not None:
            places[message.id] = at
        else:
            places = {kept.id: at for at, kept in enumerate(held) if kept.id is not None}
    return held


def fold_evidence(state: Sequence[Any], writes: Sequence[Any]) -> list[EvidenceEntry]:
    """The ledger in the order of its numbers; a number written again replaces its entry."""
    entries: dict[int, EvidenceEntry] = {entry["number"]: entry for entry in state}
    entries.update({entry["number"]: entry for entry in _flat(writes)})
    return [entries[number] for number in sorted(entries)]


def fold_errors(state: Sequence[Any], writes: Sequence[Any]) -> list[RunError]:
    """All errors by round and number of the call, those of one moment in the order written."""
    return sorted([*state, *_flat(writes)], key=lambda error: (error["round"], error["number"]))


def fold_added(state: Sequence[Any], writes: Sequence[Any]) -> list[Any]:
    """A list that is only added to, in the order written."""
    return [*state, *_flat(writes)]


def _typed(messages: Sequence[Any]) -> list[Any]:
    if all(isinstance(message, BaseMessage) for message in messages):
        return list(messages)
    return list(convert_to_messages(messages))


def _flat(writes: Sequence[Any]) -> list[Any]:
    flat: list[Any] = []
    for write in writes:
        flat.extend(write if isinstance(write, list) else [write])
    return flat


def _without(held: list[Any], gone: str | None) -> list[Any]:
    return [message for message in held if message.id != gone]


def _place_of_answer(held: Sequence[Any], answer: ToolMessage) -> int:
    """Where the answer to a call belongs: behind the answers to the calls made before it."""
    for at in range(len(held) - 1, -1, -1):
        turn = held[at]
        if not isinstance(turn, AIMessage):
            continue
        order = [call["id"] for call in (*turn.tool_calls, *turn.invalid_tool_calls)]
        if answer.tool_call_id not in order:
            continue
        rank = order.index(answer.tool_call_id)
        place = at + 1
        while place < len(held):
            other = held[place]
            if not isinstance(other, ToolMessage) or other.tool_call_id not in order[:rank]:
                break
            place += 1
        return place
    return len(held)


class Input(TypedDict):
    """A question about one patient at one moment, about images, or about both."""

    subject_id: NotRequired[
        Annotated[
            int | None,
            Field(
                description="the patient, e.g. 10014354; empty only where images are attached",
                ge=1,
                le=2**63 - 1,
            ),
        ]
    ]
    cutoff: NotRequired[
        Annotated[
            str | None,
            Field(description="the moment of asking, inclusive: YYYY-MM-DD HH:MM:SS"),
        ]
    ]
    question: Annotated[str, Field(description="what is asked, in plain words")]
    candidates: NotRequired[
        Annotated[list[str] | None, Field(description="the only answers allowed, if any")]
    ]
    answer_form: NotRequired[
        Annotated[AnswerForm | None, Field(description="what an answer must look like, if known")]
    ]
    images: NotRequired[
        Annotated[list[str] | None, Field(description="paths of images below the image root")]
    ]
    reports: NotRequired[
        Annotated[
            list[str] | None,
            Field(description="reports that belong to the images: paths below the root, or texts"),
        ]
    ]


class Output(TypedDict):
    """The answer, what it stands on, and what the run cost."""

    answer: list[str]
    citations: list[list[str]]
    evidence: Annotated[
        list[EvidenceEntry], DeltaChannel(fold_evidence, snapshot_frequency=_SNAPSHOT_EVERY)
    ]
    status: Status | None
    stop_reason: StopReason | None
    usage: Usage
    timings: Timings
    errors: Annotated[list[RunError], DeltaChannel(fold_errors, snapshot_frequency=_SNAPSHOT_EVERY)]


class State(Input, Output):
    """Everything a node may read. `remaining_steps` is the graph's own countdown.

    `browser` is the stack of pages that the run has opened, by cursor (`BrowserState.as_json`),
    `warned` holds each warning and nudge given, `repairs` counts what was mended in calls, and
    `context_length` is what the host told, or what its refusal of a long conversation taught.
    """

    messages: Annotated[
        list[AnyMessage], DeltaChannel(fold_messages, snapshot_frequency=_SNAPSHOT_EVERY)
    ]
    tools: Annotated[
        list[dict[str, Any]], DeltaChannel(fold_added, snapshot_frequency=_SNAPSHOT_EVERY)
    ]
    turns: Annotated[list[TurnUsed], DeltaChannel(fold_added, snapshot_frequency=_SNAPSHOT_EVERY)]
    replaced: Annotated[
        list[Replaced], DeltaChannel(fold_added, snapshot_frequency=_SNAPSHOT_EVERY)
    ]
    browser: Annotated[
        list[dict[str, Any]], DeltaChannel(fold_added, snapshot_frequency=_SNAPSHOT_EVERY)
    ]
    case: CaseBinding
    rounds: int
    revisions: int
    warned: list[str]
    repairs: dict[str, int]
    context_length: int | None
    submission: Submission | None
    remaining_steps: RemainingSteps


class Call(TypedDict):
    """What one act gets: one call of one turn, numbered.

    `fault` says why it cannot be run; `browsed` counts the browser calls of the run before it, and
    `browser` is the stack of pages, for those calls alone that may use it.
    """

    number: int
    round: int
    call_id: str
    tool: str
    arguments: dict[str, Any]
    fault: str | None
    browsed: int
    browser: list[dict[str, Any]]
    case: CaseBinding


@dataclass(frozen=True)
class Context:
    """How a run is to be made. Store and profile bind at load; the rest may change on resume."""

    store: Annotated[
        str | None, Field(description="folder of the store; empty: CLINSEEK_STORE, else a demo")
    ] = None
    model: Annotated[
        str | None,
        Field(
            description='"offline", "openai:NAME", "openai:NAME@http://host:port/v1", '
            '"vllm:http://host:port", "bedrock:ID?region=R", "hf:FOLDER", "replay:FILE", each '
            "with ?key=value; empty: CLINSEEK_MODEL, else offline"
        ),
    ] = None
    profile: Annotated[CaseProfile, Field(description="which clock decides what was known")] = (
        "available"
    )
    tools: Annotated[str, Field(description='"all", "paper20", or names parted by commas')] = "all"
    role: Annotated[
        Role,
        Field(description="whose system prompt: ours, the published role, or ours at its briefest"),
    ] = "clinseek"
    mcp: Annotated[
        dict[str, Any],
        Field(description="outside MCP servers by name: a URL, or a table as in [mcp] of a file"),
    ] = field(default_factory=dict)
    allow_hosts: Annotated[
        str, Field(description="hosts that may get patient rows without a warning, by commas")
    ] = ""
    web: Annotated[
        WebMode | None,
        Field(
            description="record: the archive's answers, else the backend's, kept; replay: the "
            "archive alone; live: the backend alone; off: no browser; empty: CLINSEEK_WEB, else "
            "record"
        ),
    ] = None
    web_backend: Annotated[
        str | None,
        Field(
            description='"offline" (nothing leaves the machine), "serper", "searxng:URL", '
            '"local:URL"; empty: CLINSEEK_WEB_BACKEND, else offline'
        ),
    ] = None
    web_corpora: Annotated[
        list[str],
        Field(description="corpora of the offline backend: JSONL files, folders; empty: a demo"),
    ] = field(default_factory=list)
    web_archive: Annotated[
        str | None, Field(description="file of queries and pages; empty: one a backend, at home")
    ] = None
    web_guard: Annotated[
        WebGuard | None,
        Field(description="how closely queries are compared with the record; empty: balanced"),
    ] = None
    web_deny: Annotated[
        str | None,
        Field(description='pages that stay closed: "benchmarks", or a file with a list'),
    ] = None
    image_root: Annotated[
        str | None, Field(description="folder of the images of the question; nothing else is read")
    ] = None
    reports_inlined: Annotated[
        bool, Field(description="show reports to the model, 4,000 characters each; else name them")
    ] = True
    benchmark: Annotated[
        str | None,
        Field(description="benchmark of the question; image models trained on its images say so"),
    ] = None
    approve: Annotated[
        Literal["web"] | None,
        Field(description="web: stop until a person has looked at what is about to leave"),
    ] = None
    max_rounds: Annotated[int, Field(description="model turns", ge=1)] = 200
    max_tokens: Annotated[
        int | None, Field(description="tokens in and out, over the run", ge=1)
    ] = None
    max_dollars: Annotated[
        float | None, Field(description="dollars over the run, by the price file", gt=0)
    ] = None
    max_seconds: Annotated[
        float | None, Field(description="seconds of model and tool work", gt=0)
    ] = None
    max_observation_chars: Annotated[
        int, Field(description="characters of one observation that the model is shown", ge=1000)
    ] = 100_000
    max_browser_calls: Annotated[int, Field(description="calls of browser.* tools", ge=0)] = 40
    max_revisions: Annotated[
        int, Field(description="times an answer may be sent back; 0 is the paper's protocol", ge=0)
    ] = 1
