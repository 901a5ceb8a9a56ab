"""The published tables: their values, the cells of ours beside them, and what they will cost."""

from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.paper import (
    GROUPS,
    PaperTable,
    costs_of,
    paper_cells,
    paper_runs,
    published_cells,
    rows_of_table,
    table_page,
)
from clinseek.evals.rows import Row
from clinseek.evals.scorers import RowScore

CUTOFF = "2150-03-05 08:00:00"


def _score(subject_id: int, task_type: str, value: float, *, task: str = "t") -> RowScore:
    return RowScore(
        qid=f"{task_type}-{task}-{subject_id}", epoch=1, subject_id=subject_id, task=task,
        task_type=task_type, group=None, scorer="published", rule="published", value=value,
        state="scored", explanation="", parts={}, answered=True, confidence=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "model", "setting", "group", "f1"),
    [
        ("text", "Claude Opus 4.6", "automated", "Risk Prediction", 90.7),
        ("text", "EHR-R1-72B", "curated", "Overall", 53.9),
        ("multimodal", "Claude Opus 4.6", "automated", "overall", 62.6),
        ("agentehr", "Claude Opus 4.6", "automated", "average", 36.0),
    ],
)
def test_published_values_are_those_of_the_paper(
    table: PaperTable, model: str, setting: str, group: str, f1: float
) -> None:
    cells = published_cells(table)
    found = {(cell.model, str(cell.setting), cell.group): cell.f1 for cell in cells}
    assert found[model, setting, group] == f1
    assert {cell.group for cell in cells} == set(GROUPS[table])


def test_a_model_that_was_run_in_one_setting_has_no_cell_in_the_other() -> None:
    of_ehr_r1 = [cell for cell in published_cells("text") if cell.model == "EHR-R1-72B"]
    assert {cell.setting for cell in of_ehr_r1} == {"curated"}
    assert {cell.radius for cell in of_ehr_r1} == {None}


def test_cells_part_the_rows_by_the_groups_of_the_table() -> None:
    scores = [_score(1, "risk_prediction", 1.0), _score(2, "decision_making", 0.5)]
    risk, decision, overall = paper_cells(
        "text", scores, model="m", setting="automated", profile="available"
    )
    assert [cell.ours.value for cell in (risk, decision, overall) if cell.ours] == [1.0, 0.5, 0.75]


def test_the_average_of_agentehr_leaves_prescriptions_out_as_the_paper_does() -> None:
    scores = [
        _score(1, "agentehr", 1.0, task="labevents"),
        _score(2, "agentehr", 0.0, task="prescriptions"),
    ]
    cells = paper_cells("agentehr", scores, model="m", setting="automated", profile="available")
    average = cells[-1]
    assert average.ours is not None
    assert (average.group, average.ours.value, average.ours.n) == ("average", 1.0, 1)


def test_a_total_over_some_groups_alone_says_so_wherever_it_is_told() -> None:
    some = paper_cells(
        "agentehr", [_score(1, "agentehr", 1.0, task="labevents")],
        model="m", setting="automated", profile="available",
    )  # fmt: skip
    assert some[-1].as_json()["remark"] == "of 1 of 5 tasks"
    assert "| 100.0 (n 1; of 1 of 5 tasks) |" in table_page("agentehr", some, rows_file="r")
    every = paper_cells(
        "text", [_score(1, "risk_prediction", 1.0), _score(2, "decision_making", 0.0)],
        model="m", setting="automated", profile="available",
    )  # fmt: skip
    assert {cell.remark for cell in every} == {None}


