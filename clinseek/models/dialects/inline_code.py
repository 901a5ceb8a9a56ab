"""Inline code: what stands between backticks on one line is an example, not markup."""

from __future__ import annotations

import re
from bisect import bisect_left

_TICKS = re.compile(r"(?<!`)`{1,2}(?!`)")
_LINE_ENDS = re.compile(r"\n")


class InlineCode:
    """Where the inline code of a text stands. A text that is all one span has none."""

    def __init__(self, text: str) -> None:
        around = text.strip()
        whole = around.startswith("`") and around.endswith("`")
        self._text = text
        self._ticks = [] if whole else [found.start() for found in _TICKS.finditer(text)]
        self._line_ends = [found.start() for found in _LINE_ENDS.finditer(text)] + [len(text)]

    def holds(self, at: int, *, since: int = 0) -> bool:
        """Whether the place `at` stands in inline code that begins at `since` or behind it.

        A backtick right before `at` needs no second one: an example may be cut.

        >>> code = InlineCode("Write `<tool_call>` or <tool_call>")
        >>> code.holds(7), code.holds(23)
        (True, False)
        """
        line = bisect_left(self._line_ends, at)
        begin = max(since, self._line_ends[line - 1] if line else 0)
        first, here = bisect_left(self._ticks, begin), bisect_left(self._ticks, at)
        if (here - first) % 2 == 0:
            return False
        closed = here < len(self._ticks) and self._ticks[here] < self._line_ends[line]
        return closed or self._text[at - 1 : at] == "`"
