"""Reading rows from JSON, JSONL and Parquet, and writing them as JSONL."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from clinseek.errors import SettingError
from clinseek.evals.rows.row import Row
from clinseek.whole_file import whole_file

_NESTED = frozenset(
    {
        "candidates", "answer_schema", "label", "images", "reports", "gold_rows", "metadata",
    }
)  # fmt: skip
"""Columns that a Parquet file may hold as JSON text, since Arrow has one type a column."""

_MEND = "mend that line: a file of rows is JSONL, one object a line, or one JSON list"


class PlacedObject(NamedTuple):
    """What stands for a row in a file, and where: "line 7", or "row 7" of a Parquet file."""

    where: str
    value: Any


def read_rows(path: str | Path) -> list[Row]:
    """The rows of a file: a JSON list or one object (.json), JSONL (.jsonl) or .parquet.

    SettingError names file and line of a row that cannot be, and of a qid that comes twice; a
    Parquet file has no lines, so there it is the number of the row.
    """
    file = Path(path)
    rows: list[Row] = []
    seen: dict[str, str] = {}
    for where, value in placed_objects(file):
        row = _row(value, at=f"{file}, {where}")
        if row.qid in seen:
            raise SettingError(
                f"{file}, {where}: qid {row.qid!r} stands at {seen[row.qid]} already; each row "
                "needs a qid of its own"
            )
        seen[row.qid] = where
        rows.append(row)
    if not rows:
        raise SettingError(f"{file}: holds no rows")
    return rows


def write_rows(path: str | Path, rows: Iterable[Row]) -> None:
    """Write rows as JSONL, one a line; the file is whole or as it was, and its owner's alone.

    SettingError where it cannot be written.
    """
    with whole_file(Path(path)) as making, making.open("w", encoding="utf-8") as opened:
        opened.writelines(row.model_dump_json(exclude_defaults=True) + "\n" for row in rows)


def _row(value: Any, *, at: str) -> Row:
    if not isinstance(value, dict):
        raise SettingError(f"{at}: a row is an object with qid, task and question")
    try:
        return Row.model_validate(value)
    except ValidationError as error:
        raise SettingError(f"{at}: {_fault(value, error)}") from None


def _fault(value: dict[str, Any], error: ValidationError) -> str:
    """The first thing wrong with a row, in a sentence."""
    fault = error.errors(include_url=False)[0]
    if not fault["loc"]:
        return f"{fault['ctx']['error']} (qid {value['qid']})"
    name = str(fault["loc"][0])
    of = f" (qid {value['qid']})" if isinstance(value.get("qid"), str) and name != "qid" else ""
    if fault["type"] == "missing":
        return f"{name} is missing{of}"
    if fault["type"] == "extra_forbidden":
        return f"a row has no {name!r}{of}; fields of your own belong into metadata"
    if name == "label":
        return (
            f"label {_short(value['label'])} cannot be{of}: a label is a text, a finite number, a "
            'list of texts, or a list of objects with a "name"; write "yes" or "no" for a truth'
        )
    return f"{name} {_short(value.get(name))} cannot be{of}: {fault['msg']}"


def _short(value: Any) -> str:
    told = repr(value)
    return told if len(told) <= 80 else told[:79] + "…"


def placed_objects(file: Path) -> Iterator[PlacedObject]:
    """What stands for rows in a file of JSON, JSONL or Parquet; SettingError names broken lines."""
    try:
        if file.suffix == ".parquet":
            return iter(_of_parquet(file))
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise SettingError(f"{file}: no file of rows ({reason})") from None
    except UnicodeDecodeError as error:
        raise SettingError(f"{file}: no file of rows (byte {error.start} is not UTF-8)") from None
    # A list opens with a bracket; JSONL opens with an object, whatever the file is called.
    if text.lstrip()[:1] == "[":
        return _of_list(file, text)
    return _of_lines(file, text)


def _of_lines(file: Path, text: str) -> Iterator[PlacedObject]:
    """JSONL; one object spread over several lines is read too."""
    whole = text.strip()
    if file.suffix == ".json" and whole:
        try:
            yield PlacedObject("line 1", json.loads(whole))
            return
        except (ValueError, RecursionError):
            pass
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield PlacedObject(f"line {number}", json.loads(line))
        except json.JSONDecodeError as error:
            raise SettingError(
                f"{file}, line {number}: no JSON ({error.msg} at column {error.colno}); {_MEND}"
            ) from None
        except (ValueError, RecursionError) as error:
            raise SettingError(f"{file}, line {number}: {_beyond(error)}") from None


def _of_list(file: Path, text: str) -> Iterator[PlacedObject]:
    """The members of a JSON list, each with the line on which it begins."""
    decoder = json.JSONDecoder()
    at, line, counted = text.index("[") + 1, 1, 0
    while True:
        at = _skipped(text, at)
        line, counted = line + text.count("\n", counted, at), at
        if text[at : at + 1] == "]":
            _refuse_rest(file, text, _skipped(text, at + 1))
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            raise SettingError(
                f"{file}, line {error.lineno}: no JSON ({error.msg}); {_MEND}"
            ) from None
        except (ValueError, RecursionError) as error:
            raise SettingError(f"{file}, line {line}: {_beyond(error)}") from None
        yield PlacedObject(f"line {line}", value)
        at = _skipped(text, at)
        if text[at : at + 1] == ",":
            at += 1
        elif text[at : at + 1] != "]":
            broken = 1 + text.count("\n", 0, at)
            raise SettingError(f"{file}, line {broken}: no JSON (a comma or ] is missing); {_MEND}")


def _refuse_rest(file: Path, text: str, at: int) -> None:
    """Rows behind the end of the list would be left out without a word."""
    if at < len(text):
        line = 1 + text.count("\n", 0, at)
        raise SettingError(f"{file}, line {line}: the list of rows has ended, and more follows")


def _beyond(error: Exception) -> str:
    """JSON that is sound, and that nothing can hold."""
    deep = isinstance(error, RecursionError)
    return "is nested too deeply" if deep else "holds a number of too many digits"


def _skipped(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _of_parquet(file: Path) -> list[PlacedObject]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        held = pq.read_table(file).to_pylist()
    except pa.ArrowInvalid as error:
        raise SettingError(f"{file}: no Parquet file ({str(error).splitlines()[0]})") from None
    return [
        PlacedObject(f"row {number}", _plain(value)) for number, value in enumerate(held, start=1)
    ]


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """A row of a Parquet file: absent cells left out, nested ones read from their JSON text."""
    return {
        name: _nested(cell) if name in _NESTED and isinstance(cell, str) else _whole(cell)
        for name, cell in value.items()
        if not _absent(cell)
    }


def _absent(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _whole(cell: Any) -> Any:
    """Lists of objects without the keys that Arrow added to give them all one shape."""
    if isinstance(cell, list):
        return [_whole(each) for each in cell]
    if isinstance(cell, dict):
        return {name: _whole(each) for name, each in cell.items() if not _absent(each)}
    return cell


def _nested(cell: str) -> Any:
    if cell[:1] not in ("[", "{"):
        return cell
    try:
        return json.loads(cell)
    except json.JSONDecodeError:
        return cell
