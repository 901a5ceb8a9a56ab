"""Records and the file of records."""

import json
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from clinseek.errors import SettingError
from clinseek.record_file import append_record, read_records
from clinseek.recording import openai_form, record_of
from clinseek.records import ModelUsed, Record, fingerprint_of


def _record(qid: str = "q1", **others: Any) -> Record:
    state = {
        "subject_id": 7,
        "cutoff": "2150-03-05 08:00:00",
        "question": "What was the latest potassium?",
        "status": "answered",
        "stop_reason": "finish",
        "answer": ["3.2"],
        "citations": [["E1#3"]],
        **others,
    }
    used = ModelUsed(spec="offline", parameters={}, address=None, context_length=None)
    return record_of(state, thread="t", model=used, rules="r", qid=qid)


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "runs" / "records.jsonl"

    assert append_record(file, _record("a")) is None
    assert append_record(file, _record("b")) is None

    assert read_records(file) == ([_record("a"), _record("b")], None)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.01, 0.99))
def test_a_half_written_last_line_is_cut_off_and_said(tmp_path: Path, share: float) -> None:
    file = tmp_path / "records.jsonl"
    file.unlink(missing_ok=True)
    append_record(file, _record("a"))
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: int(len(whole) * share)])

    records, broken = read_records(file)
    assert [record.qid for record in records] == ["a"]
    assert "half written" in (broken or "")
    said = append_record(file, _record("b"))

    assert "the last line was half written" in (said or "")
    assert [record.qid for record in read_records(file).records] == ["a", "b"]


def test_a_last_line_that_lacks_only_its_end_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    append_record(file, _record("a"))
    file.write_bytes(file.read_bytes().rstrip(b"\n"))

    assert "whole but for its line end" in (append_record(file, _record("b")) or "")
    assert [record.qid for record in read_records(file).records] == ["a", "b"]


def test_a_broken_line_in_the_middle_is_named(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    append_record(file, _record("a"))
    file.write_bytes(b'{"schema_version": 2}\n' + file.read_bytes())

    with pytest.raises(SettingError, match=r"records.jsonl, line 1: no record of a run"):
        read_records(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="no file of records"):
        read_records(tmp_path / "nowhere.jsonl")


def _append_many(file: Path, name: str) -> None:
    for number in range(20):
        append_record(file, _record(f"{name}{number}"))


def test_processes_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    spawned = get_context("spawn")
    writers = [spawned.Process(target=_append_many, args=(file, name)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    qids = {record.qid for record in read_records(file).records}
    assert qids == {f"{name}{number}" for name in "ab" for number in range(20)}


def test_a_record_is_known_by_its_row_its_qid_and_its_epoch() -> None:
    record = _record()

    assert record.key == (fingerprint_of(record.row), "q1", 1)
    assert _record(question="another").key[0] != record.key[0]


def test_a_run_that_was_cut_off_is_a_failed_record_with_its_partial_trace() -> None:
    record = _record(status=None, stop_reason=None, messages=[HumanMessage("so far")])

    assert (record.status, record.stop_reason) == ("failed", "cancelled")
    assert record.messages == [{"role": "user", "content": "so far"}]


def test_messages_are_in_openai_form_with_dotted_names_reasoning_and_full_texts() -> None:
    call = {"name": "ehr.think", "args": {"response": "é"}, "id": "c1", "type": "tool_call"}
    turn = AIMessage("", tool_calls=[call], additional_kwargs={"reasoning": "hm"})
    seen = ToolMessage("cut", tool_call_id="c1", name="ehr.think", artifact={"full": "whole"})

    assert openai_form(SystemMessage("be kind")) == {"role": "system", "content": "be kind"}
    assert openai_form(turn) == {
        "role": "assistant",
        "content": "",
        "reasoning_content": "hm",
        "tool_calls": [
            {
                "id": "c1",
                "type": "function",
                "function": {"name": "ehr.think", "arguments": '{"response": "é"}'},
            }
        ],
    }
    assert openai_form(seen) == {
        "role": "tool",
        "content": "whole",
        "tool_call_id": "c1",
        "name": "ehr.think",
    }


def test_a_record_is_plain_json() -> None:
    told = _record().as_json()

    assert Record.model_validate(json.loads(json.dumps(told))) == _record()
    assert set(told["versions"]) == {"package", "rules", "role", "prompts", "store", "profile"}
