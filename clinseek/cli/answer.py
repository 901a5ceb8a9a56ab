"""A finished run for a person at the terminal: the answer, and the rows it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from clinseek.cli.output import emit, table
from clinseek.evals.transcripts.evidence import Observation, observations_of

LONGEST_CELL = 60
LONGEST_CALL = 160
LINES_OF_PROSE = 6
BUDGETS = {
    "round_limit": "model turns",
    "token_limit": "tokens",
    "cost_limit": "dollars",
    "time_limit": "seconds",
    "step_limit": "steps",
    "browser_limit": "look-ups",
}
"""What a run ran out of, by its stop reason."""
WORN_OUT = {
    "context_limit": "the conversation did not fit the model's context any more",
    "length": "the model's turns were cut off at their longest, again and again",
    "content_filter": "the host's content filter stopped the model's turns",
    "refusal": "the model refused to go on",
    "empty_turn": "the model said nothing",
    "repeated_calls": "the model made the same calls again and again",
}
"""Why a model's turns led nowhere, by the stop reason."""


def show_answer(run: Mapping[str, Any]) -> None:
    """Print the answer of a record (as a JSON object) with its evidence to stdout."""
    for line in answer_lines(run):
        emit(line)
    for observation in observations_of(run):
        if observation.cited:
            _show_evidence(run, observation)
    emit("")
    emit(closing_line(run))


def answer_lines(run: Mapping[str, Any]) -> Iterator[str]:
    """The items of the answer, each with its citations."""
    if not run["answer"]:
        yield f"No answer: {why_none(run)}."
    citations = [*run["citations"], *([] for _ in run["answer"])]
    for item, cited in zip(run["answer"], citations, strict=False):
        yield f"{item}  [{', '.join(cited)}]" if cited else f"{item}  [nothing cited]"


def why_none(run: Mapping[str, Any]) -> str:
    """Why a run has no answer: a model that failed and a spent budget say nothing of the record.

    >>> why_none({"status": "abstained", "stop_reason": "round_limit", "errors": []})
    'the budget of model turns ended before the agent knew enough'
    """
    if run["status"] == "failed":
        faults = [error["message"] for error in run["errors"] if error["kind"] == "model_error"]
        reason = " ".join(faults[-1].split()).rstrip(".") if faults else run["stop_reason"]
        return f"the model could not be reached ({_short(reason, LONGEST_CALL)})"
    if run["stop_reason"] in WORN_OUT:
        return WORN_OUT[run["stop_reason"]]
    if run["stop_reason"] in BUDGETS:
        return f"the budget of {BUDGETS[run['stop_reason']]} ended before the agent knew enough"
    said = _last_said(run)
    return said.rstrip(".") if said else "the agent found none in the record as of then"


def _last_said(run: Mapping[str, Any]) -> str:
    """The agent's own last words: why it abstained, where it says so."""
    for message in reversed(run.get("messages") or []):
        if message["role"] == "assistant":
            return " ".join(str(message.get("content") or "").split())
    return ""


def closing_line(run: Mapping[str, Any]) -> str:
    """How the run ended and what it cost."""
    usage, timings = run["usage"], run["timings"]
    return (
        f"{run['status']} ({run['stop_reason']}): {usage['model_calls']} model calls, "
        f"{len(run['evidence'])} observations, {timings['elapsed']:.2f} s"
    )


def _show_evidence(run: Mapping[str, Any], observation: Observation) -> None:
    entry = observation.entry
    arguments = " ".join(f"{name}={value}" for name, value in entry["arguments"].items())
    called = f"{observation.id}  {entry['tool']} {arguments}".rstrip()
    emit(f"\n{_short(called, LONGEST_CALL)}")
    if observation.web is not None:
        _show_page(observation, observation.web)
        return
    if entry.get("image") is not None:
        _show_image(run, entry)
        return
    grids = observation.rows_cited()
    for grid in grids:
        table(
            grid.columns,
            [tuple(_short(cell, LONGEST_CELL) for cell in cells) for cells in grid.rows],
        )
    if not grids:
        lines = [line for line in observation.text.splitlines() if line.strip()]
        for line in lines[:LINES_OF_PROSE]:
            emit(f"  {_short(line, LONGEST_CALL)}")
        if len(lines) > LINES_OF_PROSE:
            emit(f"  ... and {len(lines) - LINES_OF_PROSE} more lines")


def _show_page(observation: Observation, web: Mapping[str, Any]) -> None:
    """Where lines of a page are from, and the cited ones themselves."""
    emit(f"  {_short(web['title'], LONGEST_CALL)}")
    emit(f"  {web['url'] or 'a search'}")
    emit(f"  retrieved {web['retrieved']}, sha256 {web['sha256'][:12]}")
    for number, line in observation.page_lines:
        if number in observation.cited_lines:
            emit(f"  {_short(line, LONGEST_CALL)}")


def _show_image(run: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
    """Which image was looked at, and the parts of it that the answer cites, else all."""
    image = entry["image"]
    emit(f"  {image['path']}, sha256 {image['sha256'][:12]}")
    cited = {citation for item in run["citations"] for citation in item}
    parts = {f"{entry['id']}#{at}": box for at, box in enumerate(image["boxes"], start=1)}
    for name, box in parts.items():
        if name in cited or not cited.intersection(parts):
            sides = ", ".join(f"{box[side]:g}" for side in ("left", "top", "right", "bottom"))
            emit(f"  {name} {_short(box['label'], LONGEST_CELL)} ({sides})")


def _short(text: str, most: int) -> str:
    line = text.replace("\n", " ")
    return line if len(line) <= most else line[: most - 1] + "…"
