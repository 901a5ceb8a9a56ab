"""How often the guard of web queries stops what may leave, and misses what may not.

    python -m benchmarks.egress_guard STORE REFERENCE [--half held|seen|both] [--seed 7] [--show 0]

STORE is the open MIMIC-IV demo, ingested; REFERENCE the folder of MedQuAD passages. Queries come
from `egress_queries`: text of MedQuAD and clinical questions as they are (they must pass), and the
same with matter of a demo patient spliced in (they must stop). The demo has no notes: wording comes
from its laboratory remarks and from the notes of a small synthetic cohort, made on the fly. A query
belongs to one half by its hash; the guard was built looking at the errors in `seen` alone. Prints
shares with Wilson's 95 % interval, and how long an index and a check take.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.egress_queries import Query, Topic, harmful, harmless, read_topics
from clinseek.toolkits.browser.guards.case_index import CaseIndex
from clinseek.toolkits.browser.guards.egress import Egress
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise

END = "2199-01-01 00:00:00"
LARGEST = 10014354
PATIENTS, NOTED = 20, 8
OF_A_TOPIC, OF_A_KIND = 40, 12


class Tally:
    """What went wrong in one half, by strictness and group, and how long each check took."""

    def __init__(self, half: str) -> None:
        self.half = half
        self.outcomes: dict[tuple[str, bool, str], list[bool]] = defaultdict(list)
        self.errors: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.milliseconds: list[float] = []

    def run(self, index: CaseIndex, queries: list[Query]) -> None:
        """Check the queries of this half against one case."""
        asked = [query for query in queries if self.half in (_half_of(query), "both")]
        for strictness in ("balanced", "strict"):
            guard = Egress(index, strictness=strictness)
            for query in asked:
                began = time.process_time()
                stopped = guard.check(query.text) is not None
                self.milliseconds.append(1000 * (time.process_time() - began))
                wrong = stopped is not query.must_stop
                self.outcomes[strictness, query.must_stop, query.group].append(wrong)
                if wrong:
                    said = f"{query.text!r} {guard.kinds(query.text)}"
                    self.errors[strictness, query.group].append(said)

    def table(self, strictness: str, *, must_stop: bool) -> str:
        """The errors of one kind as a table in Markdown."""
        lines = ["| queries | n | wrong | share | 95 % |", "|---|---|---|---|---|"]
        every: list[bool] = []
        for (by, stop, group), outcomes in self.outcomes.items():
            if by == strictness and stop is must_stop:
                lines.append(_row(group, outcomes))
                every += outcomes
        return "\n".join([*lines, _row("all", every)])


def _half_of(query: Query) -> str:
    odd = hashlib.blake2b(query.text.encode(), digest_size=2).digest()[0] & 1
    return "held" if odd else "seen"


def _row(group: str, outcomes: list[bool]) -> str:
    wrong, total = sum(outcomes), len(outcomes)
    low, high = _wilson(wrong, total)
    share = f"{100 * wrong / total:.1f} % | {100 * low:.1f}-{100 * high:.1f} %"
    return f"| {group} | {total} | {wrong} | {share} |"


def _wilson(count: int, total: int) -> tuple[float, float]:
    z, share = 1.959964, count / total
    middle = share + z * z / (2 * total)
    around = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    low, high = ((middle + sign * around) / (1 + z * z / total) for sign in (-1, 1))
    return max(0.0, low), min(1.0, high)


@contextmanager
def _noted_patients() -> Iterator[Store]:
    """A store of synthetic patients with notes."""
    with tempfile.TemporaryDirectory() as folder:
        synthesise(Path(folder) / "raw", patients=NOTED, seed=7)
        ingest(Path(folder) / "raw", Path(folder) / "store")
        yield Store.open(Path(folder) / "store")


def _over(store: Store, subjects: list[int], topics: list[Topic], tally: Tally, seed: int) -> None:
    for subject in subjects:
        draw = random.Random(f"{seed} {subject}")
        case = open_case(store, subject, cutoff=END)
        queries = [*harmless(topics, draw, OF_A_TOPIC), *harmful(case, topics, draw, OF_A_KIND)]
        index = CaseIndex.of_file(case.path)
        case.close()
        tally.run(index, queries)


def _index_times(store: Store) -> str:
    case = open_case(store, LARGEST, cutoff=END)
    said = []
    for clock, name in ((time.process_time, "processor"), (time.perf_counter, "wall")):
        taken = []
        for _ in range(15):
            began = clock()
            CaseIndex.of_file(case.path)
            taken.append(1000 * (clock() - began))
        said.append(f"median {statistics.median(taken):.0f} ms, fastest {min(taken):.0f} ({name})")
    case.close()
    return f"index of patient {LARGEST}: {'; '.join(said)}"


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store")
    parser.add_argument("reference", type=Path)
    parser.add_argument("--half", default="held", choices=("held", "seen", "both"))
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--show", type=int, default=0, help="so many errors a group; only of seen")
    given = parser.parse_args()
    store, topics, tally = Store.open(given.store), read_topics(given.reference), Tally(given.half)
    others = [subject for subject in store.subjects() if subject != LARGEST]
    drawn = random.Random(given.seed).sample(others, PATIENTS - 1)
    _over(store, [LARGEST, *drawn], topics, tally, given.seed)
    with _noted_patients() as noted:
        _over(noted, noted.subjects(), topics, tally, given.seed)
    for strictness in ("balanced", "strict"):
        for must_stop, title in ((False, "must pass"), (True, "must stop")):
            print(f"\n{strictness}: {title}\n\n{tally.table(strictness, must_stop=must_stop)}")
    if given.half == "seen":
        for group, errors in tally.errors.items():
            print("\n".join(f"{group}: {error}" for error in errors[: given.show]))
    took = sorted(tally.milliseconds)
    print(
        f"\n{len(took)} checks: median {statistics.median(took):.2f} ms, "
        f"99 % {took[len(took) * 99 // 100]:.2f}, longest {took[-1]:.2f} (processor)"
    )
    print(_index_times(store))


if __name__ == "__main__":
    main()
