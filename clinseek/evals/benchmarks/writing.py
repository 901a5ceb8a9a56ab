"""A built benchmark as a folder: rows.jsonl, card.json and card.md, whole or not there."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.building import Built
from clinseek.evals.benchmarks.data_card import card_of, card_page
from clinseek.evals.rows import write_rows

ROWS, CARD, PAGE = "rows.jsonl", "card.json", "card.md"


class Written(NamedTuple):
    """Where a benchmark lies, and its card."""

    rows: Path
    card_file: Path
    card: dict[str, Any]


@contextmanager
def draft_of(out: str | Path) -> Iterator[Path]:
    """A draft folder beside `out`, which takes its place once the context ends well.

    SettingError where `out` is there and not empty, is being made by another process, or its parent
    cannot be written; what was made is removed where the context ends early.
    """
    folder = Path(out)
    _check_free(folder)
    place = folder.with_name(f".{folder.name}.draft")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = _locked(place)
    except BlockingIOError:
        raise SettingError(
            f"--out {folder} is being made by another process; wait for it, or name a new folder"
        ) from None
    except OSError as error:
        raise SettingError(f"--out {folder}: cannot be written ({error.strerror})") from error
    try:
        draft = place / "made"
        shutil.rmtree(draft, ignore_errors=True)  # of one that was killed
        draft.mkdir()
        yield draft
        _check_free(folder)
        draft.replace(folder)
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(lock)


def _check_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingError(f"--out {folder} is there already; name a new folder")


def _locked(place: Path) -> int:
    """The lock of a draft's place, gone with its process; BlockingIOError where it is held."""
    while True:
        place.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):  # its last holder has just removed it
            lock = os.open(place / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                raise
            if os.fstat(lock).st_nlink:
                return lock
            os.close(lock)


def write_benchmark(built: Built, folder: Path) -> dict[str, Any]:
    """Write the files into `folder` and give the card back; SettingError where nothing is asked."""
    if not built.rows:
        told = [each.not_given or "; ".join(each.remarks) for each in built.tasks]
        raise SettingError("no rows came of it. " + " ".join(f"{one}." for one in told if one))
    write_rows(folder / ROWS, built.rows)
    card = card_of(built, (folder / ROWS).read_bytes())
    (folder / CARD).write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n")
    (folder / PAGE).write_text(card_page(card))
    return card


def add_check(rows: Path, told: dict[str, Any]) -> Path | None:
    """Put what a check found into the card beside `rows`, and give its page; None where no card is.

    A card of other rows is left as it is: it tells of them by their hash.
    """
    file = rows.with_name(CARD)
    try:
        card = json.loads(file.read_text(encoding="utf-8"))
        of_these = card["hashes"]["rows"] == hashlib.sha256(rows.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not of_these:
        return None
    card["checked"] = told
    page = card_page(card)
    try:
        file.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        rows.with_name(PAGE).write_text(page, encoding="utf-8")
    except OSError as error:
        raise SettingError(f"{file}: cannot be written ({error.strerror})") from error
    return rows.with_name(PAGE)
