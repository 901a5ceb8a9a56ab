"""Reading runs from other files: what they tell is kept, and what cannot be read is named."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.evals.published import write_published
from clinseek.evals.runner import open_run
from clinseek.training.traces import Trace, TraceFolder, draft_folder, trace_source, trace_writer
from clinseek.training.traces.importing import import_traces
from tests.training.conftest import Bench

PICTURE = b"\xff\xd8 not a real picture"


def a_call(name: str, arguments: Any, call_id: str = "c1") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def a_line(**fields: Any) -> dict[str, Any]:
    messages = [
        {"role": "user", "content": "Patient subject_id: 10000019. Is potassium high?"},
        {
            "role": "assistant",
            "content": "<think>Look at the labs.</think>Looking.",
            "tool_calls": [
                a_call("ehr_get_latest_records", {"table_name": "labevents", "limit": None})
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "5.9"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [a_call("ehr_finish", '{"response": ["yes"]}', "c2")],
        },
    ]
    return {"messages": messages, **fields}


def imported(tmp_path: Path, *lines: Any) -> list[Trace]:
    file = tmp_path / "lines.jsonl"
    file.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    import_traces(file, tmp_path / "traces")
    return list(TraceFolder(tmp_path / "traces").traces())


def test_a_conversation_gets_dotted_names_text_arguments_and_its_reasoning_apart(
    tmp_path: Path,
) -> None:
    (trace,) = imported(tmp_path, a_line())
    turn = trace.messages[1]
    assert turn["tool_calls"][0]["function"] == {
        "name": "ehr.get_latest_records",
        "arguments": '{"table_name": "labevents"}',
    }
    assert (turn["reasoning_content"], turn["content"]) == ("Look at the labs.", "Looking.")
    assert (trace.subject_id, trace.answer, trace.status) == (10000019, ["yes"], "answered")


def test_tools_are_read_from_a_list_and_from_json_text(tmp_path: Path) -> None:
    schema = {"type": "function", "function": {"name": "ehr_finish", "parameters": {}}}
    (one, other) = imported(tmp_path, a_line(tools=[schema]), a_line(tools=json.dumps([schema])))
    assert one.tools == other.tools
    assert one.tools[0]["function"]["name"] == "ehr.finish"


def test_a_patient_is_known_only_where_exactly_one_is_named(tmp_path: Path) -> None:
    line = a_line()
    line["messages"][0]["content"] = "Compare subject_id: 10000019 with subject_id: 10000032."
    given = a_line(subject_id="10000032")
    (two, said) = imported(tmp_path, line, given)
    assert (two.subject_id, said.subject_id) == (None, 10000032)


def test_pictures_are_kept_once_by_their_hash(tmp_path: Path) -> None:
    url = f"data:image/jpeg;base64,{base64.b64encode(PICTURE).decode()}"
    line = a_line()
    line["messages"][0]["content"] = [
        {"type": "text", "text": "subject_id: 10000019"},
        {"type": "image_url", "image_url": {"url": url}},
    ]
    (trace, _) = imported(tmp_path, line, line)
    (file,) = (tmp_path / "traces" / "images").iterdir()
    assert file.read_bytes() == PICTURE
    assert trace.messages[0]["content"][1]["sha256"] == file.stem  # type: ignore[index]


def test_published_results_are_read_with_their_labels(bench: Bench, tmp_path: Path) -> None:
    run = open_run(bench.run)
    written = write_published(tmp_path / "results.jsonl", run.rows(), run.records())
    import_traces(tmp_path / "results.jsonl", tmp_path / "traces")
    traces = list(TraceFolder(tmp_path / "traces").traces())
    assert len(traces) == written
    assert {trace.origin["profile"] for trace in traces} == {"reference"}
    ours = {trace.qid: trace for trace in trace_source(bench.run).traces()}
    for trace in traces:
        assert trace.scores["default"]["value"] == ours[trace.qid].scores["default"]["value"]
        assert [m["role"] for m in trace.messages] == [m["role"] for m in ours[trace.qid].messages]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"messages": []}', "no conversation"),
        ('{"question": 1}', "no runs"),
        ('{"messages": [{"role": "robot", "content": "x"}]}', "messages.0.role"),
        ("not json", "line 1: is no JSON"),
        ('{"messages": [{"role": "user", "content": "x"}], "tools": "["}', "no JSON"),
        ('{"messages": [{"content": "x"}]}', "messages cannot be read"),
        ("[1]", "item 1: no JSON object"),
        pytest.param("[" * 100_000, "cannot be read", id="a list in lists without end"),
        pytest.param(
            '{"messages": ' + "[" * 100_000,
            "line 1: cannot be read",
            id="a line of lists without end",
        ),
        ('{"messages": [{"role": "user", "content": "x"}], "epoch": 1e999}', "'inf' is no number"),
        ('{"messages": [{"role": "user", "content": "x"}], "cutoff": 5}', "line 1: cutoff: Input"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(text)
    with pytest.raises(SettingError, match=said):
        import_traces(file, tmp_path / "traces")
    assert [each.name for each in tmp_path.iterdir()] == ["lines.jsonl"]


def test_a_trace_that_is_nested_too_deeply_to_be_written_is_named(tmp_path: Path) -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"a": deep}
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps(a_line(qid="q1", tools=[deep])))
    with pytest.raises(SettingError, match="lines: a run of 'q1' cannot be written as a trace"):
        import_traces(file, tmp_path / "traces")
    assert [each.name for each in tmp_path.iterdir()] == ["lines.jsonl"]


@pytest.mark.parametrize("text", [None, "[" * 100_000, '{"qid": ' * 100_000, "\xff"])
def test_a_manifest_that_cannot_be_read_is_one_sentence(tmp_path: Path, text: str | None) -> None:
    file, manifest = tmp_path / "lines.jsonl", tmp_path / "manifest.jsonl"
    file.write_text(json.dumps(a_line()))
    if text is not None:
        manifest.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingError, match=r"manifest\.jsonl.*: (cannot be read|is no text file)"):
        trace_source(file, manifest=manifest)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("form", ["{}", "\n [{}]"])
def test_lines_and_lists_are_read_with_or_without_a_byte_order_mark(
    tmp_path: Path, mark: str, form: str
) -> None:
    file = tmp_path / "lines.json"
    file.write_text(mark + form.replace("{}", json.dumps(a_line(qid="\ud800"))), encoding="utf-8")
    (trace,) = trace_source(file).traces()
    assert trace.qid == "\\ud800"


@pytest.mark.parametrize(
    ("response", "answer"), [('"yes"', ["yes"]), ('["a", 5]', ["a", "5"]), ("5", []), ("null", [])]
)
def test_an_answer_is_a_text_or_a_list_as_the_published_scorer_reads_it(
    tmp_path: Path, response: str, answer: list[str]
) -> None:
    line = a_line()
    line["messages"][-1]["tool_calls"] = [a_call("ehr_finish", f'{{"response": {response}}}')]
    (trace,) = imported(tmp_path, line)
    assert trace.answer == answer


def test_records_of_another_schema_version_are_named(bench: Bench, tmp_path: Path) -> None:
    other = tmp_path / "run"
    other.mkdir()
    for file in ("run.json", "rows.jsonl", "records.jsonl"):
        text = (bench.run / file).read_text()
        changed = text.replace('"schema_version":1', '"schema_version":9', 1)
        (other / file).write_text(changed if file == "records.jsonl" else text)
    with pytest.raises(SettingError, match="records of schema version 9"):
        trace_source(other)


@pytest.mark.parametrize("torn", [1, 400])
def test_a_last_record_that_is_half_written_is_left_out_and_told(
    bench: Bench, tmp_path: Path, torn: int
) -> None:
    run = tmp_path / "run"
    shutil.copytree(bench.run, run)
    records = run / "records.jsonl"
    held = records.read_bytes()
    whole = trace_source(run)
    every = len(list(whole.traces()))
    assert whole.remarks == []
    records.write_bytes(held[:-torn])
    source = trace_source(run)
    assert len(list(source.traces())) == every - 1
    (remark,) = source.remarks
    assert "1 record, the last, is half written and was left out" in remark


def test_traces_of_another_schema_version_are_named(tmp_path: Path) -> None:
    imported(tmp_path, a_line())
    about = tmp_path / "traces" / "traces.json"
    about.write_text(about.read_text().replace('"schema_version": 1', '"schema_version": 9'))
    with pytest.raises(SettingError, match="traces of schema version 9"):
        _ = TraceFolder(tmp_path / "traces").about


def test_of_two_imports_into_one_folder_the_second_is_refused_and_the_first_is_whole(
    tmp_path: Path,
) -> None:
    file, out = tmp_path / "a.jsonl", tmp_path / "kept"
    file.write_text(json.dumps(a_line()) + "\n")
    with draft_folder(out) as draft, trace_writer(draft) as writer:
        with pytest.raises(SettingError, match="is being made by another process"):
            import_traces(file, out)
        for trace in trace_source(file).traces():
            writer.write(trace)
        writer.close("import", {}, [])
    assert [trace.subject_id for trace in TraceFolder(out).traces()] == [10000019]
    assert {each.name for each in tmp_path.iterdir()} == {"a.jsonl", "kept"}
