"""Tables made from a folder of code lists: CCS categories, CCSR categories, ICD equivalents."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.candidates.sheet import Sheet
from clinseek.toolkits.ehr.candidates.sources import (
    CCSR_COLUMNS,
    CCSR_FILES,
    CODE_COLUMNS,
    CODE_SOURCES,
    EQUIVALENT_COLUMNS,
    EQUIVALENTS_FILE,
    CodeSource,
)
from clinseek.toolkits.ehr.candidates.synonyms import CCSR_TABLE, EQUIVALENTS_TABLE


def code_sheets(codes: Path) -> Iterator[Sheet]:
    """The tables whose files lie in `codes`; RawRecordError for one that cannot be read."""
    for source in CODE_SOURCES:
        needed = [codes / source.categories, *(codes / name for name, _ in source.maps)]
        if all(file.is_file() for file in needed):
            yield Sheet(source.name, CODE_COLUMNS, sorted(set(_coded(codes, source))))
    if all((codes / name).is_file() for name in CCSR_FILES):
        yield Sheet(CCSR_TABLE, CCSR_COLUMNS, sorted(set(_ccsr(codes))))
    if (codes / EQUIVALENTS_FILE).is_file():
        pairs = csv_columns(codes / EQUIVALENTS_FILE, "icd_9", "icd_10")
        yield Sheet(EQUIVALENTS_TABLE, EQUIVALENT_COLUMNS, sorted(set(pairs)))


def _coded(codes: Path, source: CodeSource) -> Iterator[tuple[str, int, str, str]]:
    categories = csv_columns(codes / source.categories, "category_code", "category_desc")
    titles = dict(source.unnamed)
    titles |= {category: title.strip() for category, title in categories if title.strip()}
    for name, versions in source.maps:
        version_of = dict(versions)
        for vocabulary, code, category in csv_columns(
            codes / name, "vocabulary_id", "code", "category_code"
        ):
            version = version_of.get(vocabulary)
            if version is not None and (title := titles.get(category)):
                yield code, version, category, title


def _ccsr(codes: Path) -> Iterator[tuple[str, int, str, str]]:
    categories, mapped = (codes / name for name in CCSR_FILES)
    named = csv_columns(categories, "CCSR Category", "CCSR Category Description")
    titles = {category: title.strip() for category, title in named}
    for code, category in csv_columns(mapped, "icd10cm_code", "ccsr"):
        if title := titles.get(category):
            yield code, 10, category, title


def csv_columns(file: Path, *names: str) -> Iterator[tuple[str, ...]]:
    """Some columns of a CSV file, gzipped or not, row by row; RawRecordError where it is broken."""
    opened = gzip.open if file.suffix == ".gz" else open
    try:
        with opened(file, "rt", encoding="utf-8", newline="") as lines:
            reader = csv.reader(lines)
            header = next(reader, [])
            missing = [name for name in names if name not in header]
            if missing:
                raise RawRecordError(
                    f"{file} has no column {missing[0]!r}; its columns are {', '.join(header)}"
                )
            places = [header.index(name) for name in names]
            for row in reader:
                if len(row) != len(header):
                    raise RawRecordError(
                        f"{file}, line {reader.line_num}: {len(row)} fields instead of "
                        f"{len(header)}; fetch the file again"
                    )
                yield tuple(row[place] for place in places)
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise RawRecordError(f"{file} cannot be read as a CSV of codes: {error}") from error
