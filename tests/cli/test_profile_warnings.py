"""A profile that shows what was not known says so on every screen, and never to the model."""

import json
from pathlib import Path

import pytest

from clinseek import ask as ask_in_python
from clinseek.toolkits.ehr.availability import rules_hash, warning_of
from tests.cli.conftest import SUBJECT, CommandLine

QUESTION = "What was the latest potassium?"
BEFORE_THE_RESULT = "2150-03-05 07:00:00"
"""The potassium of 06:00 was stored at 07:30."""


@pytest.fixture
def at(store: Path) -> tuple[object, ...]:
    return ("--store", store, "--subject", SUBJECT, "--at", BEFORE_THE_RESULT)


def said(profile: str) -> str:
    warning = warning_of(profile)
    assert warning is not None
    return warning


@pytest.mark.parametrize("profile", ["reference", "event"])
def test_ask_warns_on_stderr_in_json_and_on_the_page(
    clinseek: CommandLine, at: tuple[object, ...], tmp_path: Path, profile: str
) -> None:
    page = tmp_path / "run.html"
    ran = clinseek("ask", *at, "--profile", profile, "--html", page, "--json", QUESTION)
    told = json.loads(ran.out)
    assert told["answer"] == ["5.9 mEq/L"]
    assert told["warning"] == said(profile)
    assert ran.err.count(f"warning: {said(profile)}") == 1
    assert said(profile) in page.read_text()


@pytest.mark.parametrize("profile", ["available", "strict"])
def test_what_was_known_is_shown_without_a_warning(
    clinseek: CommandLine, at: tuple[object, ...], tmp_path: Path, profile: str
) -> None:
    page = tmp_path / "run.html"
    ran = clinseek("ask", *at, "--profile", profile, "--html", page, "--json", QUESTION)
    told = json.loads(ran.out)
    assert told["answer"] == ["4.4 mEq/L"]
    assert "warning" not in told
    assert "warning" not in ran.err
    assert "Warning" not in page.read_text()


def test_resume_warns_again_and_threads_say_it_of_their_line(
    clinseek: CommandLine, at: tuple[object, ...]
) -> None:
    clinseek("ask", *at, "--profile", "reference", "--thread", "leaky", QUESTION)
    clinseek("ask", *at, "--thread", "clean", QUESTION)
    ran = clinseek("resume", "leaky", "--json")
    assert f"warning: {said('reference')}" in ran.err
    assert json.loads(ran.out)["warning"] == said("reference")
    listed = {
        line["thread"]: line for line in json.loads(clinseek("threads", "--json").out)["threads"]
    }
    assert listed["leaky"]["profile"] == "reference"
    assert listed["leaky"]["warning"] == said("reference")
    assert listed["clean"]["profile"] == "available"
    assert "warning" not in listed["clean"]
    ran = clinseek("threads")
    (line,) = [line for line in ran.out.splitlines() if "leaky" in line]
    assert "reference" in line
    assert ran.err == f"warning: {said('reference')}\n"


def test_tool_warns_beside_what_it_shows(clinseek: CommandLine, at: tuple[object, ...]) -> None:
    asked = ("tool", "get_latest_records", *at, "table_name=admissions", "--profile", "reference")
    ran = clinseek(*asked)
    assert "2150-03-07 12:00:00" in ran.out
    assert ran.err == f"warning: {said('reference')}\n"
    told = json.loads(clinseek(*asked, "--json").out)
    assert (told["profile"], told["warning"]) == ("reference", said("reference"))


def test_show_warns_beside_what_it_counts(clinseek: CommandLine, store: Path) -> None:
    asked = ("show", store, "-n", SUBJECT, "-t", BEFORE_THE_RESULT, "--profile", "reference")
    ran = clinseek(*asked)
    assert "rows are shown at" in ran.out
    assert "charttime, strictly before the cutoff" in ran.out
    assert ran.err == f"warning: {said('reference')}\n"
    told = json.loads(clinseek(*asked, "--json").out)
    assert told["warning"] == said("reference")
    assert not any(table["cells"] for table in told["tables"])


def test_availability_tells_the_published_rule(clinseek: CommandLine, tmp_path: Path) -> None:
    ran = clinseek("availability", "--profile", "reference")
    assert "| hosp.labevents | charttime, strictly before the cutoff |" in ran.out
    assert "| ed.triage | always: no column to cut by |" in ran.out
    assert said("reference") in ran.out
    assert rules_hash("reference") in ran.out
    assert "# What was known when" in clinseek("availability", "--profile", "strict").out


def test_the_record_is_stamped_and_the_model_is_not_warned(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path))
    record = ask_in_python(
        QUESTION,
        store=store,
        subject_id=SUBJECT,
        cutoff=BEFORE_THE_RESULT,
        profile="reference",
    )
    assert record.versions["profile"] == "reference"
    assert record.versions["rules"] == rules_hash("reference")
    heard = json.dumps(record.messages)
    assert "warning" not in heard
    assert "published" not in heard
