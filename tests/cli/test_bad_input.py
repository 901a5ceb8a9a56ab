"""Whatever a person mistypes: one clear sentence, exit code 2, no traceback, nothing lost."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.cli.conftest import CUTOFF, ROWS, SUBJECT, CommandLine, Ran

_PROGRESS = re.compile(r"^\w+: [\d,]+ rows, ")


def refused(ran: Ran, *said: str) -> None:
    """The run ended with 2 and one sentence on stderr that says all of `said`."""
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err
    (sentence,) = [line for line in ran.err.splitlines() if not _PROGRESS.search(line)]
    assert sentence.startswith("clinseek: ")
    for part in said:
        assert part in sentence


def at(store: Path, subject: object = SUBJECT, cutoff: str = CUTOFF) -> Sequence[object]:
    return ("--store", store, "--subject", subject, "--at", cutoff)


def test_search_by_meaning_without_its_model(
    clinseek: CommandLine, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_EMBEDDER", str(tmp_path / "no model here"))
    name = "get_candidates_by_semantic_similarity"
    ran = clinseek("tool", name, *at(store), "table_name=labevents", "query=potassium")
    refused(ran, f"ehr.{name} is absent here: ")


def test_a_folder_that_does_not_exist(clinseek: CommandLine, tmp_path: Path) -> None:
    ran = clinseek("ingest", tmp_path / "nowhere", "--out", tmp_path / "store")
    refused(ran, "nowhere")
    assert not (tmp_path / "store").exists()


def test_a_half_downloaded_file(clinseek: CommandLine, raw: Path, tmp_path: Path) -> None:
    plain = raw / "hosp" / "labevents.csv"
    whole = gzip.compress(plain.read_bytes())
    plain.with_suffix(".csv.gz").write_bytes(whole[: len(whole) // 2])
    plain.unlink()
    refused(clinseek("ingest", raw, "--out", tmp_path / "store"), "labevents.csv.gz")


def test_a_file_with_the_columns_of_another_table(
    clinseek: CommandLine, raw: Path, tmp_path: Path
) -> None:
    (raw / "hosp" / "labevents.csv").write_text("id,name\n1,x\n")
    refused(clinseek("ingest", raw, "--out", tmp_path / "store"), "labevents.csv", "subject_id")


def test_a_list_of_patients_that_is_none(clinseek: CommandLine, raw: Path, tmp_path: Path) -> None:
    listed = tmp_path / "subjects.txt"
    listed.write_text("Ada\n")
    out = tmp_path / "store"
    refused(clinseek("ingest", raw, "--out", out, "--subjects", listed), "subjects.txt")


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--vocabulary", "kode,title\n1,x\n", "has no column 'code'; its columns are"),
        ("--vocabulary", "code,title\n1\n", "line 2: 1 fields instead of 2"),
        ("--candidate-db", "no database" * 100, "cannot be read as a SQLite file"),
        ("--codes", "icd_9\n1\n", "has no column 'icd_10'"),
    ],
)
def test_a_code_list_that_cannot_be_read_is_refused_before_the_first_table(
    clinseek: CommandLine, raw: Path, tmp_path: Path, option: str, text: str, said: str
) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    file = lists / "icd_cm_9_to_10_gem.csv.gz"
    if option == "--codes":
        file.write_bytes(gzip.compress(text.encode()))
    else:
        file = lists / "bad.csv"
        file.write_text(text)
    given = {"--vocabulary": f"foo={file}", "--candidate-db": file, "--codes": lists}[option]
    out = tmp_path / "store"
    for options in (("--dry-run",), ()):
        refused(clinseek("ingest", raw, "--out", out, option, given, *options), str(file), said)
        assert not out.exists()


def test_two_ingests_into_one_store(clinseek: CommandLine, raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "store"
    holds_the_lock = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from clinseek.toolkits.ehr.store import folder\n"
        "with folder.claimed(Path(sys.argv[1])):\n"
        "    print('held', flush=True)\n"
        "    time.sleep(60)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", holds_the_lock, str(out)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        refused(clinseek("ingest", raw, "--out", out), str(out), str(other.pid))
    finally:
        other.kill()
        other.communicate()


def test_no_store(clinseek: CommandLine, tmp_path: Path) -> None:
    refused(clinseek("show", tmp_path / "store"), "no store", "clinseek ingest")


def test_a_store_of_a_newer_schema(clinseek: CommandLine, store: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    newer.mkdir()
    manifest = json.loads((store / "manifest.json").read_text())
    (newer / "manifest.json").write_text(json.dumps({**manifest, "schema_version": 99}))
    refused(clinseek("show", newer), "newer clinseek", "upgrade")


def no_database(_whole: bytes) -> bytes:
    return b"no database" * 100


def nothing(_whole: bytes) -> bytes:
    return b""


def half(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def a_broken_middle(whole: bytes) -> bytes:
    return whole[:4096] + b"\xff" * (len(whole) - 4096)


@pytest.mark.parametrize("damage", [no_database, half, a_broken_middle, nothing])
@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_candidates_by_keyword", ("keyword=potassium", "table_name=labevents")),
        ("run_sql_query", ("sql_query=SELECT count(*) FROM labevents_candidates",)),
        (None, ("Latest potassium?",)),
    ],
)
def test_a_damaged_vocabulary_is_named_with_what_mends_it(
    clinseek: CommandLine,
    raw: Path,
    tmp_path: Path,
    damage: Callable[[bytes], bytes],
    tool: str | None,
    arguments: tuple[str, ...],
) -> None:
    store = tmp_path / "store"
    clinseek("ingest", raw, "--out", store)
    asked = ("ask", *at(store)) if tool is None else ("tool", tool, *at(store))
    file = store / "vocabulary.sqlite"
    whole = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(damage(whole))
    ran = clinseek(*asked, *arguments)
    assert (ran.code, ran.out) == (2, "")
    told = ran.err.splitlines()[-1]  # of a run whose middle is found broken, after its first steps
    assert told.startswith(f"clinseek: {file} is damaged (")
    assert told.endswith("); remove it and ingest again")
    file.unlink()
    mended = clinseek("ingest", raw, "--out", store)
    assert mended.out.count("kept") == len(ROWS)  # no table is made again
    assert file.read_bytes() == whole
    assert clinseek(*asked, *arguments).code == 0


def test_a_patient_that_the_store_does_not_hold(clinseek: CommandLine, store: Path) -> None:
    ran = clinseek("tool", "get_table_names", *at(store, subject=7))
    refused(ran, "subject_id 7 is not in", str(SUBJECT))


@pytest.mark.parametrize(
    ("cutoff", "said"),
    [
        ("2149-01-01 00:00:00", "2149-01-01"),
        ("next Tuesday", "next Tuesday"),
        ("2150-03-05T08:00:00+01:00", "zone"),
        ("2150-03-05 08:00:00Z", "zone"),
        ("2150-02-30 08:00:00", "2150-02-30"),
    ],
)
def test_a_moment_that_cannot_be(
    clinseek: CommandLine, store: Path, cutoff: str, said: str
) -> None:
    refused(clinseek("tool", "get_table_names", *at(store, cutoff=cutoff)), said)


def test_a_profile_that_does_not_exist(clinseek: CommandLine, store: Path) -> None:
    ran = clinseek("tool", "get_table_names", *at(store), "--profile", "lax")
    refused(ran, "lax", "available, strict, event")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM labevents",
        "UPDATE labevents SET valuenum = 4",
        "ATTACH '/tmp/other.sqlite' AS other",
        "PRAGMA writable_schema = 1",
        "SELECT * FROM labevents; DROP TABLE labevents",
        "SELECT nothing FROM labevents",
    ],
)
def test_sql_that_does_more_than_read(clinseek: CommandLine, store: Path, sql: str) -> None:
    ran = clinseek("tool", "run_sql_query", *at(store), f"sql_query={sql}")
    refused(ran, "SELECT" if "nothing" not in sql else "nothing")


def test_sql_that_would_loop_for_ever_is_stopped(clinseek: CommandLine, store: Path) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT max(i) FROM n"
    refused(clinseek("tool", "run_sql_query", *at(store), f"sql_query={endless}"), "was stopped")


def test_sql_that_returns_ten_million_rows_shows_a_page_of_them(
    clinseek: CommandLine, store: Path
) -> None:
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000000) "
        "SELECT i FROM n"
    )
    ran = clinseek("tool", "run_sql_query", *at(store), f"sql_query={many}")
    assert ran.code == 0
    assert "rows 1-" in ran.out
    assert len(ran.out) <= 100_000


@pytest.mark.parametrize(
    "pair", ["subject_id=10000027", "timestamp=2150-03-06 08:00:00", "subject_id=Ada"]
)
def test_another_patient_or_a_later_moment(clinseek: CommandLine, store: Path, pair: str) -> None:
    refused(clinseek("tool", "load_ehr", *at(store), pair))


def test_a_table_that_does_not_exist(clinseek: CommandLine, store: Path) -> None:
    ran = clinseek("tool", "get_latest_records", *at(store), "table_name=lab")
    refused(ran, "labevents")


def test_a_tool_that_does_not_exist(clinseek: CommandLine, store: Path) -> None:
    ran = clinseek("tool", "get_latest_record", *at(store), "table_name=labevents")
    refused(ran, "did you mean ehr.get_latest_records?")


def test_a_moment_without_a_patient(clinseek: CommandLine, store: Path) -> None:
    refused(clinseek("show", store, "--at", CUTOFF), "--subject")


def test_a_page_into_a_folder_that_does_not_exist_is_refused_before_the_run(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    page = tmp_path / "nowhere" / "run.html"
    refused(clinseek("ask", *at(store), "--html", page, "Latest potassium?"), "there is no folder")


def test_a_page_in_the_place_of_a_pipe_or_a_folder_is_refused_before_the_run(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place, kind in ((pipe, "a pipe"), (tmp_path, "a folder")):
        ran = clinseek("ask", *at(store), "--html", place, "Latest potassium?")
        refused(ran, f"{place}: this is {kind}")
    assert pipe.is_fifo()
    assert clinseek("threads").out.startswith("No runs yet")


def test_a_missing_option_is_named(clinseek: CommandLine) -> None:
    refused(clinseek("ask", "Latest potassium?"), "--store", "see clinseek ask --help")


def test_a_word_that_is_no_number(clinseek: CommandLine, store: Path) -> None:
    refused(clinseek("show", store, "--subject", "Ada"), "'Ada' is no subject_id")


def test_a_command_that_does_not_exist(clinseek: CommandLine) -> None:
    refused(clinseek("aks"), "aks", "see clinseek --help")
    refused(clinseek("bench", "validate", "x", "--nope"), "see clinseek bench validate --help")


def test_a_fault_of_ours_is_one_sentence_and_says_how_to_see_more(
    clinseek: CommandLine, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(store, broken)
    (broken / "subjects.parquet").write_bytes(b"no parquet")
    ran = clinseek("show", broken)
    assert ran.code == 70
    assert "Traceback" not in ran.err
    assert "CLINSEEK_TRACEBACK=1" in ran.err
    monkeypatch.setenv("CLINSEEK_TRACEBACK", "1")
    assert "Traceback" in clinseek("show", broken).err
