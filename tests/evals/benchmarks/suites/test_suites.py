"""The published suites: their shapes read exactly, and everything odd in them told."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import SettingError, StoreError
from clinseek.evals.benchmarks.suites import SUITES, prepare_suite, validate_suite
from clinseek.evals.benchmarks.suites.groups import group_of
from clinseek.evals.benchmarks.suites.text_rows import text_row
from clinseek.evals.rows import Row, read_rows
from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.synthetic import synthesise

EXAMPLES = Path(__file__).parents[4] / "examples"
TEXT, MULTIMODAL, AGENTEHR = "clinseek-text", "clinseek-multimodal", "agentehr"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The patient of the examples is one of this cohort."""
    made = tmp_path_factory.mktemp("suites")
    synthesise(made / "raw", patients=12, seed=7)
    ingest([made / "raw"], made / "store", codes=made / "raw" / "codes")
    return made / "store"


def _rows(name: str, source: Path | None = None) -> dict[str, Row]:
    report = validate_suite(SUITES[name], source or EXAMPLES / name, manifest_only=True)
    return {row.qid: row for row in report.read.rows}


def _with(tmp_path: Path, name: str, change: Callable[[list[dict[str, Any]]], None]) -> Path:
    """The text manifest of the examples, changed."""
    held = json.loads((EXAMPLES / TEXT / "ClinSeek-Bench_text.json").read_text())
    change(held)
    file = tmp_path / name
    file.write_text(json.dumps(held))
    return file


def test_task_text_and_evidence_of_a_published_question_are_parted() -> None:
    risk, decision = _rows(TEXT).values()
    for row in (risk, decision):
        assert "Labevents [" in str(row.curated_evidence)
        assert "Labevents [" not in row.question
        assert "Creatinine" not in row.question
    assert (risk.answer_form, risk.label) == ("yes_no", "no")
    assert decision.label == ["Creatinine", "Potassium", "Sodium"]
    assert risk.cutoff == "2186-02-03 08:11:01"


def test_a_question_without_instruction_is_parted_by_its_sections() -> None:
    held = json.loads((EXAMPLES / TEXT / "ClinSeek-Bench_text.json").read_text())[0]
    row = text_row({**held, "instruction": None, "input": None}, at="line 1")
    assert row == text_row(held, at="line 1")


def test_a_question_that_cannot_be_parted_is_named() -> None:
    held = {"qid": "a", "subject_id": 1, "question": "Will he die?", "label": "no"}
    with pytest.raises(SettingError, match=r"line 4: no task text .* parted into task and evid"):
        text_row(held, at="line 4")


def test_agentehr_questions_name_the_table_of_their_candidates() -> None:
    rows = _rows(AGENTEHR)
    assert len(rows) == 6
    diagnoses = rows["diagnoses_ccs_10764812_27310898"]
    assert "diagnoses_ccs_candidates" in diagnoses.question
    assert [each["icd_code"] for each in diagnoses.label or ()] == ["I2510", "I10"]  # type: ignore[index,union-attr]
    drugs = rows["prescriptions_10764812"]
    assert drugs.label == [{"name": "acetylsalicylic acid", "ndc_code": "00904404073"}]


def test_a_row_whose_label_has_no_name_is_left_out_and_counted(tmp_path: Path) -> None:
    for file in (EXAMPLES / AGENTEHR).glob("*.json"):
        held = json.loads(file.read_text())
        if file.name.startswith("prescriptions"):
            held[0]["label"] = [{"name": None, "ndc_code": "0"}]
        (tmp_path / file.name).write_text(json.dumps(held))
    report = validate_suite(SUITES[AGENTEHR], tmp_path)
    assert len(report.read.rows) == 5
    assert "1 rows are left out" in report.remarks[0]


def test_prefixes_of_the_release_are_dropped_and_groups_come_by_rule() -> None:
    rows = _rows(MULTIMODAL)
    polar = rows["ehrxqa_test_1"]
    assert polar.images[0].startswith("mimic-cxr/2.0.0/files/p10/")
    assert (polar.label, polar.answer_form, polar.task_type) == ("yes", "yes_no", "presence")
    assert rows["ehrxqa_test_2"].task_type == "comparison"
    assert "an effusion" in polar.question
    assert "cxr_info" not in polar.question


