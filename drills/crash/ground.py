"""What crash drills stand on: a small synthetic store, a scripted host, commands to kill."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drills import host
from drills.cohort import cohort_in
from drills.commands import Commands
from drills.crash.roads.road import Ground
from tests.toolkits.browser.servers import Heard, Reply, site

ROUNDS, DELAY = 4, 0.03


WAIT = 0.02


@contextmanager
def ground_in(place: Path, *, rounds: int = ROUNDS, delay: float = DELAY) -> Iterator[Ground]:
    """A ground in a folder."""
    cohort = cohort_in(place)
    with (
        Commands(place / "commands") as commands,
        host.serving(rounds=rounds, delay=delay) as asked,
        site(_page) as pages,
    ):
        yield Ground(place, cohort.raw, cohort.store, cohort.subjects, commands, asked, pages)


def _page(heard: Heard) -> Reply:
    """The answer of the published local search service: hits for a query, a page for a URL."""
    asked = heard.json
    if heard.path == "/search":
        query = asked["query"]
        hits = [
            {
                "url": f"https://e.org/{query.replace(' ', '-')}/{n}",
                "title": query,
                "snippet": "...",
            }
            for n in range(3)
        ]
        return Reply(json.dumps({"results": hits}).encode(), "application/json", wait=WAIT)
    page = {"content": f"<p>Potassium above 6.5 is dangerous. {asked['url']}</p>" * 20}
    return Reply(json.dumps(page).encode(), "application/json", wait=WAIT)
