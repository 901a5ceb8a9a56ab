"""A run as one JSON object: everything that the model was told and said, and what it cost."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal, NotRequired

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypedDict

AnswerForm = Literal["text", "list", "yes_no", "number", "choice"]
Setting = Literal["automated", "curated", "briefed"]
"""`automated` seeks by itself; `curated` has packaged evidence only; `briefed` has both."""
Status = Literal["answered", "abstained", "failed"]
StopReason = Literal[
    "finish",
    "stopped_calling",
    "round_limit",
    "token_limit",
    "cost_limit",
    "time_limit",
    "browser_limit",
    "step_limit",
    "context_limit",
    "length",
    "content_filter",
    "refusal",
    "empty_turn",
    "repeated_calls",
    "model_error",
    "run_error",
    "cancelled",
]
"""Each way to end has its own word.

`finish`: by ehr.finish. `stopped_calling`: in words, without ehr.finish (then `salvaged` says how
the answer was read). The limits: a budget was spent, and `context_limit`: the conversation did not
fit any more. `length`, `content_filter`, `refusal`, `empty_turn`, `repeated_calls`: the model's
turns brought nothing even after it was told. In these cases the model was made to conclude.
`run_error`: the run could not be made, or broke, and no fault of the model (`errors` say which).
"""
Salvage = Literal["call", "json", "answer_tag", "candidates", "lines"]
"""How an answer without ehr.finish was read, in the order in which the ways are tried."""
RAW = "_raw"
"""The one argument of a call whose arguments were no JSON object: what the model wrote instead."""


class WebShown(TypedDict):
    """The lines of a page that an observation shows: `first` to `last`, both included.

    `cursor` is the page's number in the run, `kind` whether it is a `page`, its `source`, the
    results of a `search` or of a look-up (`find`, for `pattern`). `retrieved` is when it was
    fetched (UTC) and `sha256` its address in the web archive.
    """

    cursor: int
    kind: str
    url: str
    title: str
    first: int
    last: int
    retrieved: str
    sha256: str
    pattern: str
    mime: str


class BoxShown(TypedDict):
    """A part of an image in its own pixels, and what is there."""

    label: str
    left: float
    top: float
    right: float
    bottom: float


class ImageShown(TypedDict):
    """The image that an observation is about: its path in the run, the SHA-256 of its file.

    `boxes` are the parts that the observation names; E4#1 is the first of evidence 4.
    """

    path: str
    sha256: str
    boxes: list[BoxShown]


class ImageAttached(TypedDict):
    """An image that came with the question: its path below the image root, and its file's SHA-256.

    `shown` is the SHA-256 of the picture in the first message (a key of `images`), None where the
    model was told the path alone.
    """

    path: str
    sha256: str
    shown: str | None


class EvidenceEntry(TypedDict):
    """One observation of the ledger; its text stands once, in the tool message of `call_id`.

    `sha256` and `chars` are of the full text; `shown_chars` is what the model was shown of it.
    `row_ids` are rows of `table`, in the order of the text; `web` is there where a page is shown,
    `image` where an image is looked at.
    """

    id: str
    number: int
    round: int
    call_id: str
    tool: str
    arguments: dict[str, Any]
    tables: list[str]
    table: str | None
    row_ids: list[int]
    refused: bool
    sha256: str
    chars: int
    shown_chars: int
    seconds: float
    web: NotRequired[WebShown]
    image: NotRequired[ImageShown]


class Usage(TypedDict):
    """Tokens over all model calls; `estimated` when a model did not count them itself.

    `cached_tokens` are part of the input, `reasoning_tokens` of the output. `dollars` is by the
    price file, None where it does not know the model.
    """

    model_calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    dollars: float | None
    estimated: bool


class TurnUsed(TypedDict):
    """One model call: in which round, what it took, and how it ended.

    `characters` is how much text was sent; `seconds` is the model's time, `waited` the time before
    it could be asked: retries, and room at the host. `ended` is the finish reason or the fault.
    """

    round: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    reasoning_tokens: int
    estimated: bool
    characters: int
    seconds: float
    waited: float
    attempts: int
    ended: str


class Timings(TypedDict):
    """Seconds in the model, in tools (summed over calls), waiting to try again, on the clock."""

    model: float
    tools: float
    waiting: float
    elapsed: float


NO_USAGE = Usage(
    model_calls=0,
    input_tokens=0,
    cached_tokens=0,
    output_tokens=0,
    reasoning_tokens=0,
    dollars=0.0,
    estimated=False,
)
NO_TIME = Timings(model=0.0, tools=0.0, waiting=0.0, elapsed=0.0)


class RunError(TypedDict):
    """Something that went wrong or was found wanting: in which node, round and call (0: none)."""

    where: str
    round: int
    number: int
    kind: str
    message: str


class ModelUsed(TypedDict):
    """The model of a run: the spec it was named by, its parameters, and where it was asked."""

    spec: str
    parameters: dict[str, Any]
    address: str | None
    context_length: int | None


class Shortened(TypedDict):
    """An observation that the model was shown in part, and in which round."""

    round: int
    evidence: str
    chars: int
    shown_chars: int


class Replaced(TypedDict):
    """What gave way so that the conversation fits, and from which round on.

    `evidence` E3: the observation was sent as `line`. T4: the reasoning of the fourth turn was not
    sent any more. What the model was sent in a round is `messages` as they stood, with the newest
    replacement of that round or before (`nodes.condensing.condense` makes it).
    """

    round: int
    evidence: str
    line: str


class WebUsed(TypedDict):
    """How a run met the web: the mode and backend of its browser, its archive and its guards.

    Files are named without their folders. `archive` None was the backend's own; `deny` is the list
    of pages that stayed closed, "" for none.
    """

    mode: str
    backend: str
    corpora: list[str]
    archive: str | None
    guard: str
    deny: str


class Versions(TypedDict):
    """What a run was made with: two runs with equal versions and model differ by chance alone."""

    package: str
    rules: str
    role: str
    prompts: str
    store: str
    profile: str


class Record(BaseModel):
    """One run, whole: everything that the model was told and said, what it cost, and why it ended.

    `messages` are in OpenAI form with dotted tool names and the full text of every observation;
    `shortened` names those that the model was shown in part, `replaced` those that gave way to a
    line. `images` holds each image once, base64 by the SHA-256 that messages name; `attached` are
    the files that came with the question. `repairs` counts what was mended in the model's calls.
    `row` is the question as asked.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    qid: str
    epoch: int
    row: dict[str, Any]
    thread: str
    setting: Setting
    model: ModelUsed
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    images: dict[str, str]
    shortened: list[Shortened]
    replaced: list[Replaced]
    answer: list[str]
    citations: list[list[str]]
    salvaged: Salvage | None
    evidence: list[EvidenceEntry]
    status: Status
    stop_reason: StopReason
    repairs: dict[str, int]
    turns: list[TurnUsed]
    usage: Usage
    timings: Timings
    errors: list[RunError]
    web: WebUsed | None = None
    attached: list[ImageAttached] = []
    versions: Versions

    @property
    def key(self) -> tuple[str, str, int]:
        """By what a run is known: (fingerprint of its row, qid, epoch)."""
        return fingerprint_of(self.row), self.qid, self.epoch

    def as_json(self) -> dict[str, Any]:
        """The record as plain JSON values."""
        return self.model_dump(mode="json")


def fingerprint_of(row: Mapping[str, Any]) -> str:
    """A short hash of a benchmark item or question, equal for equal content.

    >>> fingerprint_of({"a": 1, "b": None}) == fingerprint_of({"b": None, "a": 1})
    True
    """
    text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