def _row(task_type: str, task: str = "t") -> Row:
    return Row(
        qid=f"{task_type}-{task}", subject_id=1, cutoff=CUTOFF, task=task, task_type=task_type,
        question="?",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "rows", "said"),
    [
        ("multimodal", [_row("risk_prediction")], r"1 of 1 rows are of no .* paper text\?"),
        ("agentehr", [_row("decision_making", "labevents")], r"1 of 1 .* bench paper text\?"),
        ("text", [_row("agentehr", "labevents")], r"did you mean clinseek bench paper agentehr\?"),
        ("text", [_row("risk_prediction"), _row("phenotype")], r"1 of 2 .* paper multimodal\?"),
        (
            "text",
            [_row("lookup")],
            r"lookup-t, task t, .* groups are Risk Prediction, Decision Making",
        ),
        ("agentehr", [_row("agentehr", "prescriptions")], "which the paper leaves out"),
        ("text", [], "no row is of table text: there are none"),
    ],
)
def test_rows_of_another_suite_fill_no_table(table: PaperTable, rows: list[Row], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        rows_of_table(table, rows)


def test_the_task_that_the_paper_leaves_out_is_parted_from_the_others() -> None:
    rows = [_row("agentehr", "labevents"), _row("agentehr", "prescriptions")]
    assert rows_of_table("agentehr", rows) == (rows[:1], rows[1:])


def test_rows_of_one_patient_widen_our_interval_and_not_the_published_radius() -> None:
    values = [0.0, 1.0] * 20
    apart = [_score(number, "risk_prediction", value) for number, value in enumerate(values, 1)]
    shared = [
        _score(1 + (number > 20), "risk_prediction", float(number > 20)) for number in range(1, 41)
    ]
    one, other = (
        paper_cells("text", scores, model="m", setting="curated", profile="available")[0]
        for scores in (apart, [s.model_copy(update={"qid": str(n)}) for n, s in enumerate(shared)])
    )
    assert one.as_json()["published_radius"] == pytest.approx(other.as_json()["published_radius"])
    assert other.as_json()["high"] - other.as_json()["low"] > 2 * (
        one.as_json()["high"] - one.as_json()["low"]
    )


def test_the_page_tells_what_the_published_rule_gives_away_and_marks_published_values() -> None:
    held = {("automated", "available"): 0.5, ("automated", "reference"): 0.9,
            ("curated", "available"): 0.4}  # fmt: skip
    cells = [
        cell
        for (setting, profile), value in held.items()
        for cell in paper_cells(
            "text",
            [_score(number, "risk_prediction", value) for number in (1, 2)],
            model="mine",
            setting=setting,  # type: ignore[arg-type]
            profile=profile,  # type: ignore[arg-type]
        )
    ]
    page = table_page("text", cells, rows_file="rows.jsonl")
    assert "| mine | Risk Prediction | +50.0 | +10.0 |" in page
    assert "| Claude Opus 4.6 (published) | automated | 90.7 [±2.13] |" in page
    assert "| mine | curated | available | 40.0 (n 2) [±0.00] | - |" in page


def test_a_package_is_asked_once_and_models_without_tools_never_seek(tmp_path: Path) -> None:
    runs = paper_runs(
        ["a"], curated_only=["b"], settings=("automated", "curated"),
        profiles=("available", "reference"), out=tmp_path,
    )  # fmt: skip
    assert [(run.model, run.setting, run.profile) for run in runs] == [
        ("a", "automated", "available"),
        ("a", "automated", "reference"),
        ("a", "curated", "available"),
        ("b", "curated", "available"),
    ]
    assert len({run.folder for run in runs}) == len(runs)


def test_a_price_that_is_not_known_is_not_told_as_nothing(tmp_path: Path) -> None:
    rows = [Row(qid="q", subject_id=1, cutoff=CUTOFF, task="t", question="?" * 3500)]
    runs = paper_runs(
        ["offline", "openai:strange"], curated_only=[], settings=("curated",),
        profiles=("available",), out=tmp_path,
    )  # fmt: skip
    free, unknown = costs_of(runs, rows, epochs=2)
    assert (free.dollars, unknown.dollars) == (0.0, None)
    assert (free.runs, free.measured, free.input_tokens) == (2, 0, 8000)
