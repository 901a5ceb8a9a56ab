"""What candidate search finds, and how long it takes, over the ICD diagnosis titles of the demo.

    python -m benchmarks.candidate_search STORE --open-data DIR [--half B] [--longest 70]
        [--seconds] [--without-model]

STORE is the open MIMIC-IV demo ingested with `--codes`; DIR holds the open data. The questions are
those of candidate_queries.py: half A is for development, half B for the table. A question is
answered at k when one of its titles is among the first k; beside it stands the 95 % Wilson
interval. `ratio` is plain `fuzz.ratio` over the titles as they are written, the published measure.
`--longest` keeps only titles of at most so many characters, in the vocabulary and among the
answers alike: embedding all 106,327 takes a quarter of an hour of one core. `--seconds` times the
searches instead: one core, processor time, after loading. The vectors are those that
`clinseek candidates embed STORE --table diagnoses_icd` makes ahead.
"""

from __future__ import annotations

import argparse
import math
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from benchmarks.candidate_queries import Query, queries
from clinseek.toolkits.ehr.candidates import (
    Match,
    Titles,
    fused,
    fuzzy_matches,
    keyword_matches,
    load_titles,
)
from clinseek.toolkits.ehr.candidates.fusion import DEPTH
from clinseek.toolkits.ehr.candidates.semantic import (
    SemanticIndex,
    load_semantic_index,
    semantic_matches,
)
from clinseek.toolkits.ehr.candidates.titles import titles_of

TABLE = "diagnoses_icd_candidates"
KS = (1, 5, 20)
TEN = (
    "heart failure", "copd", "acute kidney injury", "left hip fracture", "type 2 diabetes",
    "pnuemonia", "chest pain", "abdominal pain", "stroke", "urinary tract infection",
)  # fmt: skip
Lists = list[list[Match]]


def main() -> None:
    """Print the table of half B, or the times."""
    asked = _arguments()
    vocabulary = asked.store / "vocabulary.sqlite"
    titles, rows = _vocabulary(vocabulary, asked.longest)
    print(f"{len(titles.titles):,} titles, half {asked.half}", flush=True)
    index = None if asked.without_model else load_semantic_index(titles, _progress)
    if asked.seconds:
        _times(titles, index)
        return
    chosen = [q for q in queries(asked.open_data, rows) if q.half == asked.half]
    searches = _searches(titles, [q.text for q in chosen], index)
    kinds = list(dict.fromkeys(q.kind for q in chosen))
    for kind in [*kinds, "all sets, each alike"]:
        print(f"\n{kind} ({sum(q.kind == kind for q in chosen) or len(kinds)})")
        for name, found in searches.items():
            ranks = _ranks(titles, chosen, found)
            print(f"  {name:<28}{_row(kind, chosen, ranks, kinds)}", flush=True)


def _searches(
    titles: Titles, texts: Sequence[str], index: SemanticIndex | None
) -> dict[str, Lists]:
    keyword = [keyword_matches(titles, text, limit=DEPTH).matches for text in texts]
    fuzzy = [fuzzy_matches(titles, [text], limit=DEPTH)[0] for text in texts]
    found: dict[str, Lists] = {
        "ratio, as published": [_ratio(titles, text) for text in texts],
        "keyword": keyword,
        "fuzzy": fuzzy,
        "hybrid without a model": _fused(keyword, fuzzy),
    }
    if index is not None:
        semantic = [semantic_matches(index, [text], limit=DEPTH, threshold=-1)[0] for text in texts]
        found["semantic"] = semantic
        found["hybrid"] = _fused(keyword, fuzzy, semantic)
    return found


def _fused(*lists: Lists) -> Lists:
    return [fused(each, limit=max(KS)) for each in zip(*lists, strict=True)]


def _ratio(titles: Titles, text: str) -> list[Match]:
    from rapidfuzz import fuzz, process

    best = process.extract(text, titles.titles, scorer=fuzz.ratio, limit=max(KS))
    return [Match(place, score) for _, score, place in best]


def _ranks(titles: Titles, asked: Sequence[Query], found: Lists) -> list[float]:
    """The rank of the first title that answers each question."""
    return [
        next(
            (rank for rank, m in enumerate(matches, 1) if titles.titles[m.place] in query.gold),
            math.inf,
        )
        for query, matches in zip(asked, found, strict=True)
    ]


def _row(kind: str, asked: Sequence[Query], ranks: Sequence[float], kinds: Sequence[str]) -> str:
    """Recall at each k: of one set with its interval, or the mean over all sets."""
    own = {
        each: [rank for query, rank in zip(asked, ranks, strict=True) if query.kind == each]
        for each in kinds
    }
    if kind not in own:
        means = [statistics.mean(_recall(own[each], k) for each in kinds) for k in KS]
        return "  ".join(f"{mean:.2f}            " for mean in means)
    return "  ".join(_with_interval(_recall(own[kind], k), len(own[kind])) for k in KS)


def _recall(ranks: Sequence[float], k: int) -> float:
    return sum(rank <= k for rank in ranks) / len(ranks)


def _with_interval(share: float, n: int) -> str:
    z = 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return f"{share:.2f} ({max(0, middle - reach):.2f}-{min(1, middle + reach):.2f})"


def _times(titles: Titles, index: SemanticIndex | None) -> None:
    searches: dict[str, Callable[[Sequence[str]], object]] = {
        "keyword": lambda texts: [keyword_matches(titles, text, limit=200) for text in texts],
        "fuzzy": lambda texts: fuzzy_matches(titles, texts),
    }
    if index is not None:
        found = index
        searches["semantic"] = lambda texts: semantic_matches(found, texts)
    print(f"{'':<12}{'one query, ms':>16}{'four calls':>14}{'ten in one call':>18}")
    for name, search in searches.items():
        search(TEN)
        one = [_took(search, [text]) for _ in range(5) for text in TEN]
        ten = statistics.median(_took(search, TEN) for _ in range(5))
        middle = statistics.median(one)
        print(f"{name:<12}{middle:>16.1f}{4 * middle:>14.1f}{ten:>18.1f}", flush=True)


def _took(search: Callable[[Sequence[str]], object], texts: Sequence[str]) -> float:
    began = time.process_time()
    search(texts)
    return (time.process_time() - began) * 1_000


def _vocabulary(file: Path, longest: int | None) -> tuple[Titles, list[tuple[str, int, str]]]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        rows: list[tuple[str, int, str]] = connection.execute(f"SELECT * FROM {TABLE}").fetchall()
    if longest is None:
        return load_titles(file, TABLE), rows
    kept = [row for row in rows if len(row[2]) <= longest]
    columns = ("icd_code", "icd_version", "candidate")
    return titles_of(columns, list(kept), title="candidate", source=(file, TABLE)), kept


def _progress(done: int, total: int) -> None:
    print(f"\rembedding {done:,} of {total:,}", end="", file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--open-data", type=Path, default=Path())
    parser.add_argument("--half", choices=("A", "B"), default="B")
    parser.add_argument("--longest", type=int)
    parser.add_argument("--seconds", action="store_true")
    parser.add_argument("--without-model", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
