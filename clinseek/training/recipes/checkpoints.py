"""Whether a checkpoint is as it was written: its files are noted within it, and looked at again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from clinseek.whole_file import sha256_of

NOTE = "whole.json"
_HASHED = 2 * 2**30
"""Bytes of a checkpoint up to which its files are known by their hashes, not by size alone."""


def note_files(checkpoint: Path) -> None:
    """Write which files the checkpoint has, how long they are, and (to 2 GiB) their hashes."""
    files = [file for file in sorted(checkpoint.rglob("*")) if file.is_file()]
    hashed = sum(file.stat().st_size for file in files) <= _HASHED
    told = {
        str(file.relative_to(checkpoint)): [file.stat().st_size, sha256_of(file) if hashed else ""]
        for file in files
    }
    (checkpoint / NOTE).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def fault_in(checkpoint: Path) -> str | None:
    """What is wrong with the checkpoint, in a few words; None where it is as it was written."""
    try:
        noted: dict[str, Any] = json.loads((checkpoint / NOTE).read_bytes())
        for name, (size, digest) in noted.items():
            if fault := _fault(checkpoint / name, size, digest):
                return f"{name} {fault}"
    except (OSError, ValueError, TypeError, AttributeError):
        return f"{NOTE} cannot be read"
    return None


def _fault(file: Path, size: int, digest: str) -> str | None:
    if not file.is_file():
        return "is missing"
    held = file.stat().st_size
    if held != size:
        return f"has {held:,} of {size:,} bytes"
    return "is not as it was written" if digest and sha256_of(file) != digest else None
