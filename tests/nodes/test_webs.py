"""What a run's context and the environment say of its web."""

import asyncio
import gc
import os
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.graphs.state import Context
from clinseek.nodes.load import _meet_web
from clinseek.nodes.webs import WebChoice, Webs, settled, web_choice


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


class _SlowWebs(Webs):
    """A web that turns out not to be there once `may_end` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_end = threading.Event(), threading.Event()

    def check(self, choice: WebChoice) -> None:
        self.begun.set()
        self.may_end.wait(60)
        raise SettingError(f"there is no {choice.backend}")


def test_of_a_run_that_is_stopped_while_its_web_is_looked_for_nothing_is_told_afterwards() -> None:
    told: list[dict[str, Any]] = []

    async def stopped() -> None:
        webs, loop = _SlowWebs(), asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, what: told.append(what))
        bench: Any = SimpleNamespace(means=SimpleNamespace(webs=webs))
        runtime: Any = SimpleNamespace(stream_writer=lambda _: None)
        run = asyncio.create_task(_meet_web(bench, Context(web="live"), runtime))
        await asyncio.to_thread(webs.begun.wait, 60)
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
        webs.may_end.set()
        await loop.shutdown_default_executor()
        for _ in range(5):
            await asyncio.sleep(0)
        gc.collect()

    asyncio.run(stopped())

    assert told == []
