"""Reading benchmark rows."""

import errno
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.evals.rows import Row, read_rows, write_rows


def item(number: int = 1, **over: Any) -> dict[str, Any]:
    return {
        "qid": f"q{number}",
        "subject_id": 10000019,
        "cutoff": "2150-03-05 08:00:00",
        "task": "los_3d",
        "task_type": "risk_prediction",
        "question": "Will the stay last longer than three days?",
        "label": "yes",
        **over,
    }


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
def test_rows_are_read_one_a_line(tmp_path: Path, name: str) -> None:
    text = "\n".join(json.dumps(item(n)) for n in (1, 2)) + "\n\n"
    assert [row.qid for row in read_rows(written(tmp_path, name, text))] == ["q1", "q2"]


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
def test_rows_are_read_from_a_list(tmp_path: Path, name: str) -> None:
    text = json.dumps([item(1), item(2)], indent=2)
    assert [row.qid for row in read_rows(written(tmp_path, name, text))] == ["q1", "q2"]


def test_a_single_object_is_one_row(tmp_path: Path) -> None:
    assert len(read_rows(written(tmp_path, "rows.json", json.dumps(item(), indent=1)))) == 1


def test_rows_that_cannot_be_written_are_one_sentence_and_leave_no_half_of_them(
    tmp_path: Path,
) -> None:
    def failing() -> Iterator[Row]:
        yield Row.model_validate(item())
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(SettingError, match=r"rows.jsonl: cannot be written \(No space left"):
        write_rows(tmp_path / "rows.jsonl", failing())
    assert list(tmp_path.iterdir()) == []


def test_labels_of_every_published_form_come_back_as_they_were(tmp_path: Path) -> None:
    labels: list[Any] = [
        "yes",
        ["Sodium", "Potassium"],
        "Sodium\nPotassium",
        [{"name": "Sepsis", "icd_code": "A419", "icd_version": 10, "seq_num": 1}],
        [{"name": None, "ndc_code": "00338004904"}],
        [{"name": "1", "value": 1}],
        4.1,
        [],
        None,
    ]
    rows = [Row.model_validate(item(n, label=label)) for n, label in enumerate(labels)]
    write_rows(tmp_path / "rows.jsonl", rows)
    read = read_rows(tmp_path / "rows.jsonl")
    assert [row.label for row in read] == labels
    assert [row.fingerprint for row in read] == [row.fingerprint for row in rows]


def test_a_parquet_file_says_the_same_as_jsonl(tmp_path: Path) -> None:
    rows = [
        item(1, hadm_id=None, candidates=["yes", "no"], metadata={"split": "test"}),
        item(2, hadm_id=20000001, candidates=None, metadata={"split": "dev"}),
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    lines = written(tmp_path, "rows.jsonl", "\n".join(json.dumps(row) for row in rows))
    assert read_rows(tmp_path / "rows.parquet") == read_rows(lines)


def test_labels_of_several_kinds_stand_in_parquet_as_json_text(tmp_path: Path) -> None:
    rows = [
        item(1, label="yes"),
        item(2, label=json.dumps(["Sodium"])),
        item(3, label=json.dumps([{"name": "Sepsis", "icd_code": "A419"}])),
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    assert [row.label for row in read_rows(tmp_path / "rows.parquet")] == [
        "yes",
        ["Sodium"],
        [{"name": "Sepsis", "icd_code": "A419"}],
    ]


def test_a_number_column_with_gaps_is_read_as_whole_numbers(tmp_path: Path) -> None:
    held = pa.Table.from_pylist([item(1), item(2)]).append_column(
        "hadm_id", pa.array([20000001.0, float("nan")])
    )
    pq.write_table(held, tmp_path / "rows.parquet")
    assert [row.hadm_id for row in read_rows(tmp_path / "rows.parquet")] == [20000001, None]


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"cutoff": "soon"}, "line 3: cutoff 'soon' cannot be (qid q2)"),
        ({"subject_id": "many"}, "line 3: subject_id 'many' cannot be"),
        ({"label": True}, "line 3: label True cannot be"),
        ({"label": float("nan")}, "line 3: label nan cannot be"),
        ({"ground_truth": ["yes"]}, "a row has no 'ground_truth' (qid q2); fields of your own"),
        ({"candidates": []}, "line 3: candidates [] cannot be"),
        ({"qid": "q1"}, "line 3: qid 'q1' stands at line 1 already"),
    ],
)
def test_a_broken_row_is_named_by_file_and_line(
    tmp_path: Path, over: dict[str, Any], told: str
) -> None:
    text = f"{json.dumps(item(1))}\n\n{json.dumps(item(2, **over))}\n"
    file = written(tmp_path, "rows.jsonl", text)
    with pytest.raises(SettingError) as raised:
        read_rows(file)
    assert str(raised.value).startswith(str(file))
    assert told in str(raised.value)


