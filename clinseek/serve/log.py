"""What a server's log says: that a message could not be read, and never what stood in it.

The SDK logs, among its warnings, the messages that it cannot read, whole: names, numbers of
patients, SQL. So may any library beneath (asyncio tells an exception that nobody took). Of their
records only where they were made is told; clinseek's own keep their words.
"""

from __future__ import annotations

import logging
import traceback
from typing import Any

import anyio

_OWN = "clinseek"
_SDK = ("mcp", "root")
"""It logs under its own name, and what it cannot read with the root logger."""
_UNREAD = "a message of a client could not be read or answered"


def log_handler() -> logging.Handler:
    """A handler to stderr, for the root logger, that tells no word of a client's message."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Wordless("clinseek: %(message)s"))
    handler.addFilter(_tells)
    return handler


def _tells(said: logging.LogRecord) -> bool:
    """Whether a record tells something: the SDK logs each stream that a client closes."""
    return not (said.exc_info and isinstance(said.exc_info[1], anyio.ClosedResourceError))


class _Wordless(logging.Formatter):
    """clinseek's own sentences as they are; of all others what happened, and where."""

    def format(self, record: logging.LogRecord) -> str:
        beneath = record.name.partition(".")[0]
        if beneath == _OWN:
            return super().format(record)
        failed = record.exc_info[0] if record.exc_info else None
        kind = record.levelname.lower() if failed is None else failed.__name__
        what = _UNREAD if beneath in _SDK else "a library beneath has something to tell"
        where = f"{record.name}, {record.module}.{record.funcName}"
        return f"clinseek: {what} ({kind} in {where}); its words are not logged"

    def formatException(self, ei: Any) -> str:  # noqa: N802  # the name that logging calls
        """Where a fault of ours happened, without its words: they may carry a cell or a path."""
        kind, _, trace = ei
        return f"{''.join(traceback.format_tb(trace))}{kind.__name__} (its words are not logged)"
