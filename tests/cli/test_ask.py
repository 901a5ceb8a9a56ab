"""`ask`, `resume` and `threads`: the steps, the answer and its evidence, and going on."""

import json
import re
import shlex
import stat
from pathlib import Path

import pytest

from clinseek import ask, run_page
from clinseek.cli.answer import answer_lines
from clinseek.cli.steps import step_line
from clinseek.nodes.steps import Step
from tests.cli.conftest import CUTOFF, SUBJECT, CommandLine

QUESTION = "What was the latest potassium?"


@pytest.fixture
def at(store: Path) -> tuple[object, ...]:
    """The options of a question about the patient with three potassium values."""
    return ("--store", store, "--subject", SUBJECT, "--at", CUTOFF)


def test_a_warning_is_shown_whole_however_narrow_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    said = "rows will be sent elsewhere; " + "if you may, name it: --allow-host models.lab"

    assert step_line(Step(kind="warning", said=said)) == f"warning: {said}"
    assert len(step_line(Step(kind="case", said=said))) <= 40


def test_the_answer_comes_with_the_row_it_stands_on(
    clinseek: CommandLine, at: tuple[object, ...]
) -> None:
    ran = clinseek("ask", *at, QUESTION)
    assert ran.code == 0
    assert ran.out.splitlines()[1].startswith("5.9 mEq/L  [E")
    assert "2150-03-05 06:00:00" in ran.out
    assert "answered (finish)" in ran.out


def test_the_steps_run_by_on_stderr(clinseek: CommandLine, at: tuple[object, ...]) -> None:
    ran = clinseek("ask", *at, QUESTION)
    assert "turn 1" in ran.err
    assert "E1   ehr." in ran.err
    assert "turn 1" not in ran.out


def test_json_is_one_object_with_all_that_was_promised(
    clinseek: CommandLine, at: tuple[object, ...]
) -> None:
    told = json.loads(clinseek("ask", *at, "--json", "--thread", "potassium", QUESTION).out)
    assert set(told) == {
        "answer",
        "citations",
        "salvaged",
        "evidence",
        "status",
        "stop_reason",
        "repairs",
        "usage",
        "timings",
        "errors",
        "attached",
        "thread",
    }
    assert told["answer"] == ["5.9 mEq/L"]
    assert told["thread"] == "potassium"
    (cited,) = told["citations"][0]
    evidence, row = cited.split("#")
    (entry,) = [entry for entry in told["evidence"] if entry["id"] == evidence]
    assert int(row) in entry["row_ids"]


def test_candidates_bound_the_answer(clinseek: CommandLine, at: tuple[object, ...]) -> None:
    question = "Was the latest potassium above 5.5 mEq/L?"
    told = json.loads(clinseek("ask", *at, "--json", "-c", "yes,no", question).out)
    assert told["answer"] == ["yes"]


def test_html_writes_the_run_as_a_page(
    clinseek: CommandLine, at: tuple[object, ...], tmp_path: Path
) -> None:
    page = tmp_path / "run.html"
    ran = clinseek("ask", *at, "--html", page, QUESTION)
    assert f"page: {page}" in ran.err
    assert "5.9 mEq/L" in page.read_text()


def test_a_page_that_everyone_could_read_is_its_owners_alone_once_written_again(
    clinseek: CommandLine, at: tuple[object, ...], tmp_path: Path
) -> None:
    page, link = tmp_path / "run.html", tmp_path / "link.html"
    page.write_text("before")
    page.chmod(0o644)
    link.symlink_to(page)
    before = page.stat().st_ino
    with page.open() as opened:  # whoever reads the page of before goes on reading that one
        assert clinseek("ask", *at, "--html", link, QUESTION).code == 0
        assert opened.read() == "before"
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert page.stat().st_ino != before
    assert link.is_symlink()
    assert "5.9 mEq/L" in page.read_text()


def test_resume_of_a_run_that_ended_gives_its_answer_again(
    clinseek: CommandLine, at: tuple[object, ...]
) -> None:
    first = json.loads(clinseek("ask", *at, "--json", "--thread", "once", QUESTION).out)
    again = json.loads(clinseek("resume", "once", "--json").out)
    assert again == first