def test_the_line_of_a_member_of_a_list_is_where_it_begins(tmp_path: Path) -> None:
    text = json.dumps([item(1), item(2, cutoff="soon")], indent=1)
    begins = text[: text.index('"q2"')].count("\n")
    with pytest.raises(SettingError, match=f"line {begins}: cutoff"):
        read_rows(written(tmp_path, "rows.json", text))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("rows.jsonl", "", "holds no rows"),
        ("rows.json", "[]", "holds no rows"),
        ("rows.jsonl", '{"qid": \n', "line 1: no JSON"),
        ("rows.json", '[{"qid": "a"}\n{"qid": "b"}]', "line 1: task is missing"),
        ("rows.json", "[1\n 2]", "line 1: a row is an object"),
        ("rows.json", "[\n", "line 2: no JSON"),
        ("rows.json", "[", "line 1: no JSON"),
        ("rows.parquet", "PAR", "no Parquet file"),
        ("gone/rows.jsonl", None, "no file of rows (no such file or directory)"),
    ],
)
def test_a_file_that_is_none_is_told_in_a_sentence(
    tmp_path: Path, name: str, text: str | None, told: str
) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingError) as raised:
        read_rows(file)
    assert told in str(raised.value)


@given(st.dictionaries(st.text(max_size=5), st.integers(), max_size=3))
def test_metadata_does_not_make_another_item(metadata: dict[str, int]) -> None:
    plain, noted = Row(**item()), Row(**item(metadata=metadata))
    assert plain.fingerprint == noted.fingerprint


@pytest.mark.parametrize(
    "over",
    [
        {"question": "Will it last?"},
        {"cutoff": "2150-03-05 08:00:01"},
        {"label": "no"},
        {"candidates": ["yes", "no"]},
        {"curated_evidence": "## Labs"},
    ],
)
def test_everything_else_does(over: dict[str, Any]) -> None:
    assert Row(**item()).fingerprint != Row(**item(**over)).fingerprint


def test_a_cutoff_is_kept_in_one_spelling() -> None:
    assert Row(**item(cutoff="2150-03-05T08:00")).fingerprint == Row(**item()).fingerprint


def test_rows_behind_the_end_of_a_list_are_not_left_out_in_silence(tmp_path: Path) -> None:
    text = f"[{json.dumps(item(1))}]\n[{json.dumps(item(2))}]\n"
    with pytest.raises(SettingError, match="line 2: the list of rows has ended, and more follows"):
        read_rows(written(tmp_path, "rows.json", text))


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    ("value", "told"),
    [("9" * 5000, "holds a number of too many digits"), ("[" * 99_999, "is nested too deeply")],
)
def test_json_that_nothing_can_hold_is_named_by_its_line(
    tmp_path: Path, listed: bool, value: str, told: str
) -> None:
    row = f'{{"qid": "a", "label": {value}}}'
    text = f"[\n{row}\n]" if listed else f"\n{row}\n"
    with pytest.raises(SettingError, match=f"line 2: {told}"):
        read_rows(written(tmp_path, "rows.jsonl", text))
