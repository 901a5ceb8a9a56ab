"""A built benchmark as a folder: rows.jsonl, card.json and card.md."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.building import Built
from clinseek.evals.benchmarks.data_card import card_of, card_page
from clinseek.evals.rows import write_rows

ROWS, CARD, PAGE = "rows.jsonl", "card.json", "card.md"


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
