"""What a viewer knows of every run without holding it: where it stands, and what to list it by."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

from clinseek.errors import SettingError
from clinseek.evals.report.placed_runs import run_at
from clinseek.evals.rows import Row
from clinseek.evals.runner.run_folder import RunFolder
from clinseek.evals.scorers.row_score import RowScore, ScorerName
from clinseek.evals.scorers.score_files import read_scores

Outcome = str
"""`right`, `wrong`, `unscored`: by the scorer that leads, from half a point on."""
RIGHT = 0.5


class IndexedRun(NamedTuple):
    """One run: its place in the records of a folder, and what stands in its line of the list."""

    number: int
    folder: int
    offset: int
    length: int
    qid: str
    epoch: int
    subject_id: int | None
    task: str
    group: str
    question: str
    answer: str
    status: str
    stop_reason: str
    calls: int
    rounds: int
    tokens: int
    seconds: float
    attempts: int
    score: RowScore | None

    @property
    def outcome(self) -> Outcome:
        """Right or wrong by its score; unscored where it has none."""
        if self.score is None or self.score.value is None:
            return "unscored"
        return "right" if self.score.value >= RIGHT else "wrong"


@dataclass(frozen=True)
class OpenedFolder:
    """A run folder with what is needed beside its records."""

    folder: RunFolder
    label: str
    rows: Mapping[str, Row]
    scores: Mapping[tuple[str, int], Mapping[ScorerName, RowScore]]


class RunIndex:
    """Every run of some folders, the last attempt of each; in the order of the rows, by epoch."""

    def __init__(self, folders: Sequence[OpenedFolder], runs: Sequence[IndexedRun]) -> None:
        self.folders = list(folders)
        self.runs = list(runs)
        self._by_qid: dict[str, list[IndexedRun]] = {}
        for run in self.runs:
            self._by_qid.setdefault(run.qid, []).append(run)
        self._found: tuple[Hashable, list[IndexedRun]] | None = None

    def remembered(self, asked: Hashable, find: Callable[[], list[IndexedRun]]) -> list[IndexedRun]:
        """What `find` finds; where the same was asked last, without finding it again."""
        last = self._found
        if last is None or last[0] != asked:
            self._found = last = (asked, find())
        return last[1]

    def read(self, run: IndexedRun) -> dict[str, Any]:
        """The record of a run, as a JSON object."""
        return run_at(self.folders[run.folder].folder.records_file, run.offset, run.length)

    def row(self, run: IndexedRun) -> Row | None:
        """The row that was asked."""
        return self.folders[run.folder].rows.get(run.qid)

    def scores(self, run: IndexedRun) -> Mapping[ScorerName, RowScore]:
        """Its scores by scorer, as `clinseek score` left them."""
        return self.folders[run.folder].scores.get((run.qid, run.epoch), {})

    def image_root(self, run: IndexedRun) -> str | None:
        """The folder of the images that its question names."""
        return self.folders[run.folder].folder.settings.image_root

    def siblings(self, run: IndexedRun) -> list[IndexedRun]:
        """Other runs of the same question: other epochs, other folders."""
        return [each for each in self._by_qid[run.qid] if each.number != run.number]

    @property
    def tasks(self) -> list[str]:
        """The names of all tasks, sorted."""
        return sorted({run.task for run in self.runs})


def index_of(folders: Sequence[RunFolder], labels: Sequence[str]) -> RunIndex:
    """Read each record once, keep none. SettingError where a line is no record of a run."""
    opened = [
        OpenedFolder(folder, label, {row.qid: row for row in folder.rows()}, _scores(folder))
        for folder, label in zip(folders, labels, strict=True)
    ]
    runs: list[IndexedRun] = []
    for at, each in enumerate(opened):
        runs += _ordered(list(_indexed(each, at)), each)
    return RunIndex(opened, [run._replace(number=at) for at, run in enumerate(runs)])


def _ordered(runs: Sequence[IndexedRun], opened: OpenedFolder) -> Iterator[IndexedRun]:
    last: dict[tuple[str, int], IndexedRun] = {}
    for run in runs:
        before = last.get((run.qid, run.epoch))
        last[run.qid, run.epoch] = run._replace(attempts=before.attempts + 1) if before else run
    order = {(qid, epoch): at for at, (_, qid, epoch) in enumerate(opened.folder.plan.keys)}
    yield from sorted(last.values(), key=lambda run: order.get((run.qid, run.epoch), len(order)))


def _indexed(opened: OpenedFolder, at: int) -> Iterator[IndexedRun]:
    file = opened.folder.records_file
    if not file.is_file():
        return
    offset = 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.endswith(b"\n") and line.strip():
                yield _line(line, offset, at, opened, file=file, number=number)
            offset += len(line)


def _line(
    line: bytes, offset: int, at: int, opened: OpenedFolder, *, file: Path, number: int
) -> IndexedRun:
    try:
        record = from_json(line)
        row, usage = record["row"], record["usage"]
        key = str(record["qid"]), int(record["epoch"])
        return IndexedRun(
            number=0,
            folder=at,
            offset=offset,
            length=len(line),
            qid=key[0],
            epoch=key[1],
            subject_id=None if row.get("subject_id") is None else int(row["subject_id"]),
            task=str(row.get("task") or ""),
            group=str(row.get("group") or ""),
            question=str(row.get("question") or ""),
            answer="; ".join(record["answer"]),
            status=record["status"],
            stop_reason=record["stop_reason"],
            calls=len(record["evidence"]),
            rounds=max((turn["round"] for turn in record["turns"]), default=0),
            tokens=usage["input_tokens"] + usage["output_tokens"],
            seconds=record["timings"]["elapsed"],
            attempts=1,
            score=opened.scores.get(key, {}).get("default"),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise SettingError(f"{file}, line {number}: no record of a run") from None


def _scores(folder: RunFolder) -> dict[tuple[str, int], dict[ScorerName, RowScore]]:
    """What `clinseek score` left; nothing where it was not asked."""
    found: dict[tuple[str, int], dict[ScorerName, RowScore]] = {}
    for file in sorted(folder.scores.glob("*.jsonl")):
        for score in read_scores(folder.scores, file.stem):  # type: ignore[arg-type]
            found.setdefault((score.qid, score.epoch), {})[score.scorer] = score
    return found
