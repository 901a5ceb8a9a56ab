"""Connections to servers on loopback through the guard, which are named as the user's own."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from clinseek.errors import Refusal
from clinseek.toolkits.browser.guards.addresses import Addresses
from clinseek.toolkits.browser.guards.connecting import AsyncPinnedTransport

NAME = "pages.clinic.org"


class _Pages(BaseHTTPRequestHandler):
    """Says which host it was asked for; `/to?URL` redirects."""

    def do_GET(self) -> None:
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to?"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = f"{self.headers['Host']}{self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serving(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def port() -> Iterator[int]:
    yield from serving(ThreadingHTTPServer(("127.0.0.1", 0), _Pages))


def named(port: int, scheme: str = "http") -> Addresses:
    """The guard of a client that may reach the test's server by its name."""
    return Addresses(lambda host, _: ["127.0.0.1"], services=[f"{scheme}://{NAME}:{port}"])


def get(
    addresses: Addresses, *urls: str, verify: ssl.SSLContext | bool = True
) -> list[httpx.Response]:
    """The answers to URLs, asked one after the other, redirects followed."""

    async def ask() -> list[httpx.Response]:
        transport = AsyncPinnedTransport(addresses, verify=verify)
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            return [await client.get(url) for url in urls]

    return asyncio.run(ask())


def test_the_request_goes_to_the_pinned_address_under_the_hosts_name(port: int) -> None:
    (answer,) = get(named(port), f"http://{NAME}:{port}/guide?x=1")
    assert answer.text == f"{NAME}:{port}/guide?x=1"
    assert answer.url.host == NAME


def test_what_is_not_public_is_refused(port: int) -> None:
    with pytest.raises(Refusal, match="port"):
        get(named(port), f"http://127.0.0.1:{port}/")


def test_a_redirect_within_the_host_is_followed(port: int) -> None:
    (answer,) = get(named(port), f"http://{NAME}:{port}/to?/end")
    assert answer.text == f"{NAME}:{port}/end"


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost/",
        "//[::1]/",
        "http://0x7f000001/",
        "ftp://example.org/",
        "http://user:word@pages.clinic.org:{port}/",
    ],
)
def test_a_redirect_to_what_is_not_public_is_refused(target: str, port: int) -> None:
    with pytest.raises((Refusal, httpx.UnsupportedProtocol)):
        get(named(port), f"http://{NAME}:{port}/to?{target.format(port=port)}")


def test_a_name_that_changes_between_two_requests_is_refused_the_second_time(port: int) -> None:
    found = itertools.chain([["127.0.0.1"]], itertools.repeat(["93.184.216.34", "10.0.0.1"]))
    addresses = Addresses(lambda host, _: next(found), services=[f"http://{NAME}:{port}"])
    with pytest.raises(Refusal, match="private network"):
        get(addresses, f"http://{NAME}:{port}/", f"http://{NAME}/")


def test_a_proxy_of_the_environment_is_left_aside(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (answer,) = get(named(port), f"http://{NAME}:{port}/")
    assert answer.is_success


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for the test's host, which signs itself, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    held, key = folder / "held.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={NAME}"),
            *("-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(key), "-out", str(held)),
        ],
        check=True,
        capture_output=True,
    )
    return held, key


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> Iterator[tuple[int, list[str | None]]]:
    """The port of a server with TLS, and the names that clients asked it for (SNI)."""
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    context.sni_callback = lambda _, name, __: asked.append(name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    for port in serving(server):
        yield port, asked


def test_the_certificate_is_checked_for_the_hosts_name(
    certificate: tuple[Path, Path], secure: tuple[int, list[str | None]]
) -> None:
    port, asked = secure
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    (answer,) = get(named(port, "https"), f"https://{NAME}:{port}/", verify=trusted)
    assert answer.text == f"{NAME}:{port}/"
    assert asked == [NAME]


def test_a_certificate_of_another_host_is_refused(
    certificate: tuple[Path, Path], secure: tuple[int, list[str | None]]
) -> None:
    port, _ = secure
    trusted = ssl.create_default_context(cafile=str(certificate[0]))
    other = "other.clinic.org"
    addresses = Addresses(lambda host, _: ["127.0.0.1"], services=[f"https://{other}:{port}"])
    with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
        get(addresses, f"https://{other}:{port}/", verify=trusted)
