"""The drills of privacy: each tells where its promise is broken."""

from __future__ import annotations

import gzip
import sys
import zlib
from pathlib import Path

import pytest

from drills.privacy import network, planted, spy


def _spied(place: Path, code: str) -> set[str]:
    ran = spy.run([sys.executable, "-c", code], cwd=place, variables=spy.environment(place))
    assert ran.returncode == 0, ran.stderr
    return {each.host for each in spy.heard(place)}


def test_the_spy_hears_of_every_host_but_this_machine(tmp_path: Path) -> None:
    connects = (
        "import socket\n"
        "for host in ('192.0.2.1', '127.0.0.1'):\n"
        "    with socket.socket() as s:\n"
        "        s.settimeout(0.01)\n"
        "        try: s.connect((host, 9))\n"
        "        except OSError: pass\n"
    )
    assert _spied(tmp_path, connects) == {"192.0.2.1"}
    looks_up = (
        "import socket\ntry: socket.getaddrinfo('telemetry.invalid', 443)\nexcept OSError: pass"
    )
    assert _spied(tmp_path, looks_up) == {"telemetry.invalid"}
    assert _spied(tmp_path, "pass") == set()


def test_a_namespace_has_loopback_and_nothing_else(tmp_path: Path) -> None:
    alone = spy.alone()
    if alone is None:
        pytest.skip("no network namespace can be made here")
    code = (
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as s:\n"
        "    socket.create_connection(s.getsockname()).close()\n"
        "try: socket.create_connection(('192.0.2.1', 80), 1)\n"
        "except OSError as error: print(error.strerror)\n"
    )
    counted = {"DRILL_NO_ROUTE": str(tmp_path / "packets")}
    ran = spy.run([*alone, sys.executable, "-c", code], cwd=tmp_path, variables=counted)
    assert (ran.returncode, "unreachable" in ran.stdout) == (0, True), ran.stderr
    assert int((tmp_path / "packets").read_text()) > 0
    ran = spy.run([*alone, sys.executable, "-c", ""], cwd=tmp_path, variables=counted)
    assert (tmp_path / "packets").read_text() == "0"


def test_commands_reach_nobody_and_one_that_did_or_failed_is_told(tmp_path: Path) -> None:
    typed = ["tools --json", "models check openai:m@http://models.invalid/v1"]
    told = network.commands(typed, tmp_path, before=())
    assert told.count == 2
    assert len(told.broken) == 2
    assert "ended with 2" in told.broken[0]
    assert "reached models.invalid" in told.broken[1]


def test_a_name_lies_where_it_is_documented_and_elsewhere_it_is_told(tmp_path: Path) -> None:
    for file in (*planted.MUST_BE_FOUND, "said/eval.err"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(f"x {planted.NAME} x")
    found = planted.places_of(tmp_path)
    assert planted.unexpected(found) == [f"{planted.NAME} stands in said/eval.err"]
    assert len(planted.unexpected({})) == len(planted.MUST_BE_FOUND)


def test_a_name_that_is_packed_within_other_bytes_is_found(tmp_path: Path) -> None:
    words = f"asked of {planted.NAME}".encode()
    (tmp_path / "debug.bin").write_bytes(b"head" + zlib.compress(words) + b"tail")
    (tmp_path / "log").write_bytes(b"head" + gzip.compress(words))
    found = planted.places_of(tmp_path)
    assert found == {"debug.bin": {planted.NAME}, "log": {planted.NAME}}


def test_a_file_that_others_could_read_is_told(tmp_path: Path) -> None:
    for name in ("home", "run", "cache", "store"):
        (tmp_path / name).mkdir(mode=0o700)
    (tmp_path / "page.html").touch(mode=0o644)
    (tmp_path / "store" / "vocabulary.sqlite").touch(mode=0o444)
    count, broken = planted.open_to_others(tmp_path)
    assert (count, broken) == (6, ["page.html has mode 644"])


def test_a_planted_name_is_purged_from_a_whole_run(tmp_path: Path) -> None:
    told = list(planted.lines("quick", tmp_path))
    assert [list(line.broken) for line in told] == [[], [], [], []]
