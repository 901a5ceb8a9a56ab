"""Questions over a synthetic cohort: right by two readings, and the same for the same seed."""

import json
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clinseek.cli.main import app
from clinseek.errors import SettingError
from clinseek.evals.benchmarks.openseek import openseek_rows, prepare_openseek
from clinseek.evals.benchmarks.openseek.card import card_of, rows_hash
from clinseek.evals.benchmarks.openseek.raw_check import disagreements as refused_by_raw
from clinseek.evals.benchmarks.openseek.raw_keys import KEYS
from clinseek.evals.rows import Row, read_rows
from clinseek.toolkits.ehr.case import label_clock, open_case
from clinseek.toolkits.ehr.store import Store
from tests.evals.benchmarks.openseek.comparing import disagreements
from tests.evals.benchmarks.openseek.pandas_reading import RawFolder


@pytest.fixture(scope="module")
def reading(raw: Path) -> RawFolder:
    return RawFolder([raw])


def _earlier(row: Row, **by: int) -> Row:
    cutoff = datetime.fromisoformat(row.bound[1]) - timedelta(**by)
    return row.model_copy(update={"cutoff": str(cutoff)})


def test_all_eight_families_are_asked(rows: list[Row]) -> None:
    assert len({row.task_type for row in rows}) == 8
    assert len({row.task for row in rows}) >= 50
    assert len({row.qid for row in rows}) == len(rows)


def test_the_second_reading_gives_the_same_answer_to_every_question(
    rows: list[Row], reading: RawFolder
) -> None:
    assert disagreements(rows, reading) == []


def test_the_second_reading_notices_a_wrong_label(rows: list[Row], reading: RawFolder) -> None:
    number = next(row for row in rows if isinstance(row.label, float))
    wrong = number.model_copy(update={"label": number.label + 1})  # type: ignore[operator]
    told = next(row for row in rows if row.label not in ([], None))
    denied = told.model_copy(update={"label": []})
    assert [said.split(" ")[0] for said in disagreements([wrong, denied], reading)] == [
        wrong.qid,
        denied.qid,
    ]


def test_answers_stand_on_rows_that_are_known_at_the_cutoff(rows: list[Row], store: Store) -> None:
    answered = [row for row in rows if row.label != []]
    assert all(row.gold_rows for row in answered)
    for row in answered[::6]:
        with label_clock(store, row.bound[0]) as clock:
            for gold in row.gold_rows or ():
                assert set(gold.key) <= set(KEYS[gold.table])
                assert clock.visible(cutoff=row.bound[1], table=gold.table, where=gold.key)


def test_nothing_of_an_answer_to_come_is_in_the_item(rows: list[Row]) -> None:
    waiting = [row for row in rows if row.task_type == "not_yet_known"]
    assert waiting
    for row in waiting:
        assert (row.label, row.gold_rows) == ([], None)
        assert row.metadata["known_at"] > row.bound[1]
        assert row.metadata["future_answer"] is not None
        assert row.metadata["future_rows"]
        assert "future" not in json.dumps(row.content)


def test_a_label_is_the_value_that_a_case_shows(rows: list[Row], store: Store) -> None:
    drawn = [row for row in rows if row.task == "lab_at_draw"]
    assert drawn
    for row in drawn:
        with closing(open_case(store, row.bound[0], cutoff=row.bound[1])) as case:
            found = case.select(
                "SELECT DISTINCT valuenum, valueuom FROM labevents JOIN d_labitems USING (itemid) "
                "WHERE label = ? AND fluid = 'Blood' AND charttime = ?",
                [row.metadata["parameters"]["label"], row.metadata["parameters"]["drawn"]],
            )
        assert found.rows == [(row.label, row.unit)]


def test_the_raw_files_refuse_what_was_not_known_or_known_already(
    rows: list[Row], raw: Path
) -> None:
    assert refused_by_raw(rows, [raw]) == []
    told = next(row for row in rows if row.task == "latest_lab")
    later = next(row for row in rows if row.task == "not_yet_discharged")
    after = later.model_copy(update={"cutoff": later.metadata["known_at"]})
    found = refused_by_raw([_earlier(told, days=36_500), after], [raw])
    assert len(found) == 2
    assert "is not known at" in found[0]
    assert "is known at" in found[1]


def test_the_same_seed_draws_the_same_rows(store: Store) -> None:
    one, again, other = (
        openseek_rows(store, per_template=1, seed=seed, rounds=1) for seed in (1, 1, 2)
    )
    assert one == again
    assert rows_hash(one) != rows_hash(other)


def test_the_card_tells_what_answering_without_a_look_wins(rows: list[Row], store: Store) -> None:
    card = card_of(rows, store=store, seed=3, per_template=2)
    assert card["rows"] == len(rows) == sum(of["rows"] for of in card["families"].values())
    assert card["abstention"] <= card["majority"] < 1
    assert sum(card["cutoffs_in_stay"].values()) == pytest.approx(1, abs=0.001)


def test_preparing_writes_rows_and_card_and_nothing_twice(
    store: Store, raw: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bench"
    told = CliRunner().invoke(
        app,
        [
            "bench", "prepare", "openseek", "--store", str(store.path), "--from", str(raw),
            "--per-task", "1", "--seed", "4", "--out", str(out),
        ],
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    written = read_rows(out / "openseek-qa.jsonl")
    assert f"known when they should be: {len(written)} rows" in told.output
    card = json.loads((out / "card.json").read_text())
    assert card["hash"] == rows_hash(written)
    assert {row.metadata["source"] for row in written} == {"other"}
    assert not (out / "ATTRIBUTION.md").exists()
    with pytest.raises(SettingError, match="is there already"):
        prepare_openseek(store.path, out)
