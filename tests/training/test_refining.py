"""Traces made shorter stay true transcripts: numbers move with the calls, and replays agree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.training.refining import RefineSettings, Replay, refine_traces, refined_trace
from clinseek.training.refining.calls import steps_of
from clinseek.training.traces import Trace, TraceFolder, draft_folder, trace_source, trace_writer
from clinseek.training.traces.trace import text_in
from tests.training.conftest import Bench
from tests.training.made import Asked, a_trace, asked, calls_of

REPEATED = RefineSettings(redundant="repeated")
UNUSED = RefineSettings()


def refined(trace: Trace, settings: RefineSettings = REPEATED) -> Trace:
    return refined_trace(trace, settings).trace


def kept_folder(folder: Path, traces: list[Trace]) -> TraceFolder:
    with draft_folder(folder) as draft, trace_writer(draft) as writer:
        for trace in traces:
            writer.write(trace)
        writer.file.flush()
        writer.close("filter", {}, [])
    return TraceFolder(folder)


def results(trace: Trace) -> list[str]:
    return [text_in(m["content"]) for m in trace.messages if m["role"] == "tool"]


def test_a_repeated_call_goes_with_its_result_and_the_numbers_behind_it_move() -> None:
    trace = a_trace(
        [[asked("labevents")], [asked("labevents")], [asked("vitals", "5 rows")]],
        citations=[["E3#5"]],
        said={2: "The labs [E2] say no more."},
    )
    short = refined(trace)
    assert results(short) == ["[E1] 3 rows", "[E2] 5 rows", "[E3] The answer is submitted."]
    assert json.loads(calls_of(short)[-1])["citations"] == [["E2#5"]]
    assert short.citations == [["E2#5"]]
    assert [m["content"] for m in short.messages if m["role"] == "assistant"][1] == (
        "The labs [E1] say no more."
    )
    assert [(edit["kind"], edit["call_id"]) for edit in short.edits] == [("repeated", "c2")]
    assert [(each["number"], each["first_number"]) for each in short.observed] == [
        (1, 1), (2, 3), (3, 4)]  # fmt: skip


def test_a_turn_with_another_call_keeps_that_call() -> None:
    trace = a_trace([[asked("labevents")], [asked("labevents"), asked("vitals", "5 rows")]])
    short = refined(trace)
    assert short.turns == trace.turns
    assert len(steps_of(short)) == len(steps_of(trace)) - 1


def test_the_same_call_with_another_answer_stays() -> None:
    trace = a_trace([[asked("labevents", "3 rows")], [asked("labevents", "4 rows")]])
    assert refined(trace) == trace


def test_arguments_in_another_order_are_the_same_call() -> None:
    one = Asked("ehr.run_sql_query", {"a": 1, "b": 2}, "x")
    other = Asked("ehr.run_sql_query", {"b": 2, "a": 1}, "x")
    assert len(steps_of(refined(a_trace([[one], [other]])))) == 2


def test_a_number_that_may_be_a_diagnosis_keeps_the_trace_as_it_is() -> None:
    turns = [[asked("labevents")], [asked("labevents")], [asked("vitals", "5 rows")]]
    trace = a_trace(turns, said={2: "It may be E3, a code of a disease."})
    left = refined_trace(trace, REPEATED)
    assert left.trace == trace
    assert left.left_alone is not None


def test_where_the_harness_spoke_between_turns_nothing_is_taken_out() -> None:
    trace = a_trace([[asked("labevents")], [asked("labevents")]])
    spoken = [*trace.messages[:4], {"role": "user", "content": "2 rounds are left."}]
    told = trace.model_copy(update={"messages": [*spoken, *trace.messages[4:]]})
    assert refined_trace(told, REPEATED).left_alone == "the harness spoke between its turns"


def test_browser_calls_stay_for_their_pages_are_numbered() -> None:
    search = Asked("browser.search", {"query": "potassium"}, "[0] results")
    assert len(steps_of(refined(a_trace([[search], [search]])))) == 3


def test_failed_calls_go_only_where_that_is_asked_for() -> None:
    trace = a_trace([[asked("lab", "no table 'lab'", refused=True)], [asked("labevents")]])
    assert refined(trace) == trace
    dropped = refined(trace, RefineSettings(redundant="none", failed="drop"))
    assert results(dropped)[0] == "[E1] 3 rows"


def test_a_result_that_was_neither_cited_nor_built_upon_goes() -> None:
    turns = [
        [asked("omr", "weight 81 kilograms")],
        [asked("d_labitems", "itemid 50971 Potassium")],
        [Asked("ehr.run_sql_query", {"sql_query": "... WHERE itemid = 50971"}, "5.9 mEq/L")],
    ]
    short = refined(a_trace(turns, citations=[["E3#1"]]), UNUSED)
    assert next(step.arguments for step in steps_of(short)) == '{"table_name": "d_labitems"}'
    assert short.citations == [["E2#1"]]
    assert refined(a_trace(turns), UNUSED) == a_trace(turns)  # cites nothing: it cannot be told


def test_the_first_of_a_repeated_call_stays_where_the_repeated_one_is_cited() -> None:
    turns = [[asked("omr", "weight 81 kg")], [asked("b", "x")], [asked("omr", "weight 81 kg")]]
    short = refined_trace(a_trace(turns, citations=[["E3#1"]]), UNUSED)
    assert short.left_alone is None
    assert short.trace.citations == [["E1#1"]]
    assert results(short.trace)[0] == "[E1] weight 81 kg"


def test_a_finding_of_nothing_is_a_finding_and_stays() -> None:
    trace = a_trace([[asked("labevents", "0")], [asked("vitals", "5 rows")]], citations=[["E2"]])
    assert refined(trace, UNUSED) == trace


def test_reasoning_is_cut_at_the_end_of_a_sentence_or_dropped_and_each_edit_is_logged() -> None:
    trace = a_trace([[asked("labevents")]], thought={0: "It fell. Then it rose again, a lot."})
    cut = refined(trace, RefineSettings(redundant="none", reasoning="cut", reasoning_chars=12))
    assert cut.messages[2]["reasoning_content"] == "It fell."
    dropped = refined(trace, RefineSettings(redundant="none", reasoning="drop"))
    assert "reasoning_content" not in dropped.messages[2]
    assert [edit["kind"] for edit in (*cut.edits, *dropped.edits)] == [
        "reasoning cut", "reasoning drop"]  # fmt: skip


@given(st.lists(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3), max_size=6), st.data())
def test_what_is_left_is_numbered_from_one_and_every_citation_points_at_the_same_rows(
    tables: list[list[str]], data: st.DataObject
) -> None:
    count = sum(map(len, tables))
    cited = data.draw(st.lists(st.integers(1, count), max_size=3)) if count else []
    turns = [[asked(table, f"rows of {table}") for table in turn] for turn in tables]
    trace = a_trace(turns, answer=["x"], citations=[[f"E{n}" for n in cited]])
    short = refined(trace)
    told = results(short)
    assert [text.split("]")[0] for text in told] == [f"[E{n}" for n in range(1, len(told) + 1)]
    before = [results(trace)[n - 1].partition("] ")[2] for n in cited]
    after = [told[int(text[1:]) - 1].partition("] ")[2] for text in short.citations[0]]
    assert before == after
    assert len(set(told[:-1])) == len({text.partition("] ")[2] for text in told[:-1]})


def test_every_call_of_a_real_run_gives_the_same_again(bench: Bench) -> None:
    traces = list(trace_source(bench.run).traces())
    with Replay(bench.store) as replay:
        replayed = [replay.replayed(trace) for trace in traces]
    assert [each.otherwise for each in replayed] == [None] * len(traces)
    assert sum(each.same for each in replayed) == sum(len(t.observed) for t in traces)


def test_a_trace_that_says_what_the_record_does_not_is_dropped(
    bench: Bench, tmp_path: Path
) -> None:
    true, false, *_ = trace_source(bench.run).traces()
    known = [{**each, "sha256": "0" * 64} for each in false.observed]
    folder = kept_folder(tmp_path / "kept", [true, false.model_copy(update={"observed": known})])
    report = refine_traces(folder, tmp_path / "out", settings=REPEATED, store=bench.store)
    assert (report.read, report.kept) == (2, 1)
    assert "does not give again" in report.examples[0].words
    assert [trace.id for trace in TraceFolder(tmp_path / "out").traces()] == [true.id]


def test_a_call_that_is_made_twice_on_the_real_record_goes_and_the_rest_is_replayed(
    bench: Bench, tmp_path: Path
) -> None:
    trace = next(iter(trace_source(bench.run).traces()))
    folder = kept_folder(tmp_path / "kept", [with_first_call_twice(trace)])
    report = refine_traces(folder, tmp_path / "out", settings=REPEATED, store=bench.store)
    (short,) = TraceFolder(tmp_path / "out").traces()
    assert report.edits == {"repeated": 1}
    assert results(short) == results(trace)
    assert short.citations == trace.citations


def test_several_processes_give_the_same_folder_as_one_in_the_order_of_the_traces(
    bench: Bench, tmp_path: Path
) -> None:
    traces = list(trace_source(bench.run).traces()) * 5
    folder = kept_folder(tmp_path / "kept", traces)
    for jobs in (1, 2):
        refine_traces(folder, tmp_path / str(jobs), settings=UNUSED, store=bench.store, jobs=jobs)
    one, two = ((tmp_path / jobs / "traces.jsonl").read_bytes() for jobs in ("1", "2"))
    assert one == two
    assert [trace.id for trace in TraceFolder(tmp_path / "1").traces()] == [t.id for t in traces]


def test_another_store_than_that_of_the_runs_is_refused(bench: Bench, tmp_path: Path) -> None:
    trace = next(iter(trace_source(bench.run).traces()))
    other = trace.model_copy(update={"origin": {**trace.origin, "store": "f" * 64}})
    folder = kept_folder(tmp_path / "kept", [other])
    with pytest.raises(SettingError, match="is not the store of the runs"):
        refine_traces(folder, tmp_path / "out", settings=REPEATED, store=bench.store)
    assert not (tmp_path / "out").exists()


def with_first_call_twice(trace: Trace) -> Trace:
    """The run as it would be, had its first call been made twice: evidence numbered on."""
    import hashlib
    import re

    from clinseek.nodes.citing import read_citation

    def moved(text: str) -> str:
        return re.sub(r"\bE(\d+)\b", lambda found: f"E{int(found[1]) + 1}", text)

    messages, first = list(trace.messages[:4]), trace.messages[2]["tool_calls"][0]
    messages += [
        {**trace.messages[2], "tool_calls": [{**first, "id": "again"}]},
        {**trace.messages[3], "tool_call_id": "again",
         "content": moved(text_in(trace.messages[3]["content"]))},
    ]  # fmt: skip
    for message in trace.messages[4:]:
        if message["role"] == "tool":
            messages.append({**message, "content": moved(text_in(message["content"]))})
            continue
        calls = [
            {**call, "function": {**call["function"],
                                  "arguments": moved(call["function"]["arguments"])}}
            if call["function"]["name"] == "ehr.finish" else call
            for call in message["tool_calls"]
        ]  # fmt: skip
        messages.append({**message, "tool_calls": calls})  # type: ignore[typeddict-item]
    observed = []
    for number, (known, text) in enumerate(
        zip(
            [trace.observed[0], {**trace.observed[0], "call_id": "again"}, *trace.observed[1:]],
            [text_in(m["content"]) for m in messages if m["role"] == "tool"],
            strict=True,
        ),
        start=1,
    ):
        digest = hashlib.sha256(text.encode()).hexdigest()
        observed.append({**known, "number": number, "first_number": number, "sha256": digest})
    citations = [[moved(cited) for cited in each] for each in trace.citations]
    assert all(read_citation(cited) for each in citations for cited in each)
    return trace.model_copy(
        update={"messages": messages, "observed": observed, "citations": citations}
    )
