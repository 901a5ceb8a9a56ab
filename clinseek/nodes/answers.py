r"""Reading an answer: from the arguments of ehr.finish, or from a turn that ended without it.

An answer without a call is salvaged by one order; the first way that gives an answer counts:

1. `call`: a call of ehr.finish written as text, in the answer or else in the reasoning;
2. `json`: the last JSON object with a `response` (else an `answer` or `final_answer`), broken JSON
   included where it reads one way;
3. `answer_tag`: the last <answer>...</answer>: JSON, or one item a line; else the last \boxed{};
4. `candidates`: candidates named in the last lines and not denied there (see `mentions`);
5. `lines`: each line is an item, bullets and "Answer:" taken off.

Two to four look at the reasoning too, where a model said nothing else; five then reads only what
stands behind a "final answer:". Citations are those that the answer gives, or that stand in the
line of an item.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from clinseek.graphs.state import Submission
from clinseek.models.dialects import read_calls
from clinseek.models.names import NameTable
from clinseek.nodes.citing import citations_in, parted, without_web_marks
from clinseek.nodes.mentions import named_at_end
from clinseek.nodes.objects import last_object
from clinseek.nodes.toolset import FINISH
from clinseek.records import AnswerForm, Salvage

Via = Literal["finish", "text", "conclusion"]

_BRACKETED = re.compile(r"[\[(]\s*E\d+(?:#[\dL-]+)?(?:\s*[,;]\s*E?\d*#?[\dL-]+)*\s*[\])]")
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_FENCE = re.compile(r"^\s*```\w*\s*$")
_CUE = re.compile(r"^\s*[*_]{0,3}(?:final answer|answer|response)[*_]{0,3}\s*:", re.IGNORECASE)
_FINAL = re.compile(
    r"^[ \t*_#]{0,9}(?:final answer|answer)[*_]{0,3}[ \t]*:", re.IGNORECASE | re.MULTILINE
)
_KEYS = ("response", "answer", "final_answer")
_BOXED = re.compile(r"\\boxed\{(?:\\text\{)?([^{}]{1,500})\}")
_OPEN_TAG, _CLOSE_TAG = "<answer>", "</answer>"
_ONE: tuple[AnswerForm, ...] = ("yes_no", "number", "choice")


def read_finish(arguments: dict[str, Any]) -> Submission | str:
    """The submission that a call of ehr.finish makes, or a sentence that says what is missing."""
    if "response" not in arguments:
        return 'ehr.finish needs response, a list of the answer\'s items: {"response": ["..."]}'
    items = _items(arguments["response"])
    if items is None:
        return "ehr.finish: response must be a list of texts, one for each item of the answer"
    return submit(items, arguments.get("citations"), via="finish")


def submit(
    items: Sequence[str], citations: Any, *, via: Via, salvaged: Salvage | None = None
) -> Submission:
    """A submission with one list of citations for each item, empty where none was given.

    Marks of web pages within an item (`【4†L12】`) are taken out of it and are citations of it.
    """
    given = _by_item(citations, len(items))
    return Submission(
        answer=[without_web_marks(item) or item for item in items],
        citations=[
            list(dict.fromkeys([*cited, *_web_marks(item)]))
            for item, cited in zip(items, given, strict=True)
        ],
        via=via,
        salvaged=salvaged,
        weighed=False,
    )


def salvage(
    text: str,
    reasoning: str = "",
    *,
    candidates: Sequence[str] = (),
    answer_form: AnswerForm | None = None,
    via: Literal["text", "conclusion"] = "text",
) -> Submission | None:
    r"""The answer of a turn that ended without ehr.finish; None where it holds none.

    The order stands at the top of this module. An empty answer that is given as such (a
    `response` of []) is an answer: the model abstains.

    >>> salvage("I am sure.\nAnswer: 1.2 [E3#17]", candidates=["1.2", "3.4"])["citations"]
    [['E3#17']]
    """
    read = _called(text) or _called(reasoning)
    if read is None:
        source = text if text.strip() else reasoning
        read = _held(source, _allowed(candidates, answer_form), one=answer_form in _ONE)
    if read is None:
        read = _in_lines(text if text.strip() else _behind_cue(reasoning))
    return None if read is None else submit(read.items, read.citations, via=via, salvaged=read.how)


def is_answer(found: Submission, candidates: Sequence[str], *, told: bool) -> bool:
    """Whether what was salvaged of a turn is to be taken for the run's answer.

    A call, JSON and `<answer>` are answers. Words are, where they cite evidence, and else only
    once the model was `told` to make a call and said words again: "I will look at the labs next"
    names candidates too. Plain lines are never an answer where there are candidates.
    """
    if found["salvaged"] not in ("candidates", "lines"):
        return True
    if found["salvaged"] == "lines" and candidates:
        return False
    return told or any(found["citations"])


class _Read(NamedTuple):
    items: list[str]
    citations: Any
    how: Salvage


def _allowed(candidates: Sequence[str], form: AnswerForm | None) -> Sequence[str]:
    return candidates or (("yes", "no") if form == "yes_no" else ())


def _held(text: str, candidates: Sequence[str], *, one: bool) -> _Read | None:
    held = _embedded(text)
    if held is not None:
        return _Read(held[0], held[1], "json")
    return _tagged(text) or _named(text, candidates, one=one)


def _called(text: str) -> _Read | None:
    """The last call of ehr.finish in a text that holds a response."""
    names = NameTable((FINISH,))
    for call in reversed(read_calls(text, known=(FINISH,)).calls):
        arguments = call.arguments or {}
        items = _items(arguments.get("response")) if names.knows(call.name) else None
        if items is not None:
            return _Read(items, arguments.get("citations"), "call")
    return None


def _tagged(text: str) -> _Read | None:
    start = text.lower().rfind(_OPEN_TAG)
    if start < 0:
        return _boxed(text)
    end = text.lower().find(_CLOSE_TAG, start)
    inside = text[start + len(_OPEN_TAG) : end if end >= 0 else len(text)].strip()
    listed = _json_list(inside)
    if listed is not None:
        return _Read(listed, _beside_tag(text, end, len(listed)), "answer_tag")
    read = _in_lines(inside)
    items = read.items if read else []
    cited = read.citations if read else []
    if not any(cited):
        cited = _beside_tag(text, end, len(items))
    return _Read(items, cited, "answer_tag")


def _boxed(text: str) -> _Read | None:
    """The last box, as mathematics is taught to end; what is cited in its line belongs to it."""
    boxes = list(_BOXED.finditer(text))
    if not boxes:
        return None
    behind = text[boxes[-1].end() :].partition("\n")[0]
    return _Read([boxes[-1][1].strip()], citations_in(behind), "answer_tag")


def _beside_tag(text: str, end: int, items: int) -> list[str]:
    """What is cited behind the tag, in its line: of a single item alone is it clear what for."""
    return citations_in(text[end:].partition("\n")[0]) if end >= 0 and items == 1 else []


def _named(text: str, candidates: Sequence[str], *, one: bool) -> _Read | None:
    found = named_at_end(text, candidates, one=one)
    if not found:
        return None
    cited = [citations_in(mention.beside) for mention in found]
    return _Read([mention.name for mention in found], cited, "candidates")


def _in_lines(text: str) -> _Read | None:
    """Each line an item, without its bullet, its citations and "Answer:"."""
    items: list[str] = []
    cited: list[list[str]] = []
    for line in text.splitlines():
        said = _CUE.sub("", _BULLET.sub("", line)).strip()
        plain = _BRACKETED.sub("", said).strip().strip("*`").strip().rstrip(".").strip()
        if not plain or _FENCE.match(line):
            continue
        items.append(plain)
        cited.append(citations_in(line))
    return _Read(items, cited, "lines") if items else None


def _behind_cue(reasoning: str) -> str:
    """What stands behind the last "final answer:" of the reasoning; "" where there is none."""
    cues = list(_FINAL.finditer(reasoning))
    return reasoning[cues[-1].start() :] if cues else ""


def _web_marks(item: str) -> list[str]:
    return [cited for cited in citations_in(item) if cited.startswith("【")]


def _items(response: Any) -> list[str] | None:
    if isinstance(response, str):
        opened = _json_list(response)
        return opened if opened is not None else ([response.strip()] if response.strip() else [])
    if isinstance(response, bool | int | float):
        return [_plain(response)]
    if not isinstance(response, list):
        return None
    if not all(isinstance(item, str | bool | int | float) for item in response):
        return None
    return [text for item in response if (text := _plain(item))]


def _plain(item: str | float) -> str:
    if isinstance(item, bool):
        return "yes" if item else "no"
    return str(item).strip()


def _json_list(text: str) -> list[str] | None:
    """A list that a model wrote as text into a field of text."""
    if not text.lstrip().startswith("["):
        return None
    try:
        opened = json.loads(text)
    except ValueError:
        return None
    return _items(opened)


def _by_item(citations: Any, items: int) -> list[list[str]]:
    """One list of citations an item, from any of the shapes that models write."""
    if isinstance(citations, str):
        citations = citations_in(citations) and parted(citations)
    if not isinstance(citations, list) or not citations:
        return [[] for _ in range(items)]
    lists = [_strings(entry) for entry in citations]
    if items == 1:
        return [[one for entry in lists for one in entry]]
    return (lists + [[] for _ in range(items)])[:items]


def _strings(entry: Any) -> list[str]:
    if isinstance(entry, str):
        return parted(entry)
    if isinstance(entry, list):
        return [part for one in entry for part in _strings(one)]
    return [] if entry is None else [str(entry)]


def _embedded(text: str) -> tuple[list[str], Any] | None:
    """The items and citations of the last JSON object in `text` that has a `response`.

    Only where there is none, of the last that has an `answer`, then a `final_answer`.
    """
    for key in _KEYS:
        found = last_object(text, key)
        items = None if found is None else _items(found[key])
        if found is not None and items is not None:
            return items, found.get("citations")
    return None
