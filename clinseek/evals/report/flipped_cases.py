"""Rows that one evaluation gets right and the other does not, with what each side stood on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clinseek.evals.comparison import Flip
from clinseek.evals.report.pairing import ReportedPair
from clinseek.evals.report.placed_runs import run_at
from clinseek.evals.report.reported_run import BriefRun, ReportedRun
from clinseek.evals.rows import Row
from clinseek.evals.transcripts.evidence import Observation, observations_of
from clinseek.evals.transcripts.observation_text import Grid

MOST_ROWS = 8
MOST_CELL = 240


@dataclass(frozen=True)
class CaseSide:
    """One side of a case: the answer, why it has its score, and the rows that it cites."""

    label: str
    value: float
    explanation: str
    run: BriefRun
    cited: tuple[tuple[str, Grid], ...]


@dataclass(frozen=True)
class FlippedCase:
    """One row that flipped between A and B."""

    flip: Flip
    row: Row
    a: CaseSide
    b: CaseSide


def flipped_cases(pair: ReportedPair, *, most: int) -> list[FlippedCase]:
    """At most `most` of a pair's flips, gains and losses in turn; records are read for these."""
    chosen = _in_turn(pair.compared.flips, most)
    rows = {row.qid: row for row in pair.a.source.rows}
    wanted = {(flip.qid, flip.epoch) for flip in chosen}
    cited_a, cited_b = (_cited(run, wanted) if wanted else {} for run in (pair.a, pair.b))
    return [
        FlippedCase(
            flip,
            rows[flip.qid],
            _side(pair.a, flip, flip.a, flip.a_explanation, cited_a),
            _side(pair.b, flip, flip.b, flip.b_explanation, cited_b),
        )
        for flip in chosen
    ]


def _in_turn(flips: Sequence[Flip], most: int) -> list[Flip]:
    gained = [flip for flip in flips if flip.direction == "gained"]
    lost = [flip for flip in flips if flip.direction == "lost"]
    half = min(len(lost), max(most // 2, most - len(gained)))
    return [*gained[: most - half], *lost[:half]]


Cited = dict[tuple[str, int], tuple[tuple[str, Grid], ...]]


def _cited(run: ReportedRun, wanted: set[tuple[str, int]]) -> Cited:
    return {
        (str(each["qid"]), int(each["epoch"])): cited_rows(observations_of(each))
        for each in _runs_of(run, wanted)
    }


def _runs_of(run: ReportedRun, wanted: set[tuple[str, int]]) -> Iterator[Mapping[str, Any]]:
    """The records of some runs, read by their place in the file where there is one."""
    from clinseek.evals.runner.run_folder import RUN_FILE, open_run

    if not (run.path / RUN_FILE).is_file():
        held = (record for record in run.source.records() if (record.qid, record.epoch) in wanted)
        yield from (record.as_json() for record in held)
        return
    folder = open_run(run.path)
    last = {each.key[1:]: each for each in folder.placed() if each.key[1:] in wanted}
    yield from (run_at(folder.records_file, each.offset, each.length) for each in last.values())


def cited_rows(observations: Sequence[Observation]) -> tuple[tuple[str, Grid], ...]:
    """The cited rows of each observation, by its number; long cells are cut, and few rows told."""
    found = []
    for observation in observations:
        for grid in observation.rows_cited():
            rows = tuple(tuple(_cut(cell) for cell in row) for row in grid.rows[:MOST_ROWS])
            if rows:
                found.append((observation.id, grid._replace(rows=rows)))
    return tuple(found)


def _cut(cell: str) -> str:
    return cell if len(cell) <= MOST_CELL else cell[: MOST_CELL - 1] + "…"


def _side(run: ReportedRun, flip: Flip, value: float, explanation: str, cited: Cited) -> CaseSide:
    key = (flip.qid, flip.epoch)
    nothing = BriefRun((), (), "missing", "")
    brief = run.brief.get(key, nothing)
    return CaseSide(run.label, value, explanation, brief, cited.get(key, ()))
