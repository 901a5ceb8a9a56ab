"""The report of evaluations: complete, quiet, and safe whatever the runs hold."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path

import pytest

from clinseek.cli.main import USER_ERROR, run
from clinseek.evals.comparison import compare_runs
from clinseek.evals.report.evaluation_page import evaluation_page
from clinseek.evals.report.pairing import pairs_of
from clinseek.evals.report.reported_run import ReportedRun, reported_run
from clinseek.evals.report.saved_scores import saved_scores
from clinseek.evals.scorers.run_source import run_source
from tests.evals.report.test_run_page import Page
from tests.evals.scorers.made import a_record, a_row, a_run_folder, an_entry

LABS = """\
labs

row  label             valuenum
---  ----------------  --------
7    <b>Potassium</b>  5.9"""
ROWS = [
    a_row(
        "yes",
        qid=f"q{n}",
        subject_id=10 + n,
        task=f"t{n % 2}",
        group="icu" if n < 4 else "ward",
        question="Is it <script>alert(1)</script>?",
        answer_form="yes_no",
    )
    for n in range(8)
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("runs")
    seeks = [
        a_record(
            ["yes"], qid=f"q{n}", citations=[["E1#7"]], evidence=[an_entry(1, LABS, row_ids=[7])]
        )
        for n in range(8)
    ]
    packaged = [
        a_record(["yes" if n < 2 else "no"], qid=f"q{n}", setting="curated") for n in range(7)
    ]
    return (
        a_run_folder(place / "auto", ROWS, seeks, model="vllm:m"),
        a_run_folder(place / "curated", ROWS, packaged, model="vllm:m", setting="curated"),
    )


@pytest.fixture(scope="module")
def reported(folders: tuple[Path, Path]) -> list[ReportedRun]:
    names = ("m, automated", "m, curated")
    return [
        reported_run(folder, run_source(folder), label=label)
        for folder, label in zip(folders, names, strict=True)
    ]


@pytest.fixture(scope="module")
def html(reported: list[ReportedRun]) -> str:
    pairs, not_compared = pairs_of(reported)
    return evaluation_page(reported, pairs, not_compared=not_compared)


def test_automated_is_held_against_curated_of_the_same_model(reported: list[ReportedRun]) -> None:
    (pair,), not_compared = pairs_of(reported)
    assert not not_compared
    assert (pair.a.setting, pair.b.setting, pair.kind) == ("curated", "automated", "evidence")
    assert pair.compared.overall.test.difference == pytest.approx(5 / 7)


def test_its_numbers_are_those_of_compare(reported: list[ReportedRun]) -> None:
    (pair,), _ = pairs_of(reported)
    alone = compare_runs(pair.a.scored, pair.b.scored, scorer=pair.a.leading)
    assert pair.compared.overall == alone.overall


def test_the_report_tells_every_part(html: str) -> None:
    text = Page(html).text
    for said in (
        "Summary",
        "1 of 1 model gains",
        "By group",
        "Use of tools",
        "Cost against score",
        "5 gained, 0 lost",
        "Left out: 1 no record in A (q7).",
        "Research only: clinseek is not a medical device",
        "ehr.get_latest_records",
    ):
        assert said in text


def test_a_flipped_case_shows_both_answers_and_the_cited_row(html: str) -> None:
    text = Page(html).text
    assert "A: m, curated" in text
    assert "B: m, automated" in text
    assert "Cited rows of E1" in text
    assert "<b>Potassium</b>" in text


def test_what_runs_hold_stays_text(html: str) -> None:
    page = Page(html)
    assert {"script", "b", "img"}.isdisjoint(page.tags)
    assert "<script>alert(1)</script>" in page.text


def test_the_report_may_load_nothing_and_its_style_is_allowed_by_its_hash(html: str) -> None:
    policy = Page(html).policy
    sheet = re.search(r"<style>(.*)</style>", html, re.DOTALL)
    assert sheet
    digest = base64.b64encode(hashlib.sha256(sheet[1].encode()).digest()).decode()
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert not re.search(r"https?://|url\(|@import| style=", html)


def test_every_link_leads_to_a_place_on_the_page(html: str) -> None:
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_without_cases_the_report_holds_no_row_of_a_patient(reported: list[ReportedRun]) -> None:
    pairs, _ = pairs_of(reported)
    text = Page(evaluation_page(reported, pairs, cases=0)).text
    assert "Potassium" not in text
    assert "It holds no row of a patient." in text


def test_saved_scores_are_taken_until_the_records_are_newer(
    folders: tuple[Path, Path], tmp_path: Path
) -> None:
    records = [a_record(["yes"], qid=f"q{n}") for n in range(8)]
    folder = a_run_folder(tmp_path / "again", ROWS, records)
    assert saved_scores(run_source(folder), "default") is None
    assert run(["score", str(folder)]) == 0
    held = saved_scores(run_source(folder), "default")
    assert held is not None
    assert len(held) == 8
    later = (folder / "scores" / "default.jsonl").stat().st_mtime + 10
    os.utime(folder / "records.jsonl", (later, later))
    assert saved_scores(run_source(folder), "default") is None


def test_the_command_writes_a_file_that_is_its_owners_alone(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "deep" / "report.html"
    assert run(["report", *map(str, folders), "--out", str(out)]) == 0
    assert "2 evaluations, 1 pair, " in capsys.readouterr().out
    assert out.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in out.parent.iterdir()] == ["report.html"]
    assert run(["report", str(folders[0]), "--out", str(out)]) == 0
    assert "1 evaluation, 0 pairs, " in capsys.readouterr().out


def test_the_verdict_names_who_is_better_whichever_stands_in_the_place_of_b(
    tmp_path: Path,
) -> None:
    right = [a_record(["yes"], qid=row.qid) for row in ROWS]
    wrong = [a_record(["no"], qid=row.qid, setting="curated") for row in ROWS]
    made = [
        a_run_folder(tmp_path / "a", ROWS, right, model="vllm:m"),
        a_run_folder(tmp_path / "b", ROWS, wrong, model="vllm:m", setting="curated"),
    ]
    runs = [reported_run(f, run_source(f), label=f"system {f.name}") for f in made]
    text = Page(evaluation_page(runs, pairs_of(runs)[0])).text
    assert "system a is better than system b: +100.0 points" in text
    assert "A is system b (b), B is system a (a)" in text


def test_what_cannot_be_reported_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = a_run_folder(tmp_path / "empty", ROWS, [])
    (empty / "records.jsonl").touch()
    for arguments, said in (
        (["report", str(tmp_path / "nowhere")], "no run folder"),
        (["report", str(empty)], "holds no records"),
        (["report", str(empty), "--scorer", "f9"], "there is no scorer 'f9'"),
    ):
        assert run(arguments) == USER_ERROR
        assert said in capsys.readouterr().err
