"""A conversation as tokens and the mask of those that are trained: one rendering, one pass.

Where the template marks what a model writes, its marks are the spans. Else they are found by what
the template writes before and behind a turn of the model, learnt from a short conversation. A
prefix is never rendered again to find where a turn begins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.training.rendering.template import ChatTemplate, Rendered, Span, as_objects
from clinseek.training.rendering.tokenizer import Tokenizer

IGNORED = -100
"""The label of a token that does not count in the loss."""
_SAID = "Xylophone"
_OTHERS = ("user", "tool")
"""Whose words are not ours: what patients, notes and pages say."""


class Border(NamedTuple):
    """What a template writes before what a model writes, and at the end of it."""

    before: str
    behind: str


class Masked(NamedTuple):
    """A conversation as text and tokens. `mask` is 1 for each token that is trained.

    `spans` are what the model wrote, a turn each with the token that ends it, in characters;
    `straddling` counts tokens that reach over the border of one.
    """

    text: str
    ids: list[int]
    places: list[tuple[int, int]]
    mask: list[int]
    spans: list[Span]
    straddling: int

    @property
    def labels(self) -> list[int]:
        """The ids of trained tokens, IGNORED for all others."""
        return [
            token if trained else IGNORED
            for token, trained in zip(self.ids, self.mask, strict=True)
        ]


@dataclass(frozen=True)
class Renderer:
    """A tokenizer at work on conversations."""

    tokenizer: Tokenizer

    @property
    def template(self) -> ChatTemplate:
        """The chat template."""
        return self.tokenizer.template

    def prepared(self, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The messages as the template takes them; in what was not said by the model, nothing is
        read as a control token.
        """
        return [
            _neutralised(message, self.tokenizer) if message["role"] in _OTHERS else message
            for message in as_objects(messages)
        ]

    def rendered(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        prompt: bool = False,
    ) -> Rendered:
        """The conversation as text, with the spans that the model wrote."""
        made = self.template.render(self.prepared(messages), tools, prompt=prompt)
        if prompt:
            return made
        spans = made.spans if self.template.has_marks else _spans_between(made.text, self.border)
        written = [_behind(self.opening, made.text, span) for span in spans]
        ends = self.tokenizer.control.tokens
        return Rendered(made.text, [_ended(ends, made.text, span) for span in written])

    def count(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
    ) -> int:
        """The tokens of a conversation."""
        return self.tokenizer.count(self.template.render(self.prepared(messages), tools).text)

    def masked(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] = (),
        *,
        weights: Sequence[int] | None = None,
    ) -> Masked:
        """The conversation as tokens with the mask; `weights` (a turn each) 0: not trained.

        SettingError where the turns of the model cannot be found in the text.
        """
        made = self.rendered(messages, tools)
        turns = sum(message["role"] == "assistant" for message in messages)
        if len(made.spans) != turns:
            raise SettingError(
                f"{len(made.spans)} turns of the model were found in the rendered text, and there "
                f"are {turns}: the chat template needs {{% generation %}} marks around each"
            )
        ids, places = self.tokenizer.tokens(made.text)
        kept = weights if weights is not None else [1] * turns
        trained = [span for span, weight in zip(made.spans, kept, strict=True) if weight]
        mask, straddling = mask_of(places, trained)
        return Masked(made.text, ids, places, mask, made.spans, straddling)

    @cached_property
    def opening(self) -> str:
        """What the template writes of a turn before the model is asked: its served prompt's end."""
        asked = [{"role": "user", "content": "How high?"}]
        before = self.template.render(asked).text
        opened = self.template.render(asked, prompt=True).text
        return opened[len(_shared_opening(before, opened)) :]

    @cached_property
    def border(self) -> Border:
        """What stands around a turn of the model. SettingError where it cannot be told."""
        return border_of(self.template)


