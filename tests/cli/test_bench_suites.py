"""`clinseek bench validate` and `prepare` of the published suites."""

import json
from pathlib import Path

from clinseek.evals.rows import read_rows
from clinseek.toolkits.ehr.store import Store
from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_validate_tells_every_count_beside_the_published_one_and_exits_1(
    clinseek: CommandLine,
) -> None:
    ran = clinseek("bench", "validate", "clinseek-text", "--from", EXAMPLES / "clinseek-text")
    assert ran.code == 1
    assert "patients: 1 (published: 1,563)" in ran.out


def test_validate_of_what_was_published_exits_0(clinseek: CommandLine, tmp_path: Path) -> None:
    for file in (EXAMPLES / "agentehr").glob("*.json"):
        (tmp_path / file.name).write_text(json.dumps(json.loads(file.read_text()) * 500))
    ran = clinseek("bench", "validate", "agentehr", "--from", tmp_path, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["holds"] is True


def test_images_are_not_looked_for_in_a_manifest_alone(clinseek: CommandLine) -> None:
    asked = ("bench", "validate", "clinseek-multimodal", "--from", EXAMPLES / "clinseek-multimodal")
    assert "images and reports are missing" in clinseek(*asked).out
    assert "missing" not in clinseek(*asked, "--manifest-only").out


def test_a_mistyped_suite_is_told_with_the_nearest_name(clinseek: CommandLine) -> None:
    ran = clinseek("bench", "validate", "clinseek-txt", "--from", EXAMPLES)
    assert ran.code == 2
    assert "no published suite 'clinseek-txt'; did you mean clinseek-text?" in ran.err
    far = clinseek("bench", "validate", "nosuch", "--from", EXAMPLES)
    assert "no published suite 'nosuch'. There is: clinseek-text, " in far.err


def test_a_published_suite_is_prepared_from_a_folder(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    asked = ("bench", "prepare", "agentehr", "--store", store, "--out", tmp_path / "out")
    ran = clinseek(*asked)
    assert (ran.code, "name it with --from DIR" in ran.err) == (2, True)
    ran = clinseek(*asked, "--from", EXAMPLES / "agentehr")
    assert (ran.code, "none of the 6 rows is of a patient of" in ran.err) == (2, True)
    assert not (tmp_path / "out").exists()


def test_rows_in_the_clock_of_ehrxqa_are_told_from_those_of_strangers(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    lines = (EXAMPLES / "clinseek-multimodal" / "mm_bench.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    known = next(iter(Store.open(store).subjects()))
    moved = [row | {"subject_id": known, "prediction_time": "2101-01-01 00:00:00"} for row in rows]
    moved[-1]["prediction_time"] = "2199-01-01 00:00:00"
    (tmp_path / "mm_bench.jsonl").write_text("\n".join(json.dumps(row) for row in moved))
    asked = ("bench", "prepare", "clinseek-multimodal", "--store", store, "--from", tmp_path)
    ran = clinseek(*asked, "--out", tmp_path / "out")
    assert "rows (ehrxqa_test_1" in ran.out
    assert "bench rebuild multimodal --manifest keeps its rows" in ran.out


def test_a_faulty_release_is_prepared_with_its_faults_on_stderr_and_exit_1(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    held = json.loads((EXAMPLES / "clinseek-text" / "ClinSeek-Bench_text.json").read_text())
    good = held[0] | {"subject_id": SUBJECT, "prediction_time": CUTOFF}
    broken, unanswerable = good | {"label": None}, good | {"qid": "u", "candidates": ["no idea"]}
    asked = ("bench", "prepare", "clinseek-text", "--from", tmp_path, "--store", store)
    release = tmp_path / "ClinSeek-Bench_text.json"
    release.write_text(json.dumps([good, broken, unanswerable]))
    for shown in ((), ("--json",)):
        ran = clinseek(*asked, "--out", tmp_path / f"out{len(shown)}", *shown)
        assert ran.code == 1
        assert "fault: 1 rows cannot be read" in ran.err
        assert "fault: 1 rows have candidates without their own answer: u" in ran.err
        assert "fault: " not in ran.out
        assert len(read_rows(tmp_path / f"out{len(shown)}" / "rows.jsonl")) == 1
    release.write_text(json.dumps([good]))
    assert clinseek(*asked, "--out", tmp_path / "good").code == 0


def test_options_without_effect_are_refused(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    rows, out = tmp_path / "rows.jsonl", ("--out", tmp_path / "out")
    rows.write_text("")
    suite = ("validate", "agentehr", "--from", EXAMPLES / "agentehr")
    text = ("prepare", "clinseek-text", "--from", EXAMPLES / "clinseek-text", "--store", store)
    of_rows = "is of a published suite, and"
    for asked, said in (
        (("validate", rows, "--from", tmp_path), f"--from {of_rows}"),
        (("validate", rows, "--manifest-only"), f"--manifest-only {of_rows}"),
        ((*suite, "--store", store), "--store is of built rows, and agentehr is a published suite"),
        ((*suite, "--limit", 1), "--limit is of built rows"),
        ((*text, *out, "--images"), "--images has no effect on clinseek-text; leave it out"),
        ((*text, *out, "--patients", 3), "--patients has no effect"),
        ((*text, *out, "--seed", 0), "--seed has no effect"),
        (("prepare", "synthetic", *out, "--store", store), "--store has no effect on synthetic"),
        (("prepare", "openseek", *out, "--evidence", "case"), "--evidence has no effect"),
    ):
        ran = clinseek("bench", *asked)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), asked
        assert said in ran.err
    assert not (tmp_path / "out").exists()


def test_a_store_is_never_taken_by_chance(clinseek: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("")
    asked = ("prepare", "agentehr", "--from", EXAMPLES / "agentehr", "--out", tmp_path / "out")
    for each in (asked, ("validate", tmp_path / "rows.jsonl")):
        ran = clinseek("bench", *each)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
        assert "name the store that the rows ask about with --store STORE" in ran.err
