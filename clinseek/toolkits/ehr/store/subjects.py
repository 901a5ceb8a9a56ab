"""The list of patients that an ingest is to take."""

from __future__ import annotations

from pathlib import Path

from clinseek.errors import RawRecordError


def read_subject_list(path: Path) -> tuple[int, ...]:
    """The subject_ids of a file, one a line; a csv header `subject_id` and blank lines are fine.

    Raises RawRecordError naming the line that holds no subject_id.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError as error:
        raise RawRecordError(f"the list of patients {path} does not exist") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RawRecordError(f"the list of patients {path} cannot be read: {error}") from error
    chosen: list[int] = []
    for number, line in enumerate(lines, start=1):
        word = line.split(",")[0].strip().strip('"')
        if not word or (number == 1 and word.lower() == "subject_id"):
            continue
        if not word.isdecimal():
            raise RawRecordError(
                f"{path}, line {number}: {word!r} is no subject_id; write one number a line"
            )
        chosen.append(int(word))
    if not chosen:
        raise RawRecordError(f"{path} names no patient; write one subject_id a line")
    return tuple(chosen)
