"""Shortening a text for the model so that it sees that, and how much, was left out."""

from __future__ import annotations

_HEAD_SHARE = 0.8


def shorten(text: str, limit: int) -> str:
    r"""`text` in at most `limit` characters: its head, a sentence on the cut, its tail.

    Cuts fall on line ends where there are any, so that no row is shown in part.

    >>> print(shorten("\n".join(f"row {n}" for n in range(100)), 150))
    row 0
    row 1
    row 2
    row 3
    row 4
    row 5
    row 6
    row 7
    [... 636 of 689 characters (91 of 100 lines) left out; narrow the call to see them ...]
    row 99
    """
    if len(text) <= limit:
        return text
    room = limit - len(_sentence(len(text), len(text), len(text), len(text))) - 2
    if room <= 0:
        return text[:limit]
    head = _to_line_end(text[: int(room * _HEAD_SHARE)])
    tail = _from_line_start(text[len(text) - (room - int(room * _HEAD_SHARE)) :])
    cut = text[len(head) : len(text) - len(tail)]
    sentence = _sentence(
        len(cut), len(text), len(cut.strip("\n").splitlines()), len(text.splitlines())
    )
    return f"{head}\n{sentence}\n{tail}"


def _sentence(cut: int, whole: int, lines: int, all_lines: int) -> str:
    return (
        f"[... {cut:,} of {whole:,} characters ({lines:,} of {all_lines:,} lines) left out; "
        "narrow the call to see them ...]"
    )


def _to_line_end(head: str) -> str:
    end = head.rfind("\n")
    return head[:end] if end > len(head) // 2 else head


def _from_line_start(tail: str) -> str:
    start = tail.find("\n")
    return tail[start + 1 :] if 0 <= start < len(tail) // 2 else tail
