"""Who is let in over HTTP, and what is answered to whom is not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from clinseek.errors import SettingError
from clinseek.serve.ehr import EhrService
from clinseek.serve.gate import Gate, hosts_of, is_loopback, read_token
from clinseek.serve.http import Door, listen
from tests.serve.serving import Served, bound, serving
from tests.serve.test_many_sessions import INITIALIZE

TOKEN = "0123456789abcdef-token"
ACCEPT = {"Accept": "application/json, text/event-stream"}
MESSAGE = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}


def _opening(server: Served, headers: dict[str, str], message: Any = MESSAGE) -> httpx.Response:
    return httpx.post(server.url, json=message, headers={**ACCEPT, **headers}, timeout=60)


def test_only_the_hosts_own_names_are_answered(service: EhrService, subjects: list[int]) -> None:
    with serving(service) as server:
        port = httpx.URL(server.url).port
        sent = bound(subjects[0])
        assert _opening(server, sent).status_code == 200
        assert _opening(server, {**sent, "Host": f"localhost:{port}"}).status_code == 200
        assert _opening(server, {**sent, "Host": f"evil.example:{port}"}).status_code == 421
        assert _opening(server, {**sent, "Host": "localhost"}).status_code == 421
        here, there = f"http://localhost:{port}", "http://evil.example"
        assert _opening(server, {**sent, "Origin": here}).status_code == 200
        assert _opening(server, {**sent, "Origin": there}).status_code == 403
        assert _opening(server, {**sent, "Origin": "null"}).status_code == 403


def test_a_token_is_asked_for_before_anything_else(
    service: EhrService, subjects: list[int]
) -> None:
    with serving(service, door=Door(port=0, token=TOKEN)) as server:
        sent = bound(subjects[0])
        refused = _opening(server, sent)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        for wrong in ("Bearer x", f"Basic {TOKEN}", f"Bearer {TOKEN}x", "Bearer", TOKEN):
            assert _opening(server, {**sent, "Authorization": wrong}).status_code == 401
        assert server.sessions.live == 0
        given = {**sent, "Authorization": f"Bearer {TOKEN}"}
        assert _opening(server, given).status_code == 200


def test_a_body_that_is_too_large_is_not_read(service: EhrService, subjects: list[int]) -> None:
    with serving(service) as server:
        large = {**MESSAGE, "more": "x" * 1_100_000}
        assert _opening(server, bound(subjects[0]), large).status_code == 413
        assert server.sessions.live == 0


@pytest.mark.parametrize("size", [1_000, 300_000, 999_999, 1_100_200])
def test_a_large_body_is_refused_in_however_many_pieces_it_comes(size: int) -> None:
    whole = json.dumps({**MESSAGE, "more": "x" * 1_100_000}).encode()
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert _answer_to(pieces) == 413


def test_a_body_that_says_it_is_too_large_is_not_waited_for() -> None:
    """A client may declare a billion bytes and send none."""
    assert _answer_to([], headers=[(b"content-length", b"1000000000")]) == 413


@pytest.mark.parametrize(
    "name", ["host", "origin", "authorization", "mcp-session-id", "x-clinseek-subject"]
)
def test_a_header_that_decides_and_stands_twice_is_refused(name: str) -> None:
    sound = {"host": b"localhost:5003", "origin": b"http://localhost:5003"}
    twice = [(name.encode(), sound.get(name, b"1"))] * 2
    assert _answer_to([b"{}"], headers=twice) == 400


def test_a_request_that_names_two_sessions_is_answered_from_neither(
    service: EhrService, subjects: list[int]
) -> None:
    asked = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
    with serving(service) as server:
        opened = [_opening(server, bound(subject)) for subject in subjects[:2]]
        ids = [("mcp-session-id", each.headers["mcp-session-id"]) for each in opened]
        for named in (ids, ids[::-1], [ids[0], ids[0]]):
            sent = [*ACCEPT.items(), *named]
            refused = httpx.post(server.url, json=asked, headers=sent, timeout=60)
            assert refused.status_code == 400
            assert refused.text == "the header mcp-session-id stands twice"
        alone = httpx.post(server.url, json=asked, headers=[*ACCEPT.items(), ids[0]], timeout=60)
        assert alone.status_code == 200


def test_a_body_that_ends_early_is_no_opening() -> None:
    assert _answer_to([json.dumps(MESSAGE).encode()[:-9]]) == 400


def _answer_to(pieces: list[bytes], headers: Sequence[tuple[bytes, bytes]] = ()) -> int:
    """What the gate answers to a body that comes in these pieces, with these headers last."""
    left = list(pieces)
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: Any) -> None:
        said.append(message)

    async def inner(*_: Any) -> None:
        raise AssertionError("nothing of this may pass the gate")

    given = {"Host": "127.0.0.1:5003", "Content-Type": "application/json", **ACCEPT}
    own = [(name.lower().encode(), value.encode()) for name, value in given.items()]
    last = {name for name, _ in headers}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/mcp",
        "headers": [*(each for each in own if each[0] not in last), *headers],
    }
    gate = Gate(inner, hosts=hosts_of("127.0.0.1", 5003), token=None)
    asyncio.run(gate(scope, receive, send))
    return int(said[0]["status"])


@pytest.mark.parametrize("deep", ["[" * 20_000, "[" * 20_000 + "]" * 20_000, '{"a":' * 20_000])
def test_a_body_that_is_nested_too_deeply_is_the_clients_fault(
    service: EhrService, subjects: list[int], deep: str
) -> None:
    with serving(service) as server:
        sent = {**ACCEPT, **bound(subjects[0]), "Content-Type": "application/json"}
        assert httpx.post(server.url, content=deep, headers=sent, timeout=60).status_code == 400
        wide = {**MESSAGE, "more": [[]] * 5_000}
        assert _opening(server, bound(subjects[0]), wide).status_code == 200


def test_there_is_nothing_but_the_one_path(service: EhrService) -> None:
    with serving(service) as server:
        for path in ("/", "/docs", "/mcp/../etc/passwd", "/openapi.json"):
            assert httpx.get(httpx.URL(server.url).join(path)).status_code == 404


def test_a_session_that_nobody_opened_is_not_found(service: EhrService) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    with serving(service) as server:
        assert _opening(server, {"mcp-session-id": "guess"}, asked).status_code == 404


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"\x00\xff", {}),
        (b"[]", {}),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}', {}),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}', {}),
        (json.dumps(MESSAGE).encode(), {"Accept": "text/html"}),
        (json.dumps(MESSAGE).encode(), {"Content-Type": "text/plain"}),
    ],
)
def test_a_request_that_cannot_open_a_session_leaves_none(
    service: EhrService, subjects: list[int], content: bytes, headers: dict[str, str]
) -> None:
    sent = {**ACCEPT, "Content-Type": "application/json", **bound(subjects[0]), **headers}
    with serving(service) as server:
        given = httpx.post(server.url, content=content, headers=sent, timeout=60)
        assert (given.status_code, server.sessions.live) == (400, 0)


def test_another_host_needs_a_token() -> None:
    with pytest.raises(SettingError, match="needs --token-file"):
        Door(host="0.0.0.0").check()
    Door(host="0.0.0.0", token=TOKEN).check()
    Door(host="::1").check()


def test_a_port_that_is_taken_is_said() -> None:
    first = listen(Door(port=0))
    try:
        port = first.getsockname()[1]
        with pytest.raises(SettingError, match=f"port {port} on 127.0.0.1 is taken"):
            listen(Door(port=port))
    finally:
        first.close()


def test_a_host_that_is_none_is_said() -> None:
    with pytest.raises(SettingError, match=r"cannot listen on --host no\.such\.host\.invalid"):
        listen(Door(host="no.such.host.invalid", token=TOKEN))


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (None, "cannot read the file"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"short", "at least 16"),
        (b"two words of a token", "without spaces"),
        (b"\xff" * 20, "no UTF-8"),
        ("é" * 20, "ASCII"),
    ],
)
def test_a_token_file_that_cannot_be_used_is_said(
    tmp_path: Path, written: bytes | str | None, words: str
) -> None:
    file = tmp_path / "token"
    if written is not None:
        file.write_bytes(written.encode() if isinstance(written, str) else written)
    with pytest.raises(SettingError, match=words):
        read_token(file)


def test_a_token_is_read_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert read_token(file) == TOKEN
    assert read_token(None) is None


def test_loopback_is_known_by_name_and_number() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "example.org", "")))


def test_a_server_for_others_answers_to_its_own_and_its_proxys_names() -> None:
    hosts = hosts_of("10.0.0.5", 80, also=["ehr.example.org"])
    assert {"10.0.0.5:80", "ehr.example.org:80", "ehr.example.org"} <= set(hosts)
    assert "ehr.example.org" not in hosts_of("127.0.0.1", 80)
