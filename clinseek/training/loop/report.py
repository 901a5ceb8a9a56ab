"""The loop's table: what each model did on held-out questions, and by how much it beats whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

from clinseek.evals.comparison import compare_runs
from clinseek.evals.runner.run_folder import RunFolder
from clinseek.evals.scorers.run_source import run_source
from clinseek.evals.scorers.scored_run import ScoredRun, score_run
from clinseek.evals.statistics import PairedTest, paired_test
from clinseek.evals.tool_use import ToolDifference
from clinseek.nodes.toolset import FINISH
from clinseek.nodes.weighing import GapKind
from clinseek.records import Record
from clinseek.training.loop.commit import commit_now, stages_by_commit
from clinseek.training.loop.places import Places

_TAKEN_OUT: frozenset[GapKind] = frozenset({"no_such_evidence", "not_held"})
"""What a record notes where the harness took a citation out of an answer."""
_Looked = list[tuple[str, str]]
"""The calls of a run but for its last: tool, and arguments as JSON."""


class Asked(NamedTuple):
    """One run on a held-out question. `valid`: as `is_valid` has it. `exact`: it looked up what the
    teacher did. `cited`: it cites what the teacher cites.
    """

    qid: str
    subject_id: int
    item: str
    valid: bool
    exact: bool
    cited: bool
    f1: float


@dataclass(frozen=True)
class Line:
    """One model over its runs; shares are in [0, 1]. `over_majority` is None for the majority."""

    model: str
    runs: int
    patients: int
    valid: float
    exact: float
    cited: float
    f1: float
    over_majority: PairedTest | None


@dataclass(frozen=True)
class ItemLine:
    """One laboratory item: what is right of the majority, and of each student.

    `over_majority` is of the students' mean, by patient.
    """

    item: str
    questions: int
    majority: float
    students: tuple[float, ...]
    over_majority: PairedTest


@dataclass(frozen=True)
class LoopReport:
    """What came of a loop. `commits` are the stages that each commit made, the table's last."""

    commits: Mapping[str, Sequence[str]]
    questions: int
    patients: int
    trained_on: int
    parameters: str
    lines: tuple[Line, ...]
    items: tuple[ItemLine, ...]
    tools: tuple[ToolDifference, ...]
    took: Mapping[str, Mapping[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


def report_of(
    places: Places, seeds: Sequence[int], took: Mapping[str, Mapping[str, Any]]
) -> LoopReport:
    """The report of a loop whose stages have all ended."""
    teacher = places.teacher_held_out
    known = {record.qid: (_looked(record), record.citations) for record in _records(teacher)}
    majority = list(_asked(places.majority, known))
    students = {seed: list(_asked(places.asked(seed), known)) for seed in seeds}
    lines = [
        *(
            _line(f"untrained, seed {seed}", _asked(places.asked_untrained(seed), known), majority)
            for seed in seeds
        ),
        *(_line(f"student, seed {seed}", asked, majority) for seed, asked in students.items()),
        _line("majority", majority, None),
        _line("teacher", _asked(teacher, known), majority),
    ]
    return LoopReport(
        commits=stages_by_commit({**took, "table": {"commit": commit_now()}}),
        questions=len(majority),
        patients=len({each.subject_id for each in majority}),
        trained_on=_trained_on(places.dataset),
        parameters=f"{_parameters(places.untrained(seeds[0])):,}",
        lines=tuple(lines),
        items=tuple(_items(majority, list(students.values()))),
        tools=_tools(places, seeds[0]),
        took=took,
    )


def _records(run: Path) -> Iterator[Record]:
    return RunFolder(run).records()


def _asked(run: Path, known: Mapping[str, tuple[_Looked, list[list[str]]]]) -> Iterator[Asked]:
    """The runs of a folder in the order of its rows, by the published scorer."""
    by_qid = {record.qid: record for record in _records(run) if record.status != "failed"}
    for score in _scored(run).scores["published"]:
        record = by_qid.get(score.qid)
        if record is None:
            continue
        looked, citations = known[score.qid]
        yield Asked(
            qid=score.qid,
            subject_id=score.subject_id,
            item=score.task,
            valid=is_valid(record),
            exact=_looked(record) == looked,
            cited=bool(record.answer) and record.citations == citations,
            f1=score.value or 0.0,
        )


def _scored(run: Path) -> ScoredRun:
    return score_run(run_source(run), ["published"])


def is_valid(record: Record) -> bool:
    """Whether a run ended by its own call, and the harness had nothing to mend in it.

    No call was refused or mended, and no citation was taken out of the answer.
    """
    answered = not any(entry["refused"] for entry in record.evidence)
    mended = record.repairs or any(error["kind"] in _TAKEN_OUT for error in record.errors)
    return record.stop_reason == "finish" and answered and not mended


def _looked(record: Record) -> _Looked:
    return [
        (entry["tool"], json.dumps(entry["arguments"], sort_keys=True))
        for entry in record.evidence
        if entry["tool"] != FINISH
    ]


def _line(model: str, asked: Iterator[Asked] | Sequence[Asked], majority: Any) -> Line:
    held = list(asked)
    return Line(
        model=model,
        runs=len(held),
        patients=len({each.subject_id for each in held}),
        valid=mean(each.valid for each in held),
        exact=mean(each.exact for each in held),
        cited=mean(each.cited for each in held),
        f1=mean(each.f1 for each in held),
        over_majority=None if majority is None else _over(majority, held),
    )


def _over(majority: Sequence[Asked], held: Sequence[Asked]) -> PairedTest:
    """B - A over the questions that both were asked, patients clustered."""
    guessed = {each.qid: each.f1 for each in majority}
    return paired_test(
        [guessed[each.qid] for each in held],
        [each.f1 for each in held],
        [each.subject_id for each in held],
    )


def _items(majority: Sequence[Asked], students: Sequence[Sequence[Asked]]) -> Iterator[ItemLine]:
    right = [{each.qid: each.f1 for each in asked} for asked in students]
    for item in sorted({each.item for each in majority}):
        of_item = [each for each in majority if each.item == item]
        means = [mean(held[each.qid] for held in right) for each in of_item]
        yield ItemLine(
            item=item,
            questions=len(of_item),
            majority=mean(each.f1 for each in of_item),
            students=tuple(mean(held[each.qid] for each in of_item) for held in right),
            over_majority=paired_test(
                [each.f1 for each in of_item], means, [each.subject_id for each in of_item]
            ),
        )


def _tools(places: Places, seed: int) -> tuple[ToolDifference, ...]:
    """The calls of the untrained student against those of the trained one, on shared questions."""
    untrained, trained = (
        _scored(run) for run in (places.asked_untrained(seed), places.asked(seed))
    )
    return compare_runs(untrained, trained, scorer="published", draws=100).tools


def _trained_on(dataset: Path) -> int:
    return int(json.loads((dataset / "export.json").read_bytes())["examples"]["train"])


def _parameters(folder: Path) -> int:
    """The numbers in a folder's weights, by the header of its file."""
    with (folder / "model.safetensors").open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    total = 0
    for name, held in header.items():
        if name != "__metadata__":
            size = 1
            for length in held["shape"]:
                size *= length
            total += size
    return total
