"""What the browser costs, and what its offline search finds.

    python benchmarks/browser.py [speed] [recall --medquad FOLDER] [runs] [million --folder DIR]

`speed`: opening a cached page, a look-up in 10,000 lines, 1 MB of HTML (medians; processor seconds
beside those of the clock). `recall`: each question of MedQuAD (`medquad_*.jsonl.gz`) against the
passage that answers it, the questions themselves not indexed, on the 4,388 questions that were not
looked at while the search was built; plain BM25 is the same index without title weights, without
words left out and without related words. `runs`: 100 runs in 4 processes on one archive.
`million`: an index of 1,000,000 synthetic passages in DIR, built where it is not there (minutes).
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from clinseek.toolkits.browser.archive import Archive
from clinseek.toolkits.browser.arguments import Find, Open, Search
from clinseek.toolkits.browser.backends.offline import OfflineWeb
from clinseek.toolkits.browser.backends.offline.documents import Document
from clinseek.toolkits.browser.backends.offline.index import Index, built
from clinseek.toolkits.browser.backends.offline.words import words_of
from clinseek.toolkits.browser.guarding import Guards
from clinseek.toolkits.browser.guards import injection
from clinseek.toolkits.browser.guards.addresses import Addresses
from clinseek.toolkits.browser.hits import Failed, Fetched, Hit
from clinseek.toolkits.browser.page import page_of_text
from clinseek.toolkits.browser.reader import Reader
from clinseek.toolkits.browser.reading import page_of
from clinseek.toolkits.browser.session import BrowserSession
from clinseek.toolkits.browser.windows import find_page

GUARDS = Guards(egress=None, addresses=Addresses(), denied=None, marking=injection)
LOOKED_AT = 1_200
PASSAGES = 1_000_000
WORDS = tuple(
    """