@pytest.mark.parametrize(
    ("task", "question", "gold", "studies", "group"),
    [
        ("medmod_decompensation", "Will the patient die?", ["no"], 1, "decompensation"),
        ("medmod_radiology", "Is there change?", ["Edema"], 1, "enumeration"),
        ("ehrxqa_image", "Does the film show edema?", ["0"], 1, "presence"),
        ("ehrxqa_image", "Is the heart enlarged compared to before?", ["1"], 1, "comparison"),
        ("ehrxqa_image", "Is the heart enlarged?", ["1"], 2, "comparison"),
        ("ehrxqa_image", "Which tubes are seen?", ["ett", "ng tube"], 1, "enumeration"),
        ("ehrxqa_image", "Which is seen?", ["ett"], 1, "enumeration"),
        ("ehrxqa_table", "How many?", ["3"], 0, "record"),
    ],
)
def test_every_question_falls_into_one_group(
    task: str, question: str, gold: list[str], studies: int, group: str
) -> None:
    assert group_of(task, question, gold, studies=studies) == group


def test_placeholders_of_cohort_rows_are_no_patients(tmp_path: Path) -> None:
    line = json.loads((EXAMPLES / MULTIMODAL / "mm_bench.jsonl").read_text().splitlines()[0])
    (tmp_path / "mm_bench.jsonl").write_text(json.dumps({**line, "subject_id": 991000003}))
    (row,) = _rows(MULTIMODAL, tmp_path).values()
    assert (row.subject_id, row.cutoff, row.scope) == (None, None, "cohort")


def test_counts_of_the_release_are_met_by_a_manifest_that_has_them(tmp_path: Path) -> None:
    drawn = random.Random(3)
    held = json.loads((EXAMPLES / TEXT / "ClinSeek-Bench_text.json").read_text())

    def item(number: int) -> dict[str, Any]:
        risk, task = number % 45 < 18, f"task_{number % 45}"
        patient = number + 1 if number < 1563 else drawn.randrange(1, 1564)
        return {**held[0 if risk else 1], "qid": str(number), "task": task, "subject_id": patient}

    file = tmp_path / "ClinSeek-Bench_text.json"
    file.write_text(json.dumps([item(number) for number in range(1800)]))
    report = validate_suite(SUITES[TEXT], tmp_path)
    assert report.holds
    assert {count.what: count.found for count in report.counts} == SUITES[TEXT].counts


def test_a_manifest_of_another_release_does_not_hold() -> None:
    report = validate_suite(SUITES[TEXT], EXAMPLES / TEXT)
    assert not report.holds
    assert [count.what for count in report.counts if not count.holds] == list(SUITES[TEXT].counts)


def test_a_broken_row_is_named_by_its_line_and_the_others_are_read(tmp_path: Path) -> None:
    def broken(held: list[dict[str, Any]]) -> None:
        held[1]["prediction_time"] = "soon"

    file = _with(tmp_path, "ClinSeek-Bench_text.json", broken)
    report = validate_suite(SUITES[TEXT], file)
    assert len(report.read.rows) == 1
    assert "prediction_time 'soon' is no moment" in report.faults[0]
    assert f"{file}, line " in report.faults[0]


def test_candidates_without_the_right_answer_are_told(tmp_path: Path) -> None:
    def lacking(held: list[dict[str, Any]]) -> None:
        held[1]["candidates"] = ["Creatinine", "Potassium"]

    report = validate_suite(SUITES[TEXT], _with(tmp_path, "ClinSeek-Bench_text.json", lacking))
    assert report.faults == [
        "1 rows have candidates without their own answer: ehr_bench_decision_making_202"
    ]


def test_a_row_that_no_candidate_answers_is_left_out_and_counted(
    store: Path, tmp_path: Path
) -> None:
    def lacking(held: list[dict[str, Any]]) -> None:
        held[0]["candidates"] = ["Yes", "No"]
        held[1]["candidates"] = ["Creatinine"]

    file = _with(tmp_path, "ClinSeek-Bench_text.json", lacking)
    made = prepare_suite(SUITES[TEXT], file, store=store, out=tmp_path / "out")
    assert [row.qid for row in made.rows] == ["ehr_bench_risk_prediction_101"]
    assert made.as_json()["left_out_candidates_without_answer"] == ["ehr_bench_decision_making_202"]


def test_manifests_of_agentehr_are_as_published_with_500_rows_each(tmp_path: Path) -> None:
    for file in (EXAMPLES / AGENTEHR).glob("*.json"):
        (tmp_path / file.name).write_text(json.dumps(json.loads(file.read_text()) * 500))
    assert validate_suite(SUITES[AGENTEHR], tmp_path).holds
    few = validate_suite(SUITES[AGENTEHR], EXAMPLES / AGENTEHR)
    assert ("rows of labevents_500.json", 500, 1) in few.counts
    assert not few.holds


