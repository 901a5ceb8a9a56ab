"""A server over HTTP, asked as a hostile page, another machine or a broken client would ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from drills.attack.case import Tried, line_of
from drills.cohort import cohort_in
from drills.drill import Line, Size

TOKEN = "0123456789abcdef-token"
_ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
_OPENING = {
    "jsonrpc": "2.0", "id": 1, "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {},
               "clientInfo": {"name": "drill", "version": "1"}},
}  # fmt: skip


class Asked(NamedTuple):
    """A request and the status that it must have; PORT stands for the server's own."""

    name: str
    status: int
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    token: str | None = f"Bearer {TOKEN}"
    bound: bool = True


REQUESTS: Sequence[Asked] = (
    Asked("its own name", 200),
    Asked("localhost", 200, {"Host": "localhost:PORT"}),
    Asked("its own page", 200, {"Origin": "http://localhost:PORT"}),
    Asked("another name (DNS rebinding)", 421, {"Host": "evil.example:PORT"}),
    Asked("another port", 421, {"Host": "localhost:1"}),
    Asked("no port", 421, {"Host": "localhost"}),
    Asked("an inner address", 421, {"Host": "192.168.0.1:PORT"}),
    Asked("a name that begins like ours", 421, {"Host": "localhost.evil.example:PORT"}),
    Asked("a page elsewhere", 403, {"Origin": "http://evil.example"}),
    Asked("a page without origin", 403, {"Origin": "null"}),
    Asked("a page that begins like ours", 403, {"Origin": "http://localhost.evil.example"}),
    Asked("a file", 403, {"Origin": "file://"}),
    Asked("no token", 401, token=None),
    Asked("another token", 401, token="Bearer 0123456789abcdef-tokem"),
    Asked("a longer token", 401, token=f"Bearer {TOKEN}x"),
    Asked("half a token", 401, token=f"Bearer {TOKEN[:-1]}"),
    Asked("another scheme", 401, token=f"Basic {TOKEN}"),
    Asked("a body of 1.1 MB", 413, body=json.dumps({**_OPENING, "x": "y" * 1_100_000}).encode()),
    Asked("a body nested 20,000 deep", 400, body=b"[" * 20_000),
    Asked("a body nested and closed", 400, body=b"[" * 20_000 + b"]" * 20_000),
    Asked("no JSON", 400, body=b"\x00\xff"),
    Asked("another method first", 400, body=b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}'),
    Asked("no answer that it would take", 400, {"Accept": "text/html"}),
    Asked("a form of a page", 400, {"Content-Type": "text/plain"}),
    Asked("a session that nobody opened", 404, {"Mcp-Session-Id": "guess"}),
    Asked("no patient", 400, bound=False),
    Asked("a patient who is not there", 400, {"X-Clinseek-Subject": "1"}, bound=False),
    Asked("a patient that is no number", 400, {"X-Clinseek-Subject": "1 OR 1=1"}, bound=False),
    Asked("a patient that is a path", 400, {"X-Clinseek-Subject": "../../x"}, bound=False),
)
"""Each is sent once; a 4xx may be a more exact one where the protocol has several."""


def lines(size: Size, place: Path) -> Iterator[Line]:
    """The table of requests, one after the other, to one server."""
    del size
    try:
        import mcp  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError:
        yield Line("requests over HTTP", gap="the extra `mcp` is not installed")
        return
    from clinseek.serve.ehr import ehr_service
    from clinseek.serve.http import Door
    from tests.serve.serving import serving

    cohort = cohort_in(place)
    subject = cohort.subjects[0]
    (place / "cases").mkdir()
    with (
        ehr_service(cohort.store, cases=place / "cases") as service,
        serving(service, door=Door(port=0, token=TOKEN)) as server,
    ):
        cases = [Tried(each.name, _sent(server.url, each, subject, place)) for each in REQUESTS]
        yield line_of("requests of pages, strangers and broken clients", cases)
        left = server.sessions.live - sum(each.status == 200 for each in REQUESTS)
        broken = [f"{left} sessions more than were let in"] if left > 0 else []
        yield Line("sessions that were opened", server.sessions.live, broken)


def _sent(url: str, asked: Asked, subject: int, place: Path) -> Callable[[], str | None]:
    import httpx

    def held() -> str | None:
        port = str(httpx.URL(url).port)
        headers: dict[str, Any] = {**_ACCEPT, "X-Clinseek-Cutoff": "2199-01-01 00:00:00"}
        if asked.bound:
            headers["X-Clinseek-Subject"] = str(subject)
        if asked.token:
            headers["Authorization"] = asked.token
        headers |= {name: value.replace("PORT", port) for name, value in asked.headers.items()}
        body = json.dumps(_OPENING).encode() if asked.body is None else asked.body
        given = httpx.post(url, content=body, headers=headers, timeout=60)
        if any(word in given.text for word in ("Traceback", str(place))):
            return f"its answer tells too much: {given.text[:80]!r}"
        if given.status_code == asked.status or (asked.status == 400 and _is_error(given.text)):
            return None
        return f"{given.status_code} instead of {asked.status}: {given.text[:80]!r}"

    return held


def _is_error(text: str) -> bool:
    """A refusal may be told as an error of JSON-RPC, whatever the status."""
    return '"error"' in text and '"result"' not in text