def border_of(template: ChatTemplate) -> Border:
    """What a template writes before and behind a turn of the model, learnt from short ones.

    SettingError where it writes a turn otherwise in the middle of a conversation than at its end,
    or opens it without a mark of its own: then only generation marks can tell.
    """
    asked = [{"role": "user", "content": "How high?"}]
    said = [*asked, {"role": "assistant", "content": _SAID}]
    before = template.render(asked).text
    opened = template.render(asked, prompt=True).text
    whole = template.render(said).text
    longer = template.render([*said, *asked]).text
    if not (whole.startswith(before) and longer.startswith(whole) and opened.startswith(before)):
        raise SettingError(_UNFOUND)
    turn = whole[len(before) :]
    header = _shared_opening(turn, opened[len(before) :])
    at = turn.find(_SAID)
    behind = turn[at + len(_SAID) :]
    if at < len(header) or not header.strip() or not behind.strip():
        raise SettingError(_UNFOUND)
    return Border(header, behind)


def _shared_opening(one: str, other: str) -> str:
    length = next(
        (at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )
    return one[:length]


_UNFOUND = (
    "the chat template has no {% generation %} marks, and the turns of the model cannot be told "
    "from its text; add marks around what the model writes (TRL ships such templates as "
    "NAME_training.jinja)"
)


def _behind(opening: str, text: str, span: Span) -> Span:
    r"""The span without what a served model finds written already (a line end, `<think>`).

    >>> _behind("<a>\n", "<u>x<a>\nyes", Span(6, 11))
    Span(start=8, end=11)
    """
    for held in range(len(opening), -1, -1):
        end = span.start - held + len(opening)
        if text.startswith(opening, span.start - held) and span.start < end <= span.end:
            return Span(end, span.end)
    return span


def _ended(ends: tuple[str, ...], text: str, span: Span) -> Span:
    r"""The span to the token that ends the turn: a model stops there, and what a template writes
    behind it (a line's end, often within its marks) is the prompt of the next turn.

    >>> _ended(("</a>",), "<a>yes</a>\n<u>", Span(3, 11))
    Span(start=3, end=10)
    """
    written = text[span.start : span.end].rstrip()
    return Span(span.start, span.start + len(written)) if written.endswith(ends) else span


def _spans_between(text: str, border: Border) -> list[Span]:
    spans = []
    at = text.find(border.before)
    while at >= 0:
        start = at + len(border.before)
        end = text.find(border.behind, start)
        if end < 0:
            break
        end += len(border.behind)
        spans.append(Span(start, end))
        at = text.find(border.before, end)
    return spans


def mask_of(places: Sequence[tuple[int, int]], spans: Sequence[Span]) -> tuple[list[int], int]:
    """1 for each token that lies in a span, and how many reach over the border of one.

    `places` and `spans` are in the order of the text; both are gone through once.

    >>> mask_of([(0, 2), (2, 4), (4, 7)], [Span(2, 6)])
    ([0, 1, 0], 1)
    """
    mask = [0] * len(places)
    straddling, at = 0, 0
    for number, (start, end) in enumerate(places):
        while at < len(spans) and spans[at].end <= start:
            at += 1
        if at == len(spans):
            break
        span = spans[at]
        if end <= span.start:
            continue
        if start >= span.start and end <= span.end:
            mask[number] = 1
        else:
            straddling += 1
    return mask, straddling


def _neutralised(message: dict[str, Any], tokenizer: Tokenizer) -> dict[str, Any]:
    content = message["content"]
    if isinstance(content, str):
        return {**message, "content": tokenizer.control.neutralised(content)}
    blocks = [
        {**block, "text": tokenizer.control.neutralised(block["text"])}
        if "text" in block
        else block
        for block in content
    ]
    return {**message, "content": blocks}


@dataclass
class RenderedLength:
    """Counts the tokens of a conversation exactly, as it is rendered with its tools."""

    renderer: Renderer

    @property
    def how(self) -> str:
        """By what tokens are counted."""
        return f"the tokenizer {self.renderer.tokenizer.folder.absolute().name}"

    def __call__(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
    ) -> int:
        """The tokens."""
        return self.renderer.count(messages, tools)
