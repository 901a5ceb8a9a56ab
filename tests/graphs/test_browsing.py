"""The browser in a run: cursors, evidence, guards, replays, budgets, and a person who looks."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from clinseek import api
from clinseek.errors import SettingError
from clinseek.graphs.seek import build_graph
from clinseek.graphs.state import Context
from clinseek.nodes import load
from clinseek.nodes.steps import Step
from clinseek.records import EvidenceEntry, Record
from clinseek.toolkits.browser.actions import lines_of
from clinseek.toolkits.browser.archive import Archive
from clinseek.toolkits.browser.backends import build
from clinseek.toolkits.browser.reader import page_shown
from clinseek.toolkits.observation import WebSource
from tests.graphs.conftest import Ask
from tests.graphs.doubles import CUTOFF, LATEST_LABS, SUBJECT, Ward, calling, finishing, scripted

ROOT = Path(__file__).parents[2]
POTASSIUM = "corpus://demo/potassium.md"
SEARCH = ("browser.search", {"query": "serum potassium reading a result", "topn": 3})
OPEN = ("browser.open", {"id": POTASSIUM})
MILD = "3.0 to 3.4 | mild hypokalaemia"


def _line(messages: Any, words: str) -> int:
    """The line of the page shown last that has these words."""
    shown = next(m.text for m in reversed(messages) if m.type == "tool" and words in m.text)
    line = next(line for line in shown.splitlines() if words in line)
    return int(line.partition(":")[0].removeprefix("L"))


def _concluding(messages: Any) -> AIMessage:
    """The value by its row, the word for it by its line under cursor 1."""
    at = _line(messages, MILD)
    cited = [["E1#3"], [f"【1†L{at}】"]]
    return finishing("3.2", "mild hypokalaemia", citations=cited, tag="end")


def _seeking() -> tuple[Any, ...]:
    return (
        calling(LATEST_LABS, SEARCH, tag="look"),
        calling(("browser.open", {"id": 0, "cursor": 0}), tag="open"),
        _concluding,
    )


def _pages(record: Record) -> list[EvidenceEntry]:
    return [entry for entry in record.evidence if "web" in entry]


def _observations(record: Record) -> list[str]:
    return [message["content"] for message in record.messages if message["role"] == "tool"]


def test_an_answer_from_record_and_page_cites_the_row_and_the_right_lines(
    ask: Ask, tmp_path: Path
) -> None:
    file = tmp_path / "web.sqlite"

    record = ask(*_seeking(), web_archive=file, question="What does this potassium mean?")

    assert record.errors == []
    assert record.answer == ["3.2", "mild hypokalaemia"]
    (row,), (lines,) = record.citations
    evidence, _, at = lines.partition("#L")
    assert row == "E1#3"
    (entry,) = [each for each in record.evidence if each["id"] == evidence]
    web = entry["web"]
    assert (web["cursor"], web["kind"], web["url"]) == (1, "page", POTASSIUM)
    assert web["title"].startswith("Potassium in the blood")
    assert web["first"] <= int(at) <= web["last"]
    assert web["retrieved"].endswith("Z")
    assert not file.with_name("web.sqlite-wal").exists()
    archive = Archive.open(file, writes=False)
    page = page_shown(archive, WebSource(**web))
    assert page is not None
    assert MILD in lines_of(page, int(at), int(at))[0]
    archive.close()


def test_a_mark_within_an_item_is_its_citation_too(ask: Ask) -> None:
    def concluding(messages: Any) -> AIMessage:
        return finishing(f"mild hypokalaemia 【0†L{_line(messages, MILD)}】", tag="end")

    record = ask(calling(OPEN, tag="o"), concluding)

    assert record.answer == ["mild hypokalaemia"]
    assert record.citations[0][0].startswith("E1#L")
    assert record.errors == []


@pytest.mark.parametrize(
    ("cited", "told"),
    [
        ("【7†L1】", "no page was shown under cursor 7 (the cursors are 0 to 0)"),
        ("【0†L4000】", "E1 shows lines 0 to"),
        ("E1#3", "write E1#L3"),
        ("E1#L4000", "L4000 was not shown"),
    ],
)
def test_lines_that_were_not_shown_cannot_be_cited(ask: Ask, cited: str, told: str) -> None:
    record = ask(calling(OPEN, tag="o"), finishing("mild", citations=[[cited]]), max_revisions=0)

    assert record.citations == [[]]
    assert told in record.errors[0]["message"]


def test_a_figure_that_does_not_stand_in_the_lines_it_cites_is_found_wanting(ask: Ask) -> None:
    def concluding(messages: Any) -> AIMessage:
        return finishing("2.2", citations=[[f"【0†L{_line(messages, MILD)}】"]], tag="end")

    record = ask(calling(OPEN, tag="o"), concluding, max_revisions=0)

    assert record.citations == [[]]
    assert "those lines say" in record.errors[0]["message"]
    assert MILD in record.errors[0]["message"]


def test_calls_of_one_turn_get_their_cursors_in_their_order(ask: Ask) -> None:
    find = ("browser.find", {"pattern": "hypokalaemia"})
    turn = calling(SEARCH, LATEST_LABS, OPEN, ("browser.nothing", {}), find, tag="t")

    record = ask(turn, finishing("3.2", citations=["E2#3"]))

    assert [entry["tool"] for entry in record.evidence[:5]] == [
        "browser.search",
        "ehr.get_latest_records",
        "browser.open",
        "browser.nothing",
        "browser.find",
    ]
    assert [entry["web"]["cursor"] for entry in _pages(record)] == [0, 1, 2]
    assert [entry["number"] for entry in record.evidence] == [1, 2, 3, 4, 5, 6]
    assert record.usage["model_calls"] == 2


def test_two_replays_of_a_run_give_equal_observations(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "web.sqlite"
    recorded = ask(*_seeking(), web_archive=file)
    (tmp_path / "home" / "web-index").rename(tmp_path / "gone")

    replayed = [ask(*_seeking(), web="replay", web_archive=file) for _ in range(2)]

    first, second = map(_observations, replayed)
    assert first == second == _observations(recorded)
    webs = [[entry["web"] for entry in _pages(each)] for each in (recorded, *replayed)]
    assert webs[0] == webs[1] == webs[2]
    assert not (tmp_path / "home" / "web-index").exists()


def test_a_replay_says_what_its_archive_does_not_hold(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "web.sqlite"
    ask(*_seeking(), web_archive=file)
    other = calling(("browser.search", {"query": "sodium"}), tag="s")

    record = ask(other, finishing(), web="replay", web_archive=file)

    assert "does not hold this query" in _observations(record)[0]
    assert record.evidence[0]["refused"]
    assert record.web is not None
    assert (record.web["mode"], record.web["archive"]) == ("replay", "web.sqlite")


def test_a_run_without_web_says_so_and_has_no_browser(ask: Ask) -> None:
    record = ask(calling(SEARCH, tag="s"), finishing(), web="off", max_revisions=0)

    assert "browser.* (turned off for this run)" in record.messages[1]["content"]
    assert not any(tool["function"]["name"].startswith("browser") for tool in record.tools)
    assert "there is no tool 'browser.search' here" in _observations(record)[0]


def test_without_the_extra_there_is_no_browser_and_the_reason_is_told(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "missing_libraries", lambda: ("tantivy",))

    record = ask(finishing("3.2"), max_revisions=0)

    reason = "browser.* (needs tantivy: pip install 'clinseek[web]')"
    assert reason in record.messages[1]["content"]
    with pytest.raises(
        SettingError, match=r"no browser: needs tantivy: pip install 'clinseek\[web\]'"
    ):
        ask(finishing("3.2"), web_backend="searxng:http://127.0.0.1:8080")


def test_words_of_the_record_do_not_leave_and_the_record_says_so_by_hash(ask: Ask) -> None:
    query = {"query": "potassium 3.2 on 2150-03-05"}

    record = ask(calling(("browser.search", query), tag="s"), finishing())

    assert "ask without the patient's dates" in _observations(record)[0].lower()
    (error,) = [each for each in record.errors if each["kind"] == "not_sent"]
    assert error["message"].startswith("browser.search was not sent: it held date")
    assert "2150" not in error["message"]


def test_pages_of_benchmarks_are_closed_where_an_evaluation_says_so(ask: Ask) -> None:
    page = ("browser.open", {"id": "https://physionet.org/content/mimiciv/3.1/"})

    record = ask(calling(page, tag="o"), finishing(), web_deny="benchmarks")

    assert "closed in an evaluation" in _observations(record)[0]


def test_at_the_cap_the_tools_say_so_and_the_run_concludes_with_an_answer(ask: Ask) -> None:
    def turn(messages: Any) -> AIMessage:
        if messages[-1].id == "conclude":
            return AIMessage('{"response": ["mild"], "citations": [["E2"]]}')
        return calling(SEARCH, OPEN, OPEN, tag=f"t{len(messages)}")

    record = ask(turn, max_browser_calls=2)

    assert (record.status, record.stop_reason) == ("answered", "browser_limit")
    assert [entry["refused"] for entry in record.evidence] == [False, False, True]
    assert "no browser calls are left in this run" in _observations(record)[2]


@pytest.mark.parametrize("limit", range(9, 20))
def test_waiting_calls_never_cost_a_run_its_last_steps(ward: Ward, limit: int) -> None:
    def turn(messages: Any) -> AIMessage:
        if messages[-1].id == "conclude":
            return AIMessage('{"response": ["mild"]}')
        return calling(*[OPEN] * 6, tag=f"t{len(messages)}")

    graph = build_graph(means=ward.means(scripted(turn)))
    result = asyncio.run(
        graph.ainvoke(
            {"subject_id": SUBJECT, "cutoff": CUTOFF, "question": "?"},
            {"recursion_limit": limit},
            context=Context(store=str(ward.folder)),
        )
    )

    assert (result["answer"], result["stop_reason"]) == (["mild"], "step_limit")


def _asked_of(seen: list[Any], addresses: list[Any], *answers: Any) -> Any:
    given = iter(answers)

    def approve(shown: Mapping[str, Any]) -> Any:
        seen.append((shown["tool"], shown["arguments"]))
        addresses.append(shown["address"])
        return next(given)

    return approve


def test_a_person_sends_changes_or_refuses_what_is_about_to_leave(ask: Ask) -> None:
    searches = [("browser.search", {"query": f"potassium {number}"}) for number in range(3)]
    scroll = ("browser.open", {"loc": 0})
    link = ("browser.open", {"id": 0})
    seen: list[Any] = []
    addresses: list[Any] = []

    record = ask(
        calling(LATEST_LABS, *searches, scroll, link, tag="t"),
        finishing("3.2", citations=["E1#3"]),
        approve="web",
        on_approval=_asked_of(seen, addresses, True, "low potassium", {"refuse": "not needed"}, ""),
    )

    assert seen == [*searches, link]
    assert addresses == [None, None, None, POTASSIUM]
    _, sent, changed, refused, scrolled = _observations(record)[:5]
    assert "[0] potassium 0" in sent
    assert "(a person changed this call: query=low potassium)" in changed
    assert record.evidence[2]["arguments"] == {"query": "low potassium"}
    assert refused == "[E4] a person refused this call: not needed; go on without it"
    assert "[2] low potassium" in scrolled


def test_a_run_that_waits_for_a_person_can_be_left_and_gone_on_with(ask: Ask, ward: Ward) -> None:
    def leave(_: Mapping[str, Any]) -> Any:
        raise KeyboardInterrupt

    turns = (calling(LATEST_LABS, SEARCH, tag="t"), finishing("3.2", citations=["E1#3"]))
    with pytest.raises(KeyboardInterrupt):
        ask(*turns, thread="left", approve="web", on_approval=leave)
    model = scripted(*turns)
    with pytest.raises(SettingError, match="needs someone to ask"):
        api.resume("left", means=ward.means(model))

    record = api.resume("left", means=ward.means(model), on_approval=lambda _: True)

    assert record.answer == ["3.2"]
    assert [entry["refused"] for entry in record.evidence] == [False] * 3


def test_in_studio_the_run_stops_with_the_query_and_goes_on_with_the_edit(ward: Ward) -> None:
    model = scripted(calling(SEARCH, tag="t"), finishing("3.2", citations=["E1"]))
    graph = build_graph(means=ward.means(model), checkpointer=InMemorySaver())
    context = Context(store=str(ward.folder), approve="web")
    config: Any = {"configurable": {"thread_id": "t"}}

    async def asked() -> Any:
        given: Any = {"subject_id": SUBJECT, "cutoff": CUTOFF, "question": "?"}
        stopped = await graph.ainvoke(given, config, context=context)
        edit = {"arguments": {"query": "potassium"}}
        return stopped, await graph.ainvoke(Command(resume=edit), config, context=context)

    stopped, ended = asyncio.run(asked())

    (waiting,) = stopped["__interrupt__"]
    assert waiting.value["arguments"] == SEARCH[1]
    assert ended["evidence"][0]["arguments"] == {"query": "potassium", "topn": 3}
    assert ended["answer"] == ["3.2"]


def test_a_run_killed_between_browser_calls_goes_on_with_the_same_cursors(home: Path) -> None:
    folder = home.parent
    ran = subprocess.run(
        [sys.executable, "-m", "tests.graphs.killed_browser", str(folder), "E3", "E5", "end"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CLINSEEK_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert list(map(int, ran.stdout.split())) == [-signal.SIGKILL, -signal.SIGKILL, 0], ran.stderr
    record = Record.model_validate_json((folder / "record.json").read_text())
    assert [entry["web"]["cursor"] for entry in _pages(record)] == [0, 1, 2, 3]
    assert [entry["id"] for entry in record.evidence] == ["E1", "E2", "E3", "E4", "E5", "E6"]
    assert record.errors == []
    asked = (folder / "asked").read_text().split()
    assert asked == ["search", "fetch", "fetch"]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"web": "sometimes"}, "web 'sometimes' cannot be"),
        ({"web_backend": "bing"}, "there is no web backend 'bing'"),
        ({"web_backend": "serper"}, "needs SERPER_API_KEY in the environment"),
        ({"web_corpora": ["/nowhere"]}, "there is no corpus /nowhere"),
        ({"web": "replay"}, "a replay needs the web archive of a run"),
        ({"web": "replay", "web_archive": "/nowhere.sqlite"}, "there is no web archive"),
        ({"web_deny": "/nowhere.txt"}, "the list of closed pages /nowhere.txt cannot be read"),
    ],
)
def test_a_web_that_cannot_be_is_told_before_the_run_begins(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, setting: dict[str, Any], said: str
) -> None:
    monkeypatch.delenv("SERPER_API_KEY", raising=False)

    with pytest.raises(SettingError, match=said):
        ask(finishing(), **setting)
    assert api.threads() == []


def test_who_waits_for_a_large_corpus_is_told(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "_SOON", 0.0)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "salt.md").write_text("Salt is not pepper.")
    steps: list[Step] = []

    record = ask(
        calling(("browser.search", {"query": "salt"}), tag="s"),
        finishing(),
        web_corpora=[tmp_path / "corpus"],
        on_step=steps.append,
    )

    assert "the web is made ready" in str(steps[0].said)
    assert "Salt is not pepper." in _observations(record)[0]


def test_a_record_from_another_backend_is_refused_at_the_start(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "web.sqlite"
    ask(*_seeking(), web_archive=file)

    with pytest.raises(SettingError, match="record into another file, or replay this one"):
        ask(finishing(), web_archive=file, web_backend="local:http://127.0.0.1:1")


def test_what_the_environment_says_of_the_web_is_checked_by_its_name(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_WEB", "sometimes")

    with pytest.raises(SettingError, match="CLINSEEK_WEB=sometimes: it must be one of record"):
        ask(finishing())
