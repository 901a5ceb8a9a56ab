"""Which servers the user named: what is read, and what is refused in which words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.toolkits.outside import OutsideServer, read_server, servers_of


def test_a_url_is_told_from_a_command() -> None:
    assert read_server("cxr=http://host:5203/mcp") == OutsideServer(
        name="cxr", url="http://host:5203/mcp"
    )
    assert read_server("cxr = python server.py --port=3").command == (
        "python", "server.py", "--port=3",
    )  # fmt: skip


def test_a_url_may_hold_an_equals_sign() -> None:
    assert read_server("a=http://host/mcp?x=1").url == "http://host/mcp?x=1"


def test_the_host_that_calls_go_to_is_known() -> None:
    assert read_server("a=https://far.example/mcp").host == "far.example"
    assert read_server("a=python x.py").host is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cxr", "names no server"),
        ("cxr=", "names no server"),
        ("=http://h/mcp", "is no name"),
        ("1st=http://h/mcp", "is no name"),
        ("a b=http://h/mcp", "is no name"),
        ("cxr=http://", "is no URL"),
        ("cxr=http://h:99999/mcp", "is no URL"),
        ("cxr=http://user:secret@h/mcp", "token_env"),
        ("cxr=python 'unclosed", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said(text: str, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        read_server(text)


def test_a_table_names_servers_with_their_settings() -> None:
    held = servers_of(
        {
            "cxr": "http://h/mcp",
            "image": {"url": "http://h/mcp", "prefixed": True, "timeout": 180, "token_env": "T"},
            "ehr": {"command": ["clinseek", "serve", "ehr"], "env": {"A": "b"}, "bind": True},
        }
    )
    assert held == (
        OutsideServer(name="cxr", url="http://h/mcp"),
        OutsideServer(
            name="image", url="http://h/mcp", prefixed=True, timeout=180.0, token_env="T"
        ),
        OutsideServer(name="ehr", command=("clinseek", "serve", "ehr"), env={"A": "b"}, bind=True),
    )


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (3, "a URL, a command or a table"),
        ({"adress": "http://h"}, "no key 'adress'; keys: url"),
        ({}, "either a url or a command"),
        ({"url": "http://h/mcp", "command": "x"}, "either a url or a command"),
        ({"url": "ftp://h"}, "is no URL"),
        ({"url": 5}, "is no URL"),
        ({"command": []}, "is no command"),
        ({"command": ""}, "is empty"),
        ({"command": "x", "headers": {}}, "go with a url"),
        ({"url": "http://h/mcp", "env": {}}, "goes with a command"),
        ({"command": "x", "env": {"A": 1}}, "table of strings"),
        ({"command": "x", "timeout": 0}, "no number of seconds"),
        ({"command": "x", "timeout": True}, "no number of seconds"),
        ({"command": "x", "max_chars": 0}, "whole number"),
        ({"command": "x", "bind": "yes"}, "true or false"),
        ({"url": "http://h/mcp", "token_env": "a b"}, "environment variable"),
    ],
)
def test_a_table_that_cannot_be_is_said_with_its_place(entry: object, words: str) -> None:
    with pytest.raises(SettingError, match=words) as told:
        servers_of({"cxr": entry})
    assert "cxr" in str(told.value)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_sentence(text: str) -> None:
    try:
        server = read_server(text)
    except SettingError:
        return
    assert bool(server.url) != bool(server.command)


_ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
_KEYS = st.sampled_from(["url", "command", "env", "timeout", "bind", "headers", "x"])


@given(_ANYTHING | st.dictionaries(_KEYS, _ANYTHING))
def test_any_table_is_read_or_refused(entry: object) -> None:
    try:
        (server,) = servers_of({"a": entry})
    except SettingError:
        return
    assert server.name == "a"
