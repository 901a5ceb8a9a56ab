"""Inline code: what stands between backticks on one line is an example, not markup."""

from __future__ import annotations

import re
from bisect import bisect_right

_CLOSED = re.compile(r"(?<!`)(`{1,2})(?!`)[^`\n]*\1(?!`)")
_OPENED = re.compile(r"(?<!`)`(?=[<\[])")  # an example that is cut has no second backtick


class InlineCode:
    """Where the inline code of a text stands. A text that is all one span has none.

    >>> code = InlineCode("Write `<tool_call>` or <tool_call>")
    >>> 7 in code, 23 in code
    (True, False)
    """

    def __init__(self, text: str) -> None:
        around = text.strip()
        whole = around.startswith("`") and around.endswith("`")
        closed = [] if whole else [found.span() for found in _CLOSED.finditer(text)]
        closing = {end - 1 for _, end in closed}
        opened = [
            (found.start(), found.end() + 1)
            for found in _OPENED.finditer(text)
            if not whole and found.start() not in closing
        ]
        self._spans = sorted([*closed, *opened])

    def __contains__(self, at: int) -> bool:
        before = bisect_right(self._spans, (at, at)) - 1
        return before >= 0 and self._spans[before][0] < at < self._spans[before][1]