def test_agentehr_may_be_held_in_part_and_the_other_suites_may_not(tmp_path: Path) -> None:
    name = "labevents_500.json"
    (tmp_path / name).write_bytes((EXAMPLES / AGENTEHR / name).read_bytes())
    report = validate_suite(SUITES[AGENTEHR], tmp_path)
    assert (report.holds, report.faults) == (False, [])
    assert "5 manifests are not there, nor are their rows" in report.remarks[0]


def test_a_qid_that_comes_twice_gets_a_number(tmp_path: Path) -> None:
    def twice(held: list[dict[str, Any]]) -> None:
        held.append(dict(held[0]))

    report = validate_suite(SUITES[TEXT], _with(tmp_path, "ClinSeek-Bench_text.json", twice))
    assert [row.qid for row in report.read.rows][-1] == "ehr_bench_risk_prediction_101#2"
    assert "1 rows had the qid of another" in report.remarks[0]


def test_missing_images_are_told_before_a_run_and_found_ones_are_not(tmp_path: Path) -> None:
    report = validate_suite(SUITES[MULTIMODAL], EXAMPLES / MULTIMODAL)
    assert any("3 images and reports are missing" in fault for fault in report.faults)
    (tmp_path / "mm_bench.jsonl").write_bytes(
        (EXAMPLES / MULTIMODAL / "mm_bench.jsonl").read_bytes()
    )
    for row in _rows(MULTIMODAL).values():
        for path in (*row.images, *row.reports):
            file = tmp_path / "data" / "mm_bench" / str(row.group) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"-")
    database = tmp_path / "data" / "mm_bench" / "ehrxqa" / "database"
    database.mkdir()
    (database / "patient_1.db").write_bytes(b"")
    found = validate_suite(SUITES[MULTIMODAL], tmp_path)
    assert found.faults == []
    assert ("databases of ehrxqa", 165, 1) in found.counts


@pytest.mark.parametrize("name", [TEXT, MULTIMODAL, AGENTEHR])
def test_a_prepared_suite_can_be_read_and_has_evidence(
    store: Path, tmp_path: Path, name: str
) -> None:
    made = prepare_suite(SUITES[name], EXAMPLES / name, store=store, out=tmp_path / "out")
    assert read_rows(made.file) == list(made.rows)
    assert all(row.curated_evidence for row in made.rows)
    assert made.visible["available"].visible == []
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert told["rows"] == len(made.rows)


def test_the_published_rule_shows_an_answer_that_ours_does_not(store: Path, tmp_path: Path) -> None:
    made = prepare_suite(SUITES[TEXT], EXAMPLES / TEXT, store=store, out=tmp_path / "out")
    assert made.visible["available"] == (1, [])
    assert made.visible["reference"] == (1, ["ehr_bench_risk_prediction_101"])


def test_evidence_can_be_rendered_from_the_case_throughout(store: Path, tmp_path: Path) -> None:
    made = prepare_suite(
        SUITES[TEXT], EXAMPLES / TEXT, store=store, out=tmp_path / "out", evidence="case"
    )
    assert made.rendered == 2
    assert all(str(row.curated_evidence).startswith("# Patient as of") for row in made.rows)


def test_rows_of_strangers_are_left_out_and_named(store: Path, tmp_path: Path) -> None:
    def stranger(held: list[dict[str, Any]]) -> None:
        held[0]["subject_id"] = 1

    file = _with(tmp_path, "ClinSeek-Bench_text.json", stranger)
    made = prepare_suite(SUITES[TEXT], file, store=store, out=tmp_path / "out")
    assert list(made.strangers) == ["ehr_bench_risk_prediction_101"]
    assert len(made.rows) == 1


def test_a_store_of_other_patients_is_refused_before_anything_is_written(
    store: Path, tmp_path: Path
) -> None:
    def strangers(held: list[dict[str, Any]]) -> None:
        for each in held:
            each["subject_id"] = 1

    file = _with(tmp_path, "ClinSeek-Bench_text.json", strangers)
    with pytest.raises(SettingError, match="none of the 2 rows is of a patient of"):
        prepare_suite(SUITES[TEXT], file, store=store, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_nothing_of_it_is_told(store: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"no manifest lies there \(looked for mm_bench"):
        validate_suite(SUITES[MULTIMODAL], tmp_path)
    with pytest.raises(SettingError, match="there is no such folder"):
        validate_suite(SUITES[TEXT], tmp_path / "nowhere")
    with pytest.raises(StoreError):
        prepare_suite(SUITES[TEXT], EXAMPLES / TEXT, store=tmp_path, out=tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "rows.jsonl").write_text("")
    with pytest.raises(SettingError, match="is there already"):
        prepare_suite(SUITES[TEXT], EXAMPLES / TEXT, store=store, out=tmp_path / "out")
