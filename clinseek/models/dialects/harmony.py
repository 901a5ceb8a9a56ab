"""gpt-oss: `<|channel|>commentary to=functions.f <|constrain|>json<|message|>{...}<|call|>`.

Also with the recipient in the role (`<|start|>assistant to=functions.f<|channel|>commentary`), on
the analysis channel, and with the control tokens stripped (`commentary to=functions.f json{...}`),
as servers without a parser show it.
"""

from __future__ import annotations

import re

from clinseek.models.dialects.calls import Element, Reading, TextCall
from clinseek.models.dialects.json_calls import argument_call

OPENING = (
    r"(?:<\|start\|>)?(?:assistant)? ?(?:<\|channel\|>)?(?:commentary|analysis|final)? ?"
    r"\bto=(?=[\w.-])"
)
_RECIPIENT = re.compile(r"(?:functions\.)?([\w.-]{1,200})")
_REST_OF_HEADER = re.compile(
    r" ?(?:<\|channel\|>(?:commentary|analysis))?\s{0,9}(?:<\|constrain\|>)?\s{0,9}(?:json|code)?"
    r"\s{0,9}(?P<message><\|message\|>)?\s{0,99}"
)
_END = re.compile(r"<\|(?:call|end|return|start)\|>")
_SWALLOWED = re.compile(r"\s{0,99}<\|(?:call|end|return)\|>")


def read(reading: Reading, opened: re.Match[str]) -> Element | None:
    """The call with this header; None where it only looks like one.

    With its tokens the header is explicit; without them the recipient must be a known tool.
    """
    text, recipient = reading.text, _RECIPIENT.match(reading.text, opened.end())
    if recipient is None:
        return None
    name = recipient.group(1)
    header = _REST_OF_HEADER.match(text, recipient.end())
    at = header.end() if header else recipient.end()
    explicit = "<|" in text[opened.start() : at]
    worded = opened.group().lstrip().startswith(("assistant", "commentary", "analysis"))
    if not explicit and not (worded and reading.names.knows(name)):
        return None
    ends = _END.search(text, at)
    limit = ends.start() if ends else len(text)
    if text[at : at + 1] == "{":
        found = argument_call(
            reading, name, at, start=opened.start(), limit=limit, dialect="harmony"
        )
    elif header is not None and header.group("message"):
        raw = text[opened.start() : limit].strip()
        found = Element(opened.start(), limit, (TextCall(name, None, raw, "harmony"),))
    else:
        return None
    swallowed = _SWALLOWED.match(text, found.end)
    return found._replace(end=swallowed.end() if swallowed else found.end)
