"""What scoring leaves beside a run: one line a score, a summary, the use of tools.

scores/SCORER.jsonl     one `RowScore` a line, in the order of the rows
scores/summary.json     means with intervals, and what did not count
scores/tool_use.json    calls by tool, namespace and task
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from clinseek.errors import SettingError
from clinseek.evals.scorers.row_score import RowScore, ScorerName
from clinseek.evals.scorers.scored_run import ScoredRun
from clinseek.evals.scorers.summary import ScorerSummary
from clinseek.whole_file import whole_file

SUMMARY, TOOL_USE = "summary.json", "tool_use.json"


def write_scores(
    folder: Path, scored: ScoredRun, summaries: Sequence[ScorerSummary], **told: Any
) -> list[Path]:
    """Write scores, summary and tool use into `folder`; each file is whole or as it was.

    `told` enters the summary: which judge was asked, which interval was taken. Scorers that were
    asked before stay in it where the runs are the same, with what was told `earlier`; the lines
    of scorers that do not stay are removed, so that summary and files hold the same.
    """
    tool_use = json.dumps(scored.tool_use.as_json(), ensure_ascii=False, indent=1) + "\n"
    before = _before(folder, scored, tool_use)
    kept: dict[str, Any] = before.get("scorers", {})
    summary = {
        "schema_version": 1,
        "run": scored.source.name,
        **told,
        "records": scored.records,
        "expected": len(scored.source.expected),
        "remarks": list(scored.source.remarks),
        "scorers": kept | {each.scorer: each.as_json() for each in summaries},
        "earlier": {name: _told_then(before, name, told) for name in kept},
    }
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = {f"{scorer}.jsonl": _lines(scores) for scorer, scores in scored.scores.items()}
    files[SUMMARY] = json.dumps(summary, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    files[TOOL_USE] = tool_use
    for scorer in set(get_args(ScorerName)) - kept.keys() - scored.scores.keys():
        (folder / f"{scorer}.jsonl").unlink(missing_ok=True)
    return [_written(folder / name, text) for name, text in files.items()]


def read_scores(folder: Path, scorer: ScorerName = "default") -> Iterator[RowScore]:
    """The scores that one scorer left. SettingError where there are none, or one is broken."""
    file = folder / f"{scorer}.jsonl"
    try:
        with file.open(encoding="utf-8") as opened:
            for number, line in enumerate(opened, start=1):
                try:
                    yield RowScore.model_validate_json(line)
                except ValidationError as error:
                    fault = error.errors(include_url=False)[0]["msg"]
                    raise SettingError(
                        f"{file}, line {number}: no score ({fault}); score the run again"
                    ) from None
    except FileNotFoundError:
        raise SettingError(
            f"{file}: there are no such scores; make them with clinseek score --scorer {scorer}"
        ) from None


def _before(folder: Path, scored: ScoredRun, tool_use: str) -> dict[str, Any]:
    """The summary of an earlier scoring of the same runs, with the scorers that are left of it.

    The same: as many records, and calls that were counted alike to the last.
    """
    try:
        held = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        same = (folder / TOOL_USE).read_text(encoding="utf-8") == tool_use
        runs = held["records"], held["expected"]
        scorers = dict(held["scorers"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if not same or runs != (scored.records, len(scored.source.expected)):
        return {}
    left = {
        name: each
        for name, each in scorers.items()
        if name not in scored.scores and (folder / f"{name}.jsonl").is_file()
    }
    return {**held, "scorers": left}


def _told_then(before: dict[str, Any], scorer: str, told: dict[str, Any]) -> dict[str, Any]:
    earlier = before.get("earlier", {}).get(scorer)
    return dict(earlier) if earlier else {name: before.get(name) for name in told}


def _lines(scores: Sequence[RowScore]) -> str:
    return "".join(score.model_dump_json() + "\n" for score in scores)


def _written(file: Path, text: str) -> Path:
    with whole_file(file) as making:
        making.write_text(text, encoding="utf-8")
    return file