serum potassium level patient renal failure dose treatment severe moderate hyperkalaemia guideline
recommend intravenous calcium insulin glucose monitor change repeat within hours evidence grade risk
blood pressure infusion""".strip().split()
)


class Pages:
    """A web of made pages, without a network."""

    name = "made"

    def search(self, query: str, topn: int) -> list[Hit]:
        """Links to pages of any number."""
        return [Hit(f"https://e.org/{query}/{n}", f"Page {n}", query) for n in range(topn)]

    def fetch(self, url: str) -> Fetched:
        """A page of some hundred lines."""
        return Fetched(url, "text/html", guideline(30_000, seed=len(url)).encode())


def guideline(size: int, *, seed: int = 1) -> str:
    """HTML of about `size` characters: headings, paragraphs with links, lists and tables."""
    chance = random.Random(seed)

    def said(count: int) -> str:
        return " ".join(chance.choices(WORDS, k=count))

    parts = ["<html><head><title>Guideline</title></head><body><nav>Home</nav><main>"]
    length = number = 0
    while length < size:
        number += 1
        items = "".join(f"<li>{said(12)}</li>" for _ in range(5))
        rows = "".join(f"<tr><td>{n}.5 mmol/L</td><td>{said(6)}</td></tr>" for n in range(6))
        parts.append(
            f"<h2>Section {number}</h2><p>{said(80)} <a href='/ref/{number}'>ref {number}</a> "
            f"{said(30)}</p><ul>{items}</ul><table><tr><th>Level</th><th>Act</th></tr>{rows}</table>"
        )
        length += len(parts[-1])
    return "".join([*parts, "</main></body></html>"])


def timed(what: str, act: Callable[[], Any], *, times: int) -> None:
    """Print the median and the 95th percentile of `act` in milliseconds, by clock and processor."""
    clock, processor = [], []
    for _ in range(times):
        began, used = time.perf_counter(), time.process_time()
        act()
        clock.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - used))
    late = sorted(clock)[math.ceil(0.95 * times) - 1]
    print(
        f"{what:44} {statistics.median(clock):9.2f} {late:9.2f} {statistics.median(processor):9.2f}"
    )


def speed(folder: Path) -> None:
    """Open, find, parse."""
    print(f"{'ms':44} {'median':>9} {'p95':>9} {'processor':>9}")
    archive = Archive.open(folder / "speed.sqlite")
    session = BrowserSession(Reader(web=Pages(), archive=archive, mode="record", guards=GUARDS))
    page = {"id": "https://e.org/page"}
    session.call(Open, page)
    timed("open, page in memory", lambda: session.call(Open, page), times=200)

    def afresh() -> None:
        opened = Archive.open(folder / "speed.sqlite")
        reader = Reader(web=None, archive=opened, mode="replay", guards=GUARDS)
        BrowserSession(reader).call(Open, page)
        opened.close()

    timed("open, archive opened anew (30 kB page)", afresh, times=100)
    lines = [" ".join(random.Random(n).choices(WORDS, k=6)) for n in range(10_000)]
    long = page_of_text("\n".join(lines), url="https://e.org/", title="Long")
    assert len(long.lines) == 10_000
    timed("find in 10,000 lines, first", lambda: find_page(_fresh(long), "risk infusion"), times=50)
    timed("find in 10,000 lines, again", lambda: find_page(long, "risk infusion"), times=200)
    timed("find in 10,000 lines, nothing", lambda: find_page(long, "no such words"), times=200)
    html = Fetched("https://e.org/", "text/html", guideline(1_000_000).encode())
    timed("1 MB of HTML", lambda: page_of(html), times=9)
    bare = html.body.replace(b"<main>", b"<div>").replace(b"</main>", b"</div>")
    timed("1 MB of HTML without landmarks", lambda: page_of(html._replace(body=bare)), times=9)
    small = guideline(100_000).replace("main>", "div>").encode()
    timed("100 kB without landmarks", lambda: page_of(html._replace(body=small)), times=9)


def _fresh(page: Any) -> Any:
    return type(page)(page.url, page.title, page.lines, page.links)


def medquad(folder: Path) -> list[dict[str, Any]]:
    """The rows of MedQuAD as they lie in `folder`."""
    rows: list[dict[str, Any]] = []
    for name in ("medquad_general", "medquad_cancer"):
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows += map(json.loads, lines)
    return rows


def recall(where: Path, folder: Path) -> None:
    """Question to its passage, what is shipped against plain BM25."""
    rows = medquad(where)
    corpus = folder / "medquad.jsonl"
    with corpus.open("w", encoding="utf-8") as out:
        for number, row in enumerate(rows):
            held = {"id": number, "url": f"https://e.org/{number}", "title": row["focus"]}
            held |= {"synonyms": row["synonyms"], "text": row["answer"]}
            out.write(json.dumps(held) + "\n")
    began = time.perf_counter()
    web = OfflineWeb([corpus], folder=folder / "index")
    print(f"{len(rows):,} passages indexed in {time.perf_counter() - began:.1f} s")
    order = list(range(len(rows)))
    random.seed(5)
    random.shuffle(order)
    asked = order[LOOKED_AT:]
    index = web._index
    shipped = _ranks(asked, rows, lambda query: _shipped(web, query))
    plain = _ranks(asked, rows, lambda query: _plain(index, query))
    for name, ranks in (("plain BM25", plain), ("shipped", shipped)):
        for depth in (1, 5):
            found = sum(rank < depth for rank in ranks)
            low, high = wilson(found, len(ranks))
            print(f"{name:12} recall@{depth} {found / len(ranks):.3f} [{low:.3f}, {high:.3f}]")
    won = sum(one < 5 <= other for one, other in zip(shipped, plain, strict=True))
    lost = sum(other < 5 <= one for one, other in zip(shipped, plain, strict=True))
    half = 1.96 * math.sqrt(won + lost - (won - lost) ** 2 / len(asked)) / len(asked)
    gain = (won - lost) / len(asked)
    print(f"difference at 5: {gain:.3f} [{gain - half:.3f}, {gain + half:.3f}], paired")
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["question"]] = counts.get(row["question"], 0) + 1
    once = [
        rank for rank, n in zip(shipped, asked, strict=True) if counts[rows[n]["question"]] == 1
    ]
    print(f"shipped, of the {len(once):,} questions that stand there once: "
          f"{sum(rank < 5 for rank in once) / len(once):.3f}")  # fmt: skip
    questions = iter([rows[number]["question"] for number in asked])
    print(f"{'ms':44} {'median':>9} {'p95':>9} {'processor':>9}")
    timed("offline search, 5,588 passages", lambda: web.search(next(questions), 10), times=1000)


def _ranks(
    asked: Sequence[int], rows: Sequence[dict[str, Any]], search: Callable[[str], list[str]]
) -> list[int]:
    """At which place each question's own passage was found; 99 where it was not."""
    ranks = []
    for number in asked:
        urls = search(rows[number]["question"])
        own = f"https://e.org/{number}"
        ranks.append(urls.index(own) if own in urls else 99)
    return ranks


