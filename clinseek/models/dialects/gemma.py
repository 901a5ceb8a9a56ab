"""Gemma 4's `<|tool_call>call:f{key:<|"|>text<|"|>,n:42}<tool_call|>`, FunctionGemma's likewise."""

from __future__ import annotations

import json
import re

from clinseek.models.dialects.calls import Element, Reading, TextCall
from clinseek.models.dialects.json_values import read_object

_HEAD = re.compile(r"call:\s{0,9}([\w.:/-]{1,200})\s{0,9}(?=[{(])")
_TOKEN = re.compile(
    r"""(?P<quoted><\|"\|>(?P<inside>.*?)<\|"\|>|<escape>(?P<escaped>.*?)<escape>)
      | (?P<text>"(?:[^"\\]|\\.)*")
      | (?P<key>[A-Za-z_][\w-]*)(?=\s{0,9}:)
      | (?P<open>[{\[(]) | (?P<close>[}\])])
      | (?P<plain>[,:\s]|[\w.+-]+)""",
    re.VERBOSE | re.DOTALL,
)
_BRACKETS = str.maketrans("()", "{}")


def read_at(reading: Reading, at: int, *, limit: int) -> Element | None:
    """The call whose `call:` stands at `at`; None where no name and no bracket follow."""
    head = _HEAD.match(reading.text, at)
    if head is None:
        return None
    as_json, end = _as_json(reading.text, head.end(), limit)
    read = read_object(as_json) if as_json else None
    raw = reading.text[at:end]
    arguments = read.value if read and not read.mended else None
    return Element(at, end, (TextCall(head.group(1), arguments, raw, "tool_call_gemma"),))


def _as_json(text: str, at: int, limit: int) -> tuple[str | None, int]:
    """The arguments with JSON's quotes, and their end; None and `limit` where they do not end."""
    written: list[str] = []
    depth = 0
    while at < limit and (token := _TOKEN.match(text, at)) is not None:
        at = token.end()
        if token.group("quoted"):
            written.append(json.dumps(token.group("inside") or token.group("escaped") or ""))
        elif token.group("key"):
            written.append(json.dumps(token.group("key")))
        else:
            written.append(
                token.group().translate(_BRACKETS) if not token.group("text") else token.group()
            )
        depth += (token.group("open") is not None) - (token.group("close") is not None)
        if depth == 0:
            return "".join(written), at
    return None, limit
