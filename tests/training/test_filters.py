"""Which traces are worth learning from, and what is said of the others."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.training.filters import Dropped, FilterReport, FilterSettings, filter_traces, single
from clinseek.training.filters.together import balanced, best_of_epochs, duplicates
from clinseek.training.filters.verdict import KEPT, Brief, Filter
from clinseek.training.splits import BenchmarkSplit, Part
from clinseek.training.traces import Trace, TraceFolder, TraceSource
from clinseek.training.traces.lengths import EstimatedLength
from clinseek.training.traces.trace import Function, text_in
from tests.training.conftest import Bench
from tests.training.made import EveryoneIn, a_trace, asked


def reason(each: Filter, trace: Trace, tokens: int = 10) -> str | None:
    verdict = each.verdict(trace, tokens)
    return verdict.reason if isinstance(verdict, Dropped) else None


def filtered(traces: list[Trace], out: Path, **settings: object) -> FilterReport:
    source = TraceSource("made", Path("made"), lambda: iter(traces))
    return filter_traces(
        [source], out, settings=FilterSettings.model_validate(settings),
        split=EveryoneIn("train"), length=EstimatedLength(),
    )  # fmt: skip


def brief(at: int, **fields: object) -> Brief:
    given: dict[str, object] = {
        "at": at, "id": str(at), "source": "s", "qid": "q", "epoch": at, "subject_id": 1,
        "cutoff": "t", "task": "task", "score": 1.0, "tokens": 10, "conversation": str(at),
    }  # fmt: skip
    return Brief(**{**given, **fields})  # type: ignore[arg-type]


def test_a_run_that_was_made_to_conclude_is_not_complete() -> None:
    assert reason(single.complete(), a_trace([[asked("labevents")]])) is None
    assert reason(single.complete(), a_trace([[asked("a")]], finishes=False)) == "no finish call"
    assert reason(single.complete(), a_trace(status="failed")) == "failed"
    assert reason(single.complete(), a_trace(stop_reason="time_limit")) == "made to conclude"


def test_a_call_without_a_result_is_not_complete() -> None:
    trace = a_trace([[asked("labevents")]])
    cut = trace.model_copy(update={"messages": [m for m in trace.messages if m["role"] != "tool"]})
    assert reason(single.complete(), cut) == "unanswered call"


def called_with(arguments: str) -> Trace:
    """A trace whose first call has these arguments, as the model wrote them."""
    trace = a_trace([[asked("labevents")]])
    turn = trace.messages[2]
    function: Function = {"name": "ehr.get_latest_records", "arguments": arguments}
    turn["tool_calls"] = [{**turn["tool_calls"][0], "function": function}]
    return trace


@pytest.mark.parametrize("written", ["{not json", "[1]", "", '{"_raw": "{not json"}'])
def test_a_call_whose_arguments_are_no_json_object_is_not_to_be_learnt(written: str) -> None:
    verdict = single.readable().verdict(called_with(written), 10)
    assert verdict == Dropped("no JSON object", f"ehr.get_latest_records called with {written}")
    assert reason(single.readable(), called_with('{"limit": null}')) is None


def test_the_filters_count_calls_that_cannot_be_read(tmp_path: Path) -> None:
    report = filtered([called_with("{not json"), a_trace(id="t2", qid="q2")], tmp_path / "kept")
    (step,) = (step for step in report.steps if step.name == "readable")
    assert (step.before, step.after, step.reasons) == (2, 1, {"no JSON object": 1})


def test_a_score_below_the_least_is_dropped_with_the_scorers_words() -> None:
    verdict = single.correct(0.5).verdict(a_trace(score=0.25), 10)
    assert verdict == Dropped("too low", "0.25: as it was scored")
    assert single.correct(0.5).verdict(a_trace(score=0.5), 10) == KEPT
    assert reason(single.correct(0.5), a_trace(score=None)) == "no score"


def test_a_trace_that_cites_nothing_where_it_could_is_not_grounded() -> None:
    low = {"groundedness": {"value": 0.5, "state": "scored", "explanation": "'4.1' cites nothing"}}
    assert reason(single.grounded(1.0), a_trace(scores=low)) == "too low"
    assert reason(single.grounded(1.0), a_trace()) is None


def test_a_record_that_showed_the_future_and_a_call_out_of_the_case_are_leaks() -> None:
    leaky = single.no_leak(("available", "strict"))
    origin = a_trace().origin
    assert reason(leaky, a_trace(origin={**origin, "profile": "reference"})) == "profile"
    assert reason(single.no_leak(()), a_trace(origin={**origin, "profile": "reference"})) is None
    out = {"policy": {"value": 0.0, "state": "scored", "explanation": "asked for another patient"}}
    assert reason(leaky, a_trace(scores=out)) == "out of case"


def test_mended_calls_and_salvaged_answers_are_dropped() -> None:
    assert reason(single.unrepaired(), a_trace(repairs={"name:wire": 1})) == "repaired"
    assert reason(single.unrepaired(), a_trace(salvaged="json")) == "salvaged"
    assert reason(single.unrepaired(), a_trace()) is None


def test_a_trace_without_a_patient_cannot_be_told_from_the_test_split() -> None:
    everyone = single.test_patients(EveryoneIn("train"), unknown=False)
    assert reason(everyone, a_trace(subject_id=None)) == "unknown patient"
    kept = single.test_patients(EveryoneIn("train"), unknown=True)
    assert reason(kept, a_trace(subject_id=None)) is None


def named_by_its_task(subject_id: int | None, named: str) -> Trace:
    """A trace of `subject_id` by its file, whose task says something else."""
    trace = a_trace(subject_id=subject_id)
    trace.messages[1]["content"] = f"patient: {named}. Is it high?"
    return trace


class SevenIsTested(NamedTuple):
    """A split in which patient 7 alone is for testing."""

    named: str = "patient 7"

    def part_of(self, subject_id: int) -> Part:
        return "test" if subject_id == 7 else "train"


@pytest.mark.parametrize(
    ("subject_id", "named", "said"),
    [
        (8, "subject_id 7", "test patient"),
        (None, "subject_id: 7", "test patient"),
        (None, "subject_id 7, subject_id 8", "test patient"),
        (8, "subject_id 9", "several patients"),
        (None, "subject_id 8, subject_id 9", "several patients"),
        (8, "subject_id 8", None),
        (8, "nobody", None),
        (8, "subject_id 9000000123", None),
    ],
)
def test_whom_the_task_names_counts_as_whom_the_file_says(
    subject_id: int | None, named: str, said: str | None
) -> None:
    tested = single.test_patients(SevenIsTested(), unknown=True)
    assert reason(tested, named_by_its_task(subject_id, named)) == said


def test_the_report_counts_traces_that_name_no_patient_apart(tmp_path: Path) -> None:
    traces = [a_trace(subject_id=None), a_trace(id="t2", qid="q2")]
    report = filtered(traces, tmp_path / "kept", unknown_patients="keep")
    assert (report.kept, report.patients) == (2, 1)
    assert report.marked == {"of patients who are not known": 1}


def test_of_equal_conversations_the_best_scored_stays() -> None:
    gone = duplicates().dropped([brief(0, conversation="a", score=0.5), brief(1, conversation="a")])
    assert list(gone) == [0]


def test_of_epochs_the_shortest_of_the_best_stays() -> None:
    briefs = [brief(0, tokens=9, score=0.5), brief(1, tokens=30), brief(2, tokens=20)]
    assert sorted(best_of_epochs().dropped(briefs)) == [0, 1]


@given(st.lists(st.sampled_from("abc"), max_size=40), st.integers(1, 5), st.randoms())
def test_balance_leaves_the_same_traces_whatever_their_order(
    tasks: list[str], most: int, chance: random.Random
) -> None:
    briefs = [brief(at, task=task) for at, task in enumerate(tasks)]
    gone = balanced(most).dropped(briefs)
    left = [each.task for each in briefs if each.at not in gone]
    assert all(left.count(task) == min(most, tasks.count(task)) for task in set(tasks))
    shuffled = list(briefs)
    chance.shuffle(shuffled)
    assert balanced(most).dropped(shuffled).keys() == gone.keys()


def test_equal_balance_takes_as_many_as_the_smallest_task_has() -> None:
    briefs = [brief(0, task="a"), *(brief(at, task="b") for at in range(1, 5))]
    assert len(balanced("equal").dropped(briefs)) == 3


def test_the_report_counts_each_filter_and_shows_what_it_threw_out(tmp_path: Path) -> None:
    good = [a_trace([[asked("labevents")]], id=f"g{n}", qid=f"g{n}", said={0: str(n)})
            for n in range(3)]  # fmt: skip
    bad = [a_trace(score=0.0, id="b", qid="b"), a_trace(finishes=False, id="c", qid="c")]
    report = filtered([*good, *bad], tmp_path / "kept")
    counts = {step.name: (step.before, step.after) for step in report.steps}
    assert counts["complete"] == (5, 4)
    assert counts["correct"] == (4, 3)
    assert (report.read, report.kept, report.patients) == (5, 3, 1)
    assert "estimate" in report.length
    held = json.loads((tmp_path / "kept" / "report.json").read_text())
    assert [each["qid"] for step in held["steps"] for each in step["examples"]] == ["c", "b"]
    assert "<td>too low 1</td>" in (tmp_path / "kept" / "report.html").read_text()
    assert len(list(TraceFolder(tmp_path / "kept").traces())) == 3


def test_a_patient_of_the_test_split_stops_the_filter_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    source = TraceSource("made", Path("made"), lambda: iter([a_trace()]))
    with pytest.raises(SettingError, match="1 traces are of patients of the test split"):
        filter_traces(
            [source], tmp_path / "kept", settings=FilterSettings(),
            split=BenchmarkSplit(held_out={10000019}), length=EstimatedLength(),
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_where_none_is_left_each_filter_says_how_many_it_took(tmp_path: Path) -> None:
    traces = [a_trace(score=0.0), a_trace(finishes=False)]
    with pytest.raises(SettingError, match="of 2: complete took 1, correct took 1"):
        filtered(traces, tmp_path / "kept")


def test_runs_of_the_harness_pass_as_they_were_scored(bench: Bench, tmp_path: Path) -> None:
    from clinseek.training.traces import trace_source

    report = filter_traces(
        [trace_source(bench.run)], tmp_path / "kept", settings=FilterSettings(),
        split=EveryoneIn("train"), length=EstimatedLength(),
    )  # fmt: skip
    kept = list(TraceFolder(tmp_path / "kept").traces())
    assert 0 < report.kept == len(kept) <= report.read
    for trace in kept:
        assert trace.scores["default"]["value"] == trace.scores["policy"]["value"] == 1.0
        assert text_in(trace.messages[-1]["content"]).endswith("The answer is submitted.")
        assert trace.tools
        assert trace.origin["store"]