def _shipped(web: OfflineWeb, query: str) -> list[str]:
    hits = web.search(query, 5)
    assert not isinstance(hits, Failed)
    return [hit.url for hit in hits]


def _plain(index: Index, query: str) -> list[str]:
    """BM25 as the library has it, every word of the question over title and text alike."""
    words = " ".join(f'"{word}"' for word in _all_words(query))
    parsed = index._index.parse_query(words, ["title", "text"])
    found = index._searcher.search(parsed, 20).hits
    return list(dict.fromkeys(index._searcher.doc(at)["url"][0] for _, at in found))[:5]


def _all_words(query: str) -> list[str]:
    return "".join(sign if sign.isalnum() else " " for sign in query.lower()).split()


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    z, share = 1.96, found / of
    middle = share + z * z / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def runs(folder: Path) -> None:
    """A hundred runs, 25 in each of four processes, that record into one archive."""
    began = time.perf_counter()
    command = [sys.executable, __file__, "quarter", "--folder", str(folder)]
    each = [subprocess.Popen([*command, "--number", str(number)]) for number in range(4)]
    faults = sum(process.wait() != 0 for process in each)
    archive = Archive.open(folder / "shared.sqlite", writes=False)
    print(
        f"100 runs of 8 calls, 4 processes: {time.perf_counter() - began:.1f} s, "
        f"{faults} processes with a fault, {sum(1 for _ in archive.answers()):,} answers held"
    )


def quarter(folder: Path, number: int) -> None:
    """The runs of one process; any error ends it with a fault."""
    archive = Archive.open(folder / "shared.sqlite")

    def one(run: int) -> None:
        reader = Reader(web=Pages(), archive=archive, mode="record", guards=GUARDS)
        session = BrowserSession(reader)
        for query in ("potassium", f"question {number} {run}"):
            for tool, given in (
                (Search, {"query": query}),
                (Open, {"id": 0}),
                (Find, {"pattern": "risk infusion"}),
                (Open, {"id": f"https://e.org/{query.replace(' ', '-')}/own"}),
            ):
                text, observation = session.call(tool, given)
                if observation.refused:
                    raise RuntimeError(text)

    with ThreadPoolExecutor(25) as threads:
        list(threads.map(one, range(25)))


def million(folder: Path) -> None:
    """Search over a million passages of words that are as frequent as words are."""
    import numpy as np

    frequency = 1 / np.arange(1, 60_001)
    steps = np.cumsum(frequency / frequency.sum())
    vocabulary = [f"w{number:x}q" for number in range(60_000)]

    def documents() -> Iterator[Document]:
        chance = np.random.default_rng(3)
        for start in range(0, PASSAGES, 10_000):
            drawn = np.searchsorted(steps, chance.random((10_000, 60)))
            for at, numbers in enumerate(drawn):
                said = [vocabulary[number] for number in numbers]
                url, title = f"https://e.org/{start + at}", " ".join(said[:4])
                yield Document(url, title, "text/plain", " ".join(said[4:]).encode())

    began = time.perf_counter()
    place = built(folder, documents(), fingerprint="a-million-of-them")
    size = sum(path.stat().st_size for path in place.iterdir()) / 1e6
    print(f"index of {size:,.0f} MB, ready in {time.perf_counter() - began:.0f} s")
    index = Index(place)
    chance = np.random.default_rng(9)
    drawn = np.searchsorted(steps, chance.random((200, 7)))
    queries = iter([" ".join(vocabulary[number] for number in numbers) for numbers in drawn])
    assert words_of("w1q w2q") == ["w1q", "w2q"]
    print(f"{'ms':44} {'median':>9} {'p95':>9} {'processor':>9}")
    timed("offline search, 1,000,000 passages", lambda: index.search(next(queries), 40), times=200)


def main() -> None:
    """Run the parts that are named, all but `million` where none is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["speed", "recall", "runs"])
    parser.add_argument("--medquad", type=Path, default=_medquad_folder())
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder: Path = given.folder or Path(scratch)
        for part in given.parts:
            match part:
                case "speed":
                    speed(folder)
                case "recall":
                    recall(given.medquad, folder)
                case "runs":
                    runs(folder)
                case "quarter":
                    quarter(folder, given.number)
                case "million":
                    million(folder)
                case _:
                    parser.error(f"no part {part!r}: speed, recall, runs, million")


def _medquad_folder() -> Path:
    return Path(os.environ.get("CLINSEEK_OPEN_DATA", ".")) / "reference"


if __name__ == "__main__":
    main()
