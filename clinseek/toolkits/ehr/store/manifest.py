"""What a store says of itself: manifest.json when it is whole, progress.json while it is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from clinseek.errors import StoreError
from clinseek.toolkits.ehr.store.shards import Shard
from clinseek.toolkits.ehr.tables import Module

SCHEMA_VERSION = 1
"""Counts up when the layout of a store, or what its cells mean, changes."""

MANIFEST = "manifest.json"
PROGRESS = "progress.json"

_Model = TypeVar("_Model", bound=BaseModel)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SourceFile(_Frozen):
    """A raw file by its content: `name` is module/file, `size` in bytes, `sha256` of its bytes."""

    name: str
    size: int
    sha256: str


class TableManifest(_Frozen):
    """One table of the store.

    `rejected` rows were broken; `unlisted` rows speak of patients that `patients` does not list;
    `unselected` rows of patients outside the selection. `bare_dates` counts, by column, times
    of the raw file that are a date only and were put at the end of that day. `digest` hashes
    the content.
    """

    module: Module
    rows: int
    columns: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    files: tuple[SourceFile, ...]
    rejected: int
    unlisted: int
    unselected: int
    bare_dates: dict[str, int]
    digest: str


class VocabularyTable(_Frozen):
    """One table of the vocabulary. `supplied` where it comes from a list of the user's own."""

    rows: int
    sha256: str
    supplied: bool


class VocabularyManifest(_Frozen):
    """The vocabulary as ingest wrote it: the hash of all, and each table by its name."""

    edition: str
    tables: dict[str, VocabularyTable]


class Manifest(_Frozen):
    """A whole store. `fingerprint` depends on what the store holds, not on where or when.

    `vocabulary` is None in a store that was made before it was recorded.
    """

    schema_version: int
    fingerprint: str
    plan: str
    subjects: int
    shards: tuple[Shard, ...]
    tables: dict[str, TableManifest]
    codes: tuple[SourceFile, ...]
    vocabulary: VocabularyManifest | None = None


class Progress(_Frozen):
    """A store in the making: `plan` hashes the patients and shards that all tables share."""

    schema_version: int
    plan: str
    tables: dict[str, TableManifest]


def fingerprint(
    tables: Mapping[str, TableManifest], *, plan: str, codes: tuple[SourceFile, ...]
) -> str:
    """The hash of a store's content: patients, tables and the code lists of its vocabulary."""
    content = {
        "schema_version": SCHEMA_VERSION,
        "plan": plan,
        "tables": {name: [tables[name].rows, tables[name].digest] for name in sorted(tables)},
        "codes": [[code.name, code.sha256] for code in codes],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_manifest(store: Path) -> Manifest | None:
    """The manifest of a whole store, None where there is none; StoreError when newer or broken."""
    return _read(store / MANIFEST, Manifest)


def read_progress(store: Path) -> Progress | None:
    """How far an ingest came, None where none was begun; StoreError when newer or broken."""
    return _read(store / PROGRESS, Progress)


def write_atomically(path: Path, model: BaseModel) -> None:
    """Replace `path` by the model as JSON; a reader sees the old file or the new, never half."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(model.model_dump_json(indent=1), encoding="utf-8")
    draft.replace(path)


def _read(path: Path, model: type[_Model]) -> _Model | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        version = json.loads(text)["schema_version"]
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{path.parent} was made by a newer clinseek (store schema {version}; this one "
                f"reads {SCHEMA_VERSION}): upgrade clinseek, or ingest into another folder"
            )
        if version < SCHEMA_VERSION:
            raise StoreError(
                f"{path.parent} was made by an older clinseek (store schema {version}; this one "
                f"reads {SCHEMA_VERSION}): remove the folder and ingest again"
            )
        return model.model_validate_json(text)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise StoreError(
            f"{path} cannot be read ({str(error).splitlines()[0]}): remove {path.parent} and "
            "ingest again"
        ) from error
