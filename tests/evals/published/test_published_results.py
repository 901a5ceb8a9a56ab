"""Their results are scored as theirs; ours, written as theirs, keep their scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.evals.published import placed_rows, read_published, write_published
from clinseek.evals.scorers import score_record
from clinseek.evals.scorers.run_source import run_source
from clinseek.evals.scorers.scored_run import score_run
from clinseek.evals.scorers.summary import summarise
from clinseek.records import RunError
from tests.evals.scorers.made import a_record, a_row, an_entry, finish_call


def a_result(qid: str, response: Any, label: Any, **fields: Any) -> dict[str, Any]:
    """A line of a published results file."""
    return {
        "qid": qid,
        "run_index": 1,
        "runs_per_question": 1,
        "session_id": f"{qid}__q_1__run_1",
        "question": "Which?",
        "messages": [
            {"role": "system", "content": "You"},
            {"role": "user", "content": "Which?"},
            finish_call({"response": response}),
        ],
        "completed": True,
        "status": "success",
        "stop_reason": "finish_tool_call",
        "subject_id": 10000032.0,
        "prediction_time": "2180-05-06 22:23:01",
        "task": "diagnoses_ccs",
        "label": label,
        **fields,
    }


def a_file(path: Path, lines: list[Any], *, as_list: bool = False) -> Path:
    text = json.dumps(lines) if as_list else "\n".join(map(json.dumps, lines)) + "\n"
    path.write_text(text)
    return path


def mean_of(path: Path, manifest: Path | None = None) -> tuple[float, float]:
    """(our mean, in which missing rows count 0; theirs, of rows with a result)."""
    scored = score_run(run_source(path, manifest=manifest), ["published"])
    summary = summarise("published", scored.scores["published"], interval="paper")
    assert summary.micro is not None
    assert summary.present is not None
    return summary.micro.value, summary.present


def test_each_spelling_of_a_label_is_read(tmp_path: Path) -> None:
    names = [{"name": "Sepsis", "icd_code": "A41.9"}, {"name": "Sepsis"}]
    lines = [
        a_result("q1", ["sepsis"], names),
        a_result("q2", "yes", "yes"),
        a_result("q3", ["a"], ["b"]),
        {**a_result("q4", ["a"], None), "ground_truth": ["A"]},
    ]
    assert mean_of(a_file(tmp_path / "results.jsonl", lines)) == (0.75, 0.75)


def test_a_run_that_broke_counts_nothing(tmp_path: Path) -> None:
    broken = a_result("q2", ["a"], ["a"], messages=[], status="error", stop_reason="exception")
    file = a_file(tmp_path / "results.jsonl", [a_result("q1", ["a"], ["a"]), broken])
    assert mean_of(file) == (0.5, 0.5)
    failed = list(read_published(file).records())[1]
    assert (failed.status, failed.errors[0]["message"]) == ("failed", "exception")


def test_with_its_manifest_rows_without_a_result_count_and_are_told_apart(tmp_path: Path) -> None:
    file = a_file(tmp_path / "results.jsonl", [a_result("q1", ["a"], ["a"])])
    rows = [{**a_result(qid, None, ["a"]), "messages": None} for qid in ("q1", "q2")]
    manifest = a_file(tmp_path / "bench.json", rows, as_list=True)
    assert mean_of(file, manifest) == (0.5, 1.0)


def test_results_of_rows_that_the_manifest_lacks_are_named(tmp_path: Path) -> None:
    file = a_file(tmp_path / "r.jsonl", [a_result("q1", ["a"], ["a"]), a_result("q9", ["a"], "a")])
    manifest = a_file(tmp_path / "bench.json", [a_result("q1", None, ["a"])], as_list=True)
    assert "q9" in run_source(file, manifest=manifest).remarks[0]


def test_of_several_lines_of_one_run_the_last_counts(tmp_path: Path) -> None:
    lines = [a_result("q1", ["b"], ["a"]), a_result("q1", ["a"], ["a"])]
    assert mean_of(a_file(tmp_path / "results.jsonl", lines)) == (1.0, 1.0)


def test_several_runs_of_a_question_are_averaged_first(tmp_path: Path) -> None:
    lines = [
        a_result("q1", ["a"], ["a"]),
        a_result("q1", ["b"], ["a"], run_index=2),
        a_result("q2", ["a"], ["a"]),
        a_result("q2", ["a"], ["a"], run_index=2),
    ]
    assert mean_of(a_file(tmp_path / "results.jsonl", lines)) == (0.75, 0.75)


def test_a_row_without_qid_and_patient_gets_them_as_the_published_loader_makes_them(
    tmp_path: Path,
) -> None:
    held = a_result("", ["a"], ["a"], hadm_id="22595853", prediction_time=None)
    cohort = a_result("q2", ["a"], ["a"], subject_id=None, scope="cohort_scope")
    rows = read_published(a_file(tmp_path / "r.jsonl", [held, cohort])).rows()
    assert rows[0].qid == "diagnoses_ccs_10000032_22595853"
    assert rows[1].scope == "cohort"
    assert (rows[1].subject_id, rows[1].cutoff) == (None, None)
    assert rows[1].cluster > 9_000_000_000


def test_images_and_reports_lose_the_name_of_the_archive_and_gain_that_of_their_source(
    tmp_path: Path,
) -> None:
    film, text = "mimic-cxr/2.0.0/files/p10/a.jpg", "mimic-cxr/2.0.0/files/p10/s5.txt"
    held = a_result(
        "q1", ["a"], ["a"], subject_id=None, prediction_time=None, source_benchmark="medmod",
        image_paths=[f"MedModOriginalLinked_v1/{film}"], report_paths=[f"AgentBench_v3/{text}"],
    )  # fmt: skip
    (row,) = read_published(a_file(tmp_path / "r.jsonl", [held])).rows()
    assert (row.images, row.reports) == ([film], [text])
    assert (row.subject_id, row.cutoff, row.group) == (None, None, "medmod")

    (tmp_path / "medmod" / film).parent.mkdir(parents=True)
    (tmp_path / "medmod" / film).write_bytes(b"x")
    (placed,) = placed_rows([row], tmp_path)
    assert (placed.images, placed.reports) == ([f"medmod/{film}"], [text])
    assert placed_rows([placed], tmp_path) == [placed]
    assert placed.fingerprint != row.fingerprint


def test_their_calls_are_counted_under_dotted_names(tmp_path: Path) -> None:
    function = {"name": "ehr_run_sql_query", "arguments": '{"sql_query": "SELECT 1"}'}
    call = {"role": "assistant", "tool_calls": [{"id": "a", "function": function}]}
    said = {"role": "tool", "tool_call_id": "a", "content": "Error: no such table: x"}
    line = a_result("q1", ["a"], ["a"])
    line["messages"][2:2] = [call, said]
    scored = score_run(run_source(a_file(tmp_path / "r.jsonl", [line])), ["published"])
    assert scored.tool_use.by_tool["ehr.run_sql_query"].refused == 1
    assert scored.tool_use.sql_errors == {"no_such_table": 1}


ANSWERS = [
    a_record(["Sepsis ", "Flu"]),
    a_record(["Sepsis"], stop_reason="round_limit"),
    a_record([]),
    a_record(["x"], finish="{broken"),
    a_record(
        status="failed",
        stop_reason="model_error",
        errors=[RunError(where="seek", round=1, number=0, kind="model_error", message="gone")],
    ),
    a_record(["flu"], evidence=[an_entry(1, "text")]),
]


@pytest.mark.parametrize("record", ANSWERS)
@pytest.mark.parametrize("label", [["sepsis", "Flu"], "flu", [{"name": "Flu"}]])
def test_ours_written_as_theirs_keeps_its_published_score(
    tmp_path: Path, record: Any, label: Any
) -> None:
    row = a_row(label)
    assert write_published(tmp_path / "results.jsonl", [row], [record]) == 1
    read = read_published(tmp_path / "results.jsonl")
    back = score_record(read.rows()[0], next(read.records()), "published")
    ours = score_record(row, record, "published")
    assert (back.value, back.state) == (ours.value, ours.state)


def test_runs_are_counted_from_nought_where_the_file_does(tmp_path: Path) -> None:
    lines = [a_result("q1", ["a"], ["a"], run_index=0), a_result("q1", ["b"], ["a"])]
    run = read_published(a_file(tmp_path / "results.jsonl", lines))
    assert run.run_keys() == [("q1", 0), ("q1", 1)]
    assert [record.epoch for record in run.records()] == [0, 1]


@pytest.mark.parametrize(
    ("response", "label", "value"),
    [(["5"], [5], 0.0), (["5"], ["5"], 1.0), ([5, "x"], ["x"], 1.0), (["x"], [5, "x"], 1.0)],
)
@pytest.mark.parametrize("stop", ["finish_tool_call", "no_final_answer"])
def test_only_texts_are_compared_whatever_ended_the_run(
    tmp_path: Path, response: Any, label: Any, value: float, stop: str
) -> None:
    line = a_result("q1", response, label, stop_reason=stop)
    assert mean_of(a_file(tmp_path / "results.jsonl", [line])) == (value, value)


def test_a_label_of_numbers_stays_one_where_items_are_about_images(tmp_path: Path) -> None:
    line = a_result("q1", ["5"], [5], image_paths=["a.png"], subject_id=None, prediction_time=None)
    (row,) = read_published(a_file(tmp_path / "results.jsonl", [line])).rows()
    assert row.label == ["5"]


@pytest.mark.parametrize("setting", ["automated", "curated"])
def test_a_file_tells_how_its_runs_were_given_their_evidence(tmp_path: Path, setting: Any) -> None:
    record = a_record(["a"], setting=setting)
    write_published(tmp_path / "results.jsonl", [a_row(["a"])], [record])
    assert run_source(tmp_path / "results.jsonl").settings == {"setting": setting}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"messages": "x"}, "messages is no list"),
        ({"messages": [None]}, r"messages\[0\] is no object"),
        ({"messages": [{"tool_calls": [None]}]}, r"messages\[0\].tool_calls\[0\] is no object"),
        ({"messages": [{"tool_calls": {"a": 1}}]}, "tool_calls is no list"),
        ({"messages": [{"tool_calls": [{"function": "x"}]}]}, "function is no object"),
        ({"messages": [{"role": "tool", "content": 5}]}, "content is neither a text nor"),
        ({"subject_id": [1]}, "subject_id is neither a text nor a number"),
        ({"candidates": 5}, "candidates is no list"),
        ({"run_index": float("inf")}, "run_index inf is no number"),
    ],
)
def test_a_strange_line_is_told_with_its_place(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    lines = [a_result("q1", ["a"], ["a"]), {**a_result("q2", ["a"], ["a"]), **changed}]
    file = a_file(tmp_path / "results.jsonl", lines)
    with pytest.raises(SettingError, match=rf"results.jsonl, line 2: .*{said}"):
        run_source(file)


@pytest.mark.parametrize(
    "broken", ['{"qid": ' + "9" * 5000 + "}", '{"qid": ' + "[" * 100_000, "{x"]
)
def test_a_line_that_cannot_be_read_is_told_with_its_place(tmp_path: Path, broken: str) -> None:
    file = a_file(tmp_path / "results.jsonl", [a_result("q1", ["a"], ["a"])])
    file.write_text(f"{file.read_text()}{broken}\n")
    with pytest.raises(SettingError, match=r"results.jsonl, line 2: (is no JSON|cannot be read)"):
        run_source(file)


def test_half_a_character_in_a_file_is_written_out(tmp_path: Path) -> None:
    file = a_file(tmp_path / "results.jsonl", [a_result("q\ud800", ["\ud800"], ["a"])])
    scored = score_run(run_source(file), ["published"])
    (score,) = scored.scores["published"]
    assert score.qid == r"q\ud800"
    assert json.loads(score.model_dump_json())["value"] == 0.0


def test_what_is_written_has_the_published_keys_and_no_tool_names(tmp_path: Path) -> None:
    picture = [{"type": "image", "sha256": "abc", "mime_type": "image/jpeg"}]
    record = a_record(["a"], evidence=[an_entry(1, "text")], images={"abc": "QUJD"})
    record.messages[0]["content"] = picture
    write_published(tmp_path / "results.jsonl", [a_row(["a"])], [record])
    line = json.loads((tmp_path / "results.jsonl").read_text())
    assert line["status"] == "success"
    assert line["stop_reason"] == "finish_tool_call"
    assert set(line["messages"][0]) == {"role", "content", "tool_call_id"}
    shown = line["messages"][0]["content"][0]["image_url"]["url"]
    assert shown == "data:image/jpeg;base64,QUJD"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no published result"),
        ('{"qid": "q1"}\n', "no published result"),
        ("{broken", "is no JSON"),
        ("[1, 2]", "item 1: no JSON object"),
        ("\xff\xfe", "is no text file"),
    ],
)
def test_a_file_that_is_none_is_told_in_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "results.jsonl"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingError, match=said):
        read_published(file)
