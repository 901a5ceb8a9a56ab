"""What a run's context and the environment say of its web."""

import os
from pathlib import Path

import pytest

from clinseek.errors import SettingError
from clinseek.graphs.state import Context
from clinseek.nodes.webs import settled, web_choice


def test_a_run_that_chooses_nothing_searches_offline_and_keeps_what_it_saw() -> None:
    choice = web_choice(Context(), {})

    assert (choice.mode, choice.backend, choice.archive, choice.guard) == (
        *("record", "offline", None),
        "balanced",
    )
    assert choice.is_default


def test_the_environment_fills_in_what_a_run_leaves_open() -> None:
    said = {
        "CLINSEEK_WEB": "live",
        "CLINSEEK_WEB_CORPUS": os.pathsep.join(["/a", "/b.jsonl"]),
        "CLINSEEK_WEB_ARCHIVE": "/c.sqlite",
        "CLINSEEK_WEB_DENY": "benchmarks",
        "CLINSEEK_WEB_GUARD": "strict",
    }

    choice = web_choice(Context(web="record", web_deny=""), said)

    assert (choice.mode, choice.deny, choice.guard) == ("record", "", "strict")
    assert (choice.corpora, choice.archive) == (("/a", "/b.jsonl"), "/c.sqlite")


def test_corpora_of_the_environment_are_left_aside_by_a_run_with_another_backend() -> None:
    said = {"CLINSEEK_WEB_CORPUS": "/a"}

    assert web_choice(Context(web_backend="serper"), said).corpora == ()


def test_a_settled_context_says_the_same_wherever_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_WEB_ARCHIVE", "kept.sqlite")
    monkeypatch.chdir(tmp_path)

    context = settled(Context(web_corpora=["pages"], web_deny="closed.txt"))

    assert context.web_archive == str(tmp_path / "kept.sqlite")
    assert context.web_corpora == [str(tmp_path / "pages")]
    assert web_choice(context, {}) == web_choice(context, {"CLINSEEK_WEB": "off"})


@pytest.mark.parametrize("name", ["CLINSEEK_WEB", "CLINSEEK_WEB_GUARD"])
def test_a_value_that_cannot_be_is_told_by_the_name_of_its_variable(name: str) -> None:
    with pytest.raises(SettingError, match=f"{name}=x: it must be one of"):
        web_choice(Context(), {name: "x"})
