"""The viewer's server: on loopback alone, behind an address that nobody can guess.

Any other page in the same browser may send requests to this machine; without the token it gets
nothing, and under a name of its own (DNS rebinding) nothing either. What is sent may not be kept,
framed, or sent on, and runs no script but ours.
"""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from clinseek.errors import ClinseekError, SettingError
from clinseek.evals.viewer.answers import HTML, Answer, answer
from clinseek.evals.viewer.index import RunIndex

_LOG = logging.getLogger(__name__)
_LOOPBACK = "127.0.0.1"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class ViewerServer(ThreadingHTTPServer):
    """Serves the pages of one index. `address` is what to open."""

    daemon_threads = True

    def __init__(self, index: RunIndex, *, port: int = 0) -> None:
        self.index = index
        self.root = f"/{secrets.token_urlsafe(24)}/"
        try:
            super().__init__((_LOOPBACK, port), _Handler)
        except OSError as error:
            raise SettingError(f"--port {port}: cannot be listened on ({error.strerror})") from None

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A browser that goes away in the middle of an answer is no fault of ours."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            _LOG.exception("a request was not answered")

    @property
    def address(self) -> str:
        """The whole address, token and all."""
        return f"http://{_LOOPBACK}:{self.server_port}{self.root}"

    @property
    def hosts(self) -> frozenset[str]:
        """The names under which it answers."""
        return frozenset(f"{name}:{self.server_port}" for name in (_LOOPBACK, "localhost"))


@contextmanager
def serving(index: RunIndex, *, port: int = 0) -> Iterator[ViewerServer]:
    """A server that answers while the block runs."""
    with ViewerServer(index, port=port) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: ViewerServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "clinseek", ""
    timeout = 30

    def do_GET(self) -> None:
        self._send(self._answer())

    def do_HEAD(self) -> None:
        self._send(self._answer(), with_body=False)

    def _answer(self) -> Answer:
        if self.headers.get("Host") not in self.server.hosts:
            return Answer(421, "text/plain", b"this is not the host that you asked\n")
        if not secrets.compare_digest(
            self.path[: len(self.server.root)].encode(), self.server.root.encode()
        ):
            return Answer(404, "text/plain", b"not found\n")
        try:
            return answer(self.server.index, self.path, root=self.server.root)
        except ClinseekError as error:
            return Answer(500, "text/plain; charset=utf-8", f"{error}\n".encode())
        except Exception:
            _LOG.exception("a page could not be made")
            return Answer(500, "text/plain", b"this page could not be made\n")

    def _send(self, told: Answer, *, with_body: bool = True) -> None:
        self.send_response(told.status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", told.kind)
        self.send_header("Content-Length", str(len(told.body)))
        self.end_headers()
        if with_body:
            self.wfile.write(told.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Addresses hold the token: they are not logged."""


__all__ = ["HEADERS", "HTML", "POLICY", "ViewerServer", "serving"]