def test_threads_lists_what_was_asked(clinseek: CommandLine, at: tuple[object, ...]) -> None:
    clinseek("ask", *at, "--thread", "listed", QUESTION)
    (kept,) = json.loads(clinseek("threads", "--json").out)["threads"]
    assert kept["thread"] == "listed"
    assert kept["question"] == QUESTION
    assert str(SUBJECT) in clinseek("threads").out


def test_without_a_run_threads_says_how_to_begin(clinseek: CommandLine) -> None:
    assert "clinseek ask" in clinseek("threads").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "gpt"), "openai:NAME"),
        (("--tools", "ehr.nothing"), "ehr.nothing"),
        (("--profile", "lax"), "available, strict, event"),
        (("--answer-form", "poem"), "poem"),
        (("--at", "2149-01-01"), "2149-01-01"),
        (("--subject", "7"), "subject_id 7 is not in"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_one_sentence(
    clinseek: CommandLine, at: tuple[object, ...], arguments: tuple[str, str], said: str
) -> None:
    ran = clinseek("ask", *at, *arguments, QUESTION)
    assert ran.code == 2
    assert ran.out == ""
    assert said in ran.err.splitlines()[-1]
    assert "Traceback" not in ran.err
    assert json.loads(clinseek("threads", "--json").out) == {"threads": []}


def test_a_model_that_cannot_be_reached_is_told_before_the_record_is_opened(
    clinseek: CommandLine, at: tuple[object, ...]
) -> None:
    ran = clinseek(
        "ask", *at, "--model", "openai:x@http://127.0.0.1:9/v1", "--thread", "f", QUESTION
    )
    assert (ran.code, ran.out) == (2, "")
    assert "127.0.0.1:9" in ran.err
    assert "start the server" in ran.err
    assert "rows" not in ran.err
    assert clinseek("resume", "f").code == 2


@pytest.mark.parametrize(
    ("ended", "said"),
    [("round_limit", "model turns"), ("token_limit", "tokens"), ("time_limit", "seconds")],
)
def test_an_abstention_by_a_spent_budget_says_so(ended: str, said: str) -> None:
    run = {"status": "abstained", "stop_reason": ended, "errors": [], "answer": [], "citations": []}
    (line,) = answer_lines(run)
    assert line == f"No answer: the budget of {said} ended before the agent knew enough."


def test_a_thread_that_does_not_exist_cannot_go_on(clinseek: CommandLine) -> None:
    ran = clinseek("resume", "never-begun")
    assert ran.code == 2
    assert "never-begun" in ran.err


def test_a_name_that_is_taken_is_refused(clinseek: CommandLine, at: tuple[object, ...]) -> None:
    clinseek("ask", *at, "--thread", "taken", QUESTION)
    ran = clinseek("ask", *at, "--thread", "taken", QUESTION)
    assert ran.code == 2
    assert "clinseek resume taken" in ran.err


def test_python_gives_the_same_record_and_page(
    clinseek: CommandLine, at: tuple[object, ...], store: Path, tmp_path: Path
) -> None:
    record = ask(QUESTION, store=store, subject_id=SUBJECT, cutoff=CUTOFF)
    told = json.loads(clinseek("ask", *at, "--json", QUESTION).out)
    assert (record.answer, record.citations) == (told["answer"], told["citations"])
    assert run_page(record) == run_page(record.as_json())


def test_what_the_readme_says_of_ones_own_record_is_typed_as_it_stands(
    clinseek: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    own = readme.split("## Your own data")[1].split("\n## ")[0]
    (synth,) = re.findall(r"`clinseek (synth [^`]*)`", own)
    (typed,) = re.findall(r"```bash\n(.*?)```", own, re.DOTALL)
    (example,) = re.findall(r"```python\n(.*?)```", own, re.DOTALL)
    lines = typed.replace("\\\n", "").splitlines()
    show, asked = (line for line in lines if not line.startswith("clinseek ingest"))

    clinseek(*shlex.split(synth))
    clinseek("ingest", "raw", "--out", "store")
    assert "labevents" in clinseek(*shlex.split(show, comments=True)[1:]).out
    assert "3.6 mEq/L" in clinseek(*shlex.split(asked)[1:]).out
    Path("run.html").chmod(0o644)
    exec(compile(example, "README.md", "exec"), {})

    assert stat.S_IMODE(Path("run.html").stat().st_mode) == 0o600
    assert "3.6 mEq/L" in Path("run.html").read_text(encoding="utf-8")
