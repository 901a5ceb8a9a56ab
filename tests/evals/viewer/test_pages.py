"""The viewer's pages, as its server gives them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.cli.main import USER_ERROR, run
from clinseek.evals.runner import open_run
from clinseek.evals.viewer.answers import answer
from clinseek.evals.viewer.choosing import Choice, choice_of, chosen
from clinseek.evals.viewer.index import RunIndex, index_of
from clinseek.evals.viewer.pages.side_by_side import levels_of, marked, steps_of
from clinseek.evals.viewer.pages.timing import pieces_of
from clinseek.evals.viewer.server import ViewerServer
from tests.evals.scorers.made import a_run_folder
from tests.evals.viewer.conftest import ROWS, long_record


class Told(NamedTuple):
    status: int
    text: str


def get(index: RunIndex, path: str) -> Told:
    told = answer(index, f"/{path}", root="/")
    return Told(told.status, told.body.decode(errors="replace"))


def test_the_index_holds_the_last_attempt_of_each_run_in_the_order_of_the_rows(
    index: RunIndex,
) -> None:
    assert [(each.qid, each.folder) for each in index.runs] == [
        ("q0", 0), ("q1", 0), ("q2", 0), ("q0", 1)
    ]  # fmt: skip
    assert [(each.attempts, each.status) for each in index.runs][2] == (2, "answered")
    assert index.read(index.runs[1])["qid"] == "q1"
    assert index.runs[0].outcome == "right"


@pytest.mark.parametrize(
    ("choice", "found"),
    [
        (Choice(), [0, 1, 2, 3]),
        (Choice(words="Q1 potassium"), [1]),
        (Choice(task="t0"), [0, 2, 3]),
        (Choice(outcome="wrong"), [1]),
        (Choice(outcome="unscored"), [3]),
        (Choice(folder="1"), [3]),
        (Choice(status="failed"), []),
        (Choice(words="nodule"), []),
        (Choice(words="nodule", inside="1"), [1]),
        (Choice(order="calls"), [0, 3, 1, 2]),
    ],
)
def test_runs_are_chosen_by_words_task_outcome_and_inside_transcripts(
    index: RunIndex, choice: Choice, found: list[int]
) -> None:
    assert [each.number for each in chosen(index, choice)] == found


@given(query=st.dictionaries(st.sampled_from(Choice._fields), st.lists(st.text(), max_size=2)))
def test_no_query_breaks_a_choice(query: dict[str, list[str]]) -> None:
    assert choice_of(query).page >= 1


def test_a_citation_leads_to_its_row_on_the_same_page_however_long_the_run(
    index: RunIndex,
) -> None:
    told = get(index, "run/0").text
    assert 'href="#E150-row-7"' in told
    assert 'id="E150-row-7" class="cited"' in told
    assert 'id="E1-row-8" class="cited"' in told
    assert told.count('<article class="card turn"') == 60
    assert 'id="E100"' not in told


def test_a_turn_elsewhere_is_a_link_to_the_page_that_shows_it(index: RunIndex) -> None:
    told = get(index, "run/0?turn=75").text
    assert 'id="turn-61"' in told
    assert 'id="turn-120"' in told
    assert 'id="turn-121"' not in told
    assert 'href="/run/0?turn=150#turn-150"' in told


def test_words_are_found_in_a_run_with_links_to_their_turns(index: RunIndex) -> None:
    told = get(index, "run/0?find=TURN+149+").text
    assert "1 messages hold “TURN 149 ”" in told
    assert 'href="/run/0?turn=149#turn-149"' in told


def test_what_runs_hold_stays_text(index: RunIndex) -> None:
    for path in ("run/0", "run/1", "sides/0/3", "?words=%3Cscript%3E", "run/0?find=%3Cscript%3E"):
        told = get(index, path)
        assert told.status == 200
        assert not re.search(r"<(b|i|script)>", told.text)


def test_a_web_page_is_told_with_its_address_and_its_cited_line(index: RunIndex) -> None:
    told = get(index, "run/1").text
    assert "https://example.org/k" in told
    assert 'href="#E2-L3"' in told
    assert '<div id="E2-L3" class="cited">' in told
    assert 'href="https' not in told


def test_an_image_is_shown_with_the_boxes_that_were_found_on_it(index: RunIndex) -> None:
    told = get(index, "run/1").text
    assert told.count('<image href="/run/1/image/ab" width="1000" height="800"') == 2
    assert '<rect x="100" y="160" width="200" height="160">' in told
    assert 'href="#E1-part-1"' in told
    assert 'id="E1-part-1" class="cited">E1#1 nodule: from (100, 160) to (300, 320)' in told
    picture = answer(index, "/run/1/image/ab", root="/")
    assert (picture.kind, picture.body[:4]) == ("image/png", b"\x89PNG")


def test_two_runs_stand_level_and_what_differs_is_marked(index: RunIndex) -> None:
    told = get(index, "sides/0/3").text
    assert "3 calls are the same with the same answer" in told
    assert "147 were made by one run alone" in told
    assert "<mark>yes</mark>" in told
    assert "<mark>no</mark>" in told


def test_equal_calls_stand_level_and_keep_their_order(index: RunIndex) -> None:
    a, b = (steps_of(index.read(index.runs[n])) for n in (0, 3))
    levels = list(levels_of(a, b))
    assert [each.a for each in levels if each.a] == a
    assert [each.b for each in levels if each.b] == b


@given(st.text(alphabet="ab <&"), st.text(alphabet="ab <&"))
def test_marking_keeps_every_word(one: str, other: str) -> None:
    plain = re.sub(r"</?mark>", "", marked(one, other))
    assert plain.replace("&lt;", "<").replace("&amp;", "&") == one


def test_time_is_told_turn_by_turn_and_of_long_runs_in_pieces(index: RunIndex) -> None:
    record = index.read(index.runs[0])
    assert len(pieces_of(record)) == 150
    few = pieces_of(record, most=10)
    assert len(few) == 10
    assert sum(piece.model for piece in few) == pytest.approx(75.0)
    assert (few[0].first, few[-1].last) == (1, 150)


def test_the_runs_beside_a_run_are_those_of_the_list_it_was_opened_from(index: RunIndex) -> None:
    whole, listed = get(index, "run/0").text, get(index, "run/0?task=t0&words=potassium").text
    assert 'href="/run/1" data-key="n"' in whole
    assert 'href="/run/2?words=potassium&amp;task=t0" data-key="n"' in listed
    assert 'data-key="p"' not in listed
    assert "messages hold" not in listed
    last = get(index, "run/0?order=calls").text
    assert 'href="/run/3?order=calls" data-key="n"' in last
    assert 'href="/run/1?task=t0" data-key="p"' not in get(index, "run/1?task=t0").text


def test_the_list_is_kept_while_a_run_is_looked_through(index: RunIndex) -> None:
    told = get(index, "run/0?task=t0&turn=75").text
    assert 'href="/run/0?turn=150&amp;task=t0#turn-150"' in told
    assert '<input type="hidden" name="task" value="t0">' in told
    assert 'href="/?task=t0">The list' in told


def test_words_sought_inside_transcripts_are_found_in_the_run_that_is_opened(
    index: RunIndex,
) -> None:
    assert "messages hold “nodule”" in get(index, "run/1?words=nodule&inside=1").text


def test_what_is_cited_beyond_the_first_sixty_is_linked_to_its_turn(tmp_path: Path) -> None:
    record = long_record("q0", 90)
    cited = [f"E{number}#7" for number in range(1, 91)]
    record = record.model_copy(update={"citations": [cited]})
    folder = a_run_folder(tmp_path / "run", ROWS[:1], [record])
    index = index_of([open_run(folder)], ["run"])
    told = get(index, "run/0").text
    assert "30 more are cited, each on the page of its turn:" in told
    assert '<a href="/run/0?turn=90#E90">E90</a>' in told
    assert 'href="/run/0?turn=90#E90-row-7"' in told
    later = get(index, "run/0?turn=90").text
    assert 'id="E90-row-7" class="cited"' in later
    assert "more are cited" not in later


@pytest.mark.parametrize(
    "path",
    [
        "run/99",
        "run/x",
        "run/-1",
        "sides/0",
        "run/0/image/zz",
        "run/0/file/0",
        "run/1/file/-1",
        "../etc",
        "run/٣",
    ],
)
def test_what_is_not_there_is_said(index: RunIndex, path: str) -> None:
    assert get(index, path).status == 404


def test_the_server_answers_to_its_token_and_its_name_alone(server: ViewerServer) -> None:
    port = server.server_port
    assert httpx.get(server.address).status_code == 200
    assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 404
    assert httpx.get(f"http://127.0.0.1:{port}/{'x' * 32}/").status_code == 404
    rebound = httpx.get(server.address, headers={"Host": f"evil.example:{port}"})
    assert rebound.status_code == 421
    assert "potassium" not in rebound.text
    assert httpx.post(server.address).status_code == 501


def test_every_answer_forbids_scripts_of_others_frames_and_keeping(server: ViewerServer) -> None:
    for path in ("", "run/0", "viewer.js", "nowhere"):
        headers = httpx.get(server.address + path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"


def test_what_cannot_be_viewed_is_one_sentence(
    folders: tuple[Path, Path],
    server: ViewerServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments, said in (
        (["view", str(tmp_path)], "no run folder"),
        (["view", str(folders[0]), "--port", str(server.server_port)], "cannot be listened on"),
    ):
        assert run(arguments) == USER_ERROR
        assert said in capsys.readouterr().err


def test_a_browser_that_goes_away_leaves_no_traceback(
    server: ViewerServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for fault in (ConnectionResetError("gone"), BrokenPipeError("gone"), TimeoutError("slow")):
        try:
            raise fault
        except OSError:
            server.handle_error(None, ("127.0.0.1", 9))
    assert capfd.readouterr().err == ""
    assert caplog.records == []
    try:
        raise KeyError("ours")
    except KeyError:
        server.handle_error(None, ("127.0.0.1", 9))
    assert "KeyError: 'ours'" in caplog.text
