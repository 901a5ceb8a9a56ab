"""Stores: ingest table by table, the candidate index, and the vectors for search by meaning."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clinseek.toolkits.ehr.store.folder import table_path
from clinseek.toolkits.ehr.tables import TABLES
from drills.commands import Ended
from drills.crash.roads.road import Road, Work, digests, stamps

UNEQUAL = frozenset({".lock"})
"""Holds the number of the last writing process."""


class Ingest(Work):
    """`clinseek ingest`: a table that is finished is never read again."""

    @property
    def store(self) -> Path:
        """Where the store is made."""
        return self.folder / "store"

    def words(self) -> list[object]:
        """The ingest, with its code lists."""
        raw = self.ground.raw
        return ["ingest", raw, "--codes", raw / "codes", "--out", self.store, "--json"]

    def results(self, ended: Ended) -> Mapping[str, Any]:
        """Every byte of the store."""
        told = json.loads(ended.out)
        made = {name: held for name, held in digests(self.store).items() if name not in UNEQUAL}
        return {**made, "fingerprint": told["fingerprint"]}

    def kept(self) -> Mapping[str, Any]:
        """The files of the tables that were finished."""
        progress = self.store / "progress.json"
        if not progress.exists():
            return {}
        tables = json.loads(progress.read_text())["tables"]
        places = [table_path(self.store, TABLES[name]) for name in tables]
        files = [
            file
            for place in places
            for file in (sorted(place.rglob("*.parquet")) if place.is_dir() else [place])
        ]
        return stamps(files, self.store)

    def redone(self, kept: Mapping[str, Any]) -> Sequence[str]:
        """Finished files that are others now."""
        now = stamps([self.store / name for name in kept if (self.store / name).exists()],
                     self.store)  # fmt: skip
        return [f"{name} was made again" for name, stamp in kept.items() if now.get(name) != stamp]


class CandidateIndex(Ingest):
    """The last stage of an ingest alone: the store's tables are there, its vocabulary is not."""

    def __post_init__(self) -> None:
        """Begin with a store without its vocabulary."""
        super().__post_init__()
        shutil.copytree(self.ground.store, self.store)
        (self.store / "vocabulary.sqlite").unlink()

    def kept(self) -> Mapping[str, Any]:
        """Every table is finished."""
        return stamps(sorted(self.store.glob("tables/**/*.parquet")), self.store)


class Vectors(Work):
    """`clinseek candidates embed`, with a tiny model."""

    def __post_init__(self) -> None:
        """The same model for every go."""
        super().__post_init__()
        model = self.ground.place / "embedder"
        if not model.exists():
            from tests.toolkits.ehr.candidates.tiny_embedder import tiny_embedder

            tiny_embedder(model)
        self.environment["CLINSEEK_EMBEDDER"] = str(model)

    def words(self) -> list[object]:
        """The vectors of every list."""
        return ["candidates", "embed", self.ground.store, "--json"]

    def results(self, ended: Ended) -> Mapping[str, Any]:
        """Every byte under CLINSEEK_HOME, and how many titles each list has."""
        lists = json.loads(ended.out)["tables"]
        titles = {each["table"]: each["titles"] for each in lists}
        return {**digests(self.folder / "home"), "titles": titles}

    def kept(self) -> Mapping[str, Any]:
        """Lists whose vectors are whole."""
        whole = sorted((self.folder / "home").rglob("*.f32"))
        return stamps(whole, self.folder)

    def redone(self, kept: Mapping[str, Any]) -> Sequence[str]:
        """Whole lists that were made again."""
        now = stamps([self.folder / name for name in kept], self.folder)
        return [f"{name} was made again" for name, stamp in kept.items() if now[name] != stamp]


_TORCH = ("torch", "transformers", "tokenizers")


def _no_embedder() -> str | None:
    lacking = [name for name in _TORCH if importlib.util.find_spec(name) is None]
    return f"{', '.join(lacking)} not installed" if lacking else None


ROADS = (
    Road("ingest", Ingest, share=3, least="quick"),
    Road("candidate index", CandidateIndex, share=2, least="full"),
    Road("candidates embed", Vectors, least="full", gap=_no_embedder, imports=_TORCH),
)
