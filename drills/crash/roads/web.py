"""A run that browses, with its archive: what was fetched once is never fetched again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from drills.commands import Ended
from drills.crash.roads.road import Road
from drills.crash.roads.seeking import CUTOFF, Ask

MARK = "drill-900"
"""From this mark on, the host asks the web (see drills.host)."""
FIELDS = "kind, asked, topn, sentence, lasting, url, title, mime, body, page, web"


class Browse(Ask):
    """`clinseek ask --web record` against a search service on loopback that counts."""

    @property
    def archive(self) -> Path:
        """The file of every query and page."""
        return self.folder / "web.sqlite"

    def asking(self) -> list[object]:
        """The question, with the web."""
        ground = self.ground
        return [
            "ask", "--store", ground.store, "--subject", ground.subjects[0], "--at", CUTOFF,
            "--model", ground.host.spec, "--thread", "t", "--max-revisions", 0, "--json",
            "--web", "record", "--web-backend", f"local:{ground.pages.url}",
            "--archive", self.archive, f"{MARK}: when is potassium dangerous?",
        ]  # fmt: skip

    def results(self, ended: Ended) -> Mapping[str, Any]:
        """The run as any other, and what the archive holds."""
        return {**super().results(ended), "archive": self._held()}

    def kept(self) -> Mapping[str, Any]:
        """Beside turns, what the archive holds, and how often the service was asked."""
        return {
            **super().kept(),
            "archived": [asked for _, asked, *_ in self._held()],
            "fetched": len(self.ground.pages.heard),
        }

    def redone(self, kept: Mapping[str, Any]) -> Sequence[str]:
        """What the archive held, and was fetched again."""
        since = [each.json for each in self.ground.pages.heard[kept["fetched"] :]]
        asked = [str(each.get("query") or each.get("url")) for each in since]
        return [
            *super().redone(kept),
            *(f"{what} was fetched again" for what in asked if what in kept["archived"]),
        ]

    def _held(self) -> list[list[Any]]:
        if not self.archive.exists() or not self.archive.stat().st_size:
            return []
        with closing(sqlite3.connect(f"file:{self.archive}?mode=ro", uri=True)) as archive:
            found = archive.execute(f"SELECT {FIELDS} FROM answers ORDER BY {FIELDS}")
            return [json.loads(json.dumps(row)) for row in found]


ROADS = (Road("ask with a web archive", Browse, share=2),)
