"""Datasets: whole or not there, parted by patient, never cut in silence."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.training.exporting import ExportReport, ExportSettings, export_traces
from clinseek.training.exporting.example import weights_of
from clinseek.training.exporting.windows import windows_of
from clinseek.training.splits import HeldOutSplit, PatientSplit
from clinseek.training.traces import Trace, TraceFolder
from clinseek.training.traces.lengths import EstimatedLength
from clinseek.training.traces.trace import Message
from tests.training.made import IN_TRAINING, TOOLS, Asked, EveryoneIn, a_trace, asked, lines_of
from tests.training.test_refining import kept_folder

COUNT = EstimatedLength()


def exported(
    traces: list[Trace], tmp_path: Path, split: PatientSplit | None = None, **settings: object
) -> ExportReport:
    folder = kept_folder(tmp_path / "kept", traces)
    return export_traces(
        folder, tmp_path / "out", settings=ExportSettings.model_validate(settings),
        split=split or EveryoneIn("train"), length=COUNT,
    )  # fmt: skip


def long_trace(turns: int) -> Trace:
    return a_trace(
        [[asked("labevents", f"row {n} " * 60)] for n in range(turns)], id=f"long{turns}"
    )


def test_openai_lines_have_native_calls_wire_names_and_the_schemas_as_sent(tmp_path: Path) -> None:
    exported([a_trace([[asked("labevents")]])], tmp_path, form="openai")
    (line,) = lines_of(tmp_path / "out" / "train.jsonl")
    call = line["messages"][2]["tool_calls"][0]["function"]
    assert call == {"name": "ehr_get_latest_records", "arguments": '{"table_name": "labevents"}'}
    names = [tool["function"]["name"] for tool in line["tools"]]
    assert names == ["ehr_get_latest_records", "ehr_run_sql_query", "ehr_finish"]
    assert line["messages"][3]["name"] == "ehr_get_latest_records"
    assert (tmp_path / "out" / "validation.jsonl").read_text() == ""


def test_arguments_that_are_null_are_not_exported_and_all_others_stay_as_written(
    tmp_path: Path,
) -> None:
    call = Asked("ehr.get_latest_records", {"table_name": "omr", "limit": None}, "3 rows")
    exported([a_trace([[call, asked("labevents")]])], tmp_path, names="dotted")
    (line,) = lines_of(tmp_path / "out" / "train.jsonl")
    arguments = [each["function"]["arguments"] for each in line["messages"][2]["tool_calls"]]
    assert arguments == ['{"table_name": "omr"}', '{"table_name": "labevents"}']


def test_a_trace_with_arguments_that_cannot_be_read_is_left_out_and_counted(
    tmp_path: Path,
) -> None:
    broken = a_trace([[asked("labevents")]], id="broken")
    broken.messages[2]["tool_calls"][0]["function"]["arguments"] = "{not json"
    report = exported([broken, a_trace()], tmp_path)
    assert report.dropped == {"with a call whose arguments are no JSON object": 1}
    text = (tmp_path / "out" / "train.jsonl").read_text()
    assert "not json" not in text
    assert "_raw" not in text
    with pytest.raises(SettingError, match=r"no example is left of 1 traces \(1 with a call .*\)$"):
        exported([broken], tmp_path / "again")


def test_names_can_stay_as_records_have_them(tmp_path: Path) -> None:
    exported([a_trace([[asked("labevents")]])], tmp_path, names="dotted")
    (line,) = lines_of(tmp_path / "out" / "train.jsonl")
    assert json.loads(line["tools"]) == TOOLS
    assert line["messages"][2]["tool_calls"][0]["function"]["name"] == "ehr.get_latest_records"


def test_parquet_gives_back_each_call_with_its_own_arguments_and_no_other(tmp_path: Path) -> None:
    traces = [a_trace([[asked("labevents")], [asked("omr")]], id=str(n)) for n in range(40)]
    exported(traces, tmp_path, form="parquet")
    rows = pq.read_table(tmp_path / "out" / "train.parquet").to_pylist()
    assert len(rows) == 40
    calls = [call for message in rows[0]["messages"] for call in message["tool_calls"] or ()]
    arguments = [json.loads(call["function"]["arguments"]) for call in calls]
    assert arguments[:2] == [{"table_name": "labevents"}, {"table_name": "omr"}]
    assert json.loads(rows[0]["tools"])[0]["function"]["name"] == "ehr_get_latest_records"
    assert pq.read_table(tmp_path / "out" / "val.parquet").num_rows == 0


def test_a_patient_is_in_one_part_and_stays_there_whoever_else_there_is(tmp_path: Path) -> None:
    split = HeldOutSplit({7}, validation=0.3)
    traces = [a_trace(id=str(n), subject_id=10_000_000 + n // 2) for n in range(60)]
    report = exported(traces, tmp_path, split)
    part = {line["subject_id"]: name for name in ("train", "validation")
            for line in lines_of(tmp_path / "out" / f"{name}.jsonl")}  # fmt: skip
    assert sum(report.patients.values()) == 30
    assert all(part[subject] == split.part_of(subject) for subject in part)
    assert 3 <= report.patients["validation"] <= 15


def test_a_patient_of_the_test_split_stops_the_export(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="of the test split: nothing was exported"):
        exported([a_trace()], tmp_path, EveryoneIn("test"))
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]


def of_patients(subject_id: int | None, named: str) -> Trace:
    """A trace of `subject_id` by its file, and of whom `named` says by its task."""
    trace = a_trace(subject_id=subject_id)
    trace.messages[1]["content"] = f"{named}: is it high?"
    return trace


def test_a_patient_of_the_test_split_whom_the_task_alone_names_stops_the_export(
    tmp_path: Path,
) -> None:
    split = HeldOutSplit({7}, validation=0.0)
    for subject_id in (8, None):
        with pytest.raises(SettingError, match="is of patient 7, who is of the test split"):
            exported([of_patients(subject_id, "subject_id 7")], tmp_path, split)
        shutil.rmtree(tmp_path / "kept")


def test_a_trace_of_which_file_and_task_name_several_patients_is_left_out(tmp_path: Path) -> None:
    report = exported([of_patients(8, "subject_id 9"), a_trace()], tmp_path)
    assert report.dropped == {"of which file and task name several patients": 1}
    assert report.patients == {"train": 1}


def test_the_card_promises_nothing_about_traces_whose_patient_is_not_known(
    tmp_path: Path,
) -> None:
    unknown = [a_trace(subject_id=None, id=str(n)) for n in range(2)]
    report = exported([*unknown, a_trace()], tmp_path)
    assert (report.unknown_patients, report.patients) == (2, {"train": 1})
    told = (tmp_path / "out" / "README.md").read_text()
    assert "**Of 2 traces the patient is not known**" in told
    assert "No patient of the test part is in it" not in told


def test_long_traces_are_left_out_and_their_share_is_told(tmp_path: Path) -> None:
    report = exported([long_trace(2), long_trace(40)], tmp_path, max_tokens=2_000)
    assert (report.examples["train"], report.dropped) == (1, {"too long": 1})
    assert "50.0%; the published system: 18.3%" in (tmp_path / "out" / "README.md").read_text()


def test_where_all_are_too_long_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"1 too long.*raise --max-tokens"):
        exported([long_trace(40)], tmp_path, max_tokens=500)


def test_windows_hold_the_task_a_note_and_the_finish_call(tmp_path: Path) -> None:
    report = exported([long_trace(40)], tmp_path, max_tokens=2_500, long="window")
    lines = lines_of(tmp_path / "out" / "train.jsonl")
    assert report.windowed == 1
    assert len(lines) > 3
    assert report.longest <= 2_500
    assert all("subject_id 10000019" in line["messages"][1]["content"] for line in lines)
    assert "turns of this conversation" in lines[-1]["messages"][1]["content"]
    assert "left out" not in lines[0]["messages"][1]["content"]
    last = lines[-1]["messages"][-2]["tool_calls"][0]["function"]["name"]
    assert last == "ehr_finish"


@given(st.lists(st.integers(1, 30), min_size=1, max_size=25), st.integers(60, 400))
def test_windows_hold_each_turn_once_fit_and_end_with_the_last(sizes: list[int], most: int) -> None:
    trace = a_trace([[asked("t", "x " * size)] for size in sizes])
    windows = windows_of(trace.messages, lambda held: COUNT(held, []) <= most)
    if windows is None:
        biggest = max(COUNT([*trace.messages[:2], *trace.messages[at : at + 2]], [])
                      for at in range(2, len(trace.messages), 2))  # fmt: skip
        assert biggest + 60 > most
        return
    assert all(COUNT(window.messages, []) <= most for window in windows)
    assert [window.first for window in windows][1:] == [window.last for window in windows][:-1]
    assert (windows[0].first, windows[-1].last) == (0, len(sizes) + 1)
    turns = [m for window in windows for m in window.messages if m["role"] == "assistant"]
    assert turns == [m for m in trace.messages if m["role"] == "assistant"]


def test_loss_can_be_on_the_last_turns_alone_and_off_turns_with_errors() -> None:
    trace = a_trace([[asked("lab", "no", refused=True)], [asked("labevents")]])
    both = {"last_turns": None, "errors": "train"}
    assert weights_of(trace.messages, trace.by_call, **both) == [1, 1, 1]  # type: ignore[arg-type]
    skip = weights_of(trace.messages, trace.by_call, last_turns=None, errors="skip")
    assert skip == [0, 1, 1]
    assert weights_of(trace.messages, trace.by_call, last_turns=1, errors="train") == [0, 0, 1]


def test_pictures_are_named_by_path_and_hash_and_go_with_the_dataset(tmp_path: Path) -> None:
    picture = b"\xff\xd8 not a real picture"
    sha256 = hashlib.sha256(picture).hexdigest()
    trace = a_trace([[asked("labevents")]])
    task: Message = {
        "role": "user",
        "content": [{"type": "text", "text": "What does it show?"},
                    {"type": "image", "sha256": sha256, "mime_type": "image/jpeg"}],
    }  # fmt: skip
    shown = trace.model_copy(
        update={
            "messages": [trace.messages[0], task, *trace.messages[2:]],
            "images": {sha256: base64.b64encode(picture).decode()},
        }
    )
    exported([shown], tmp_path, form="parquet")
    (row,) = pq.read_table(tmp_path / "out" / "train.parquet").to_pylist()
    assert row["images"] == [{"image": f"images/{sha256}.jpg", "sha256": sha256}]
    assert row["messages"][1]["content"] == "What does it show?\n<image>"
    assert (tmp_path / "out" / row["images"][0]["image"]).read_bytes() == picture


def test_a_turn_without_loss_has_the_weight_zero(tmp_path: Path) -> None:
    report = exported([a_trace([[asked("a")]])], tmp_path, form="openai", last_turns=1)
    (line,) = lines_of(tmp_path / "out" / "train.jsonl")
    weights = [m.get("weight") for m in line["messages"] if m["role"] == "assistant"]
    assert weights == [0, None]
    assert (report.trained_turns, report.turns) == (1, 2)


def test_an_output_folder_with_another_export_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    exported([a_trace()], tmp_path)
    before = {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    with pytest.raises(SettingError, match="holds an export already"):
        export_traces(
            TraceFolder(tmp_path / "kept"), tmp_path / "out", settings=ExportSettings(),
            split=EveryoneIn("train"), length=COUNT,
        )  # fmt: skip
    assert {file.name: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before


def test_the_card_tells_counts_hashes_and_that_it_is_patient_data(tmp_path: Path) -> None:
    report = exported([a_trace()], tmp_path)
    told = (tmp_path / "out" / "README.md").read_text()
    assert "not a medical device" in told
    assert "No patient of the test part is in it." in told
    assert "derived patient data" in told
    assert report.files["train.jsonl"] in told
    assert report.records in told
    assert json.loads((tmp_path / "out" / "export.json").read_text())["source"]["traces"] == 1


_EXPORTING = """
import sys
from pathlib import Path
from clinseek.cli.main import run
print("ready", flush=True)
run(["traces", "export", sys.argv[1], "--format", sys.argv[3], "--out", sys.argv[2]])
"""


def test_an_export_that_is_killed_leaves_nothing_and_the_next_gives_the_same_files(
    tmp_path: Path,
) -> None:
    kept_folder(tmp_path / "kept", [
        a_trace([[asked("labevents", f"row {n} of {turn}" * 9)] for turn in range(20)],
                id=str(n), subject_id=IN_TRAINING)
        for n in range(200)
    ])  # fmt: skip
    out, place = tmp_path / "out", tmp_path / ".out.draft"

    def exporting(to: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", _EXPORTING, str(tmp_path / "kept"), str(to), "trl"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def written() -> int:
        try:
            return (place / "made" / "train.jsonl").stat().st_size
        except OSError:
            return 0

    assert exporting(tmp_path / "whole").communicate()[0].startswith("ready")
    whole = {file.name: file.read_bytes() for file in (tmp_path / "whole").iterdir()}
    for number in range(3):
        killed = exporting(out)
        while killed.poll() is None and written() < len(whole["train.jsonl"]) * number / 4:
            os.sched_yield()
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        assert not out.exists()
    exporting(out).communicate()
    held = {file.name: file.read_bytes() for file in out.iterdir()}
    assert held.pop("README.md") == whole.pop("README.md").replace(b"# whole", b"# out")
    assert held == whole
    assert not place.exists()
