"""Names over the wire and back, and the spellings that stand for a tool."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.models.names import NameHow, NameTable, wire_name, wire_names

TOOLS = ("ehr.load_ehr", "ehr.get_records_by_time", "ehr.finish", "browser.open", "browser.find")
TABLE = NameTable(TOOLS)
_WIRE = re.compile(r"[a-zA-Z0-9_-]{1,64}")

names = st.from_regex(r"[a-z]{1,5}[._][a-z_]{1,8}", fullmatch=True) | st.text(max_size=80)


@pytest.mark.parametrize(
    ("spelled", "name", "how"),
    [
        ("ehr.load_ehr", "ehr.load_ehr", None),
        ("ehr_load_ehr", "ehr.load_ehr", "wire"),
        ("ehr__load_ehr", "ehr.load_ehr", "wire"),
        ("ehr-load_ehr", "ehr.load_ehr", "wire"),
        ("ehr/load_ehr", "ehr.load_ehr", "wire"),
        ("load_ehr", "ehr.load_ehr", "bare"),
        ("open", "browser.open", "bare"),
        ("browser.get_records_by_time", "ehr.get_records_by_time", "namespace"),
        ("image_finish", "ehr.finish", "namespace"),
        ("ehr.open", "browser.open", "namespace"),
        ("functions.ehr.finish", "ehr.finish", "prefix"),
        ("functions.ehr_finish", "ehr.finish", "prefix"),
        ("default_api.finish", "ehr.finish", "prefix"),
        (" ehr.finish\n", "ehr.finish", "trimmed"),
        ("ehr.finish<|channel|>commentary", "ehr.finish", "trimmed"),
        ("ehr_finish<|constrain|>json", "ehr.finish", "wire"),
    ],
)
def test_a_spelling_in_the_table_is_repaired(spelled: str, name: str, how: NameHow | None) -> None:
    assert TABLE.repair(spelled) == (name, how)


@pytest.mark.parametrize(
    "unknown",
    [
        "",
        "ehr.load",
        "load_ehr2",
        "EHR.load_ehr",
        "Finish",
        "mimic.finish",
        "ehr.",
        "functions.",
        "ehr",
    ],
)
def test_a_name_that_only_looks_alike_stays_unknown(unknown: str) -> None:
    assert TABLE.repair(unknown) == (unknown, None)
    assert not TABLE.knows(unknown)


def test_a_bare_name_of_two_tools_stands_for_neither() -> None:
    table = NameTable(["ehr.search", "browser.search", "image.view"])

    assert table.repair("search") == ("search", None)
    assert table.repair("image.search") == ("image.search", None)
    assert table.repair("functions.search") == ("functions.search", None)
    assert table.repair("ehr_search") == ("ehr.search", "wire")


def test_a_known_name_goes_before_what_it_would_spell() -> None:
    table = NameTable(["ehr.x", "ehr_x", "x"])

    assert [table.repair(name) for name in ("ehr_x", "x", "ehr.x")] == [
        ("ehr_x", None),
        ("x", None),
        ("ehr.x", None),
    ]


def test_a_tool_without_namespace_is_found_behind_a_prefix_or_a_namespace() -> None:
    table = NameTable(["lookup_drug", "ehr.finish"])

    assert table.repair("functions.lookup_drug") == ("lookup_drug", "prefix")
    assert table.repair("ehr.lookup_drug") == ("lookup_drug", "namespace")


def test_published_names_have_the_plain_wire_name() -> None:
    assert wire_names(TOOLS) == {name: wire_name(name) for name in TOOLS}


@given(st.lists(names, unique=True, max_size=12))
def test_wire_names_are_one_to_one_and_pass_the_strictest_host(known: list[str]) -> None:
    wired = wire_names(known)

    assert list(wired) == known
    assert len(set(wired.values())) == len(known)
    assert all(_WIRE.fullmatch(wire) for wire in wired.values())
    assert wire_names(known[::-1]) == wired


@given(st.lists(names, unique=True, max_size=12))
def test_every_wire_name_leads_back_to_its_tool(known: list[str]) -> None:
    table = NameTable(known)

    assert [table.repair(wire).name for wire in wire_names(known).values()] == known


@given(st.lists(names, unique=True, max_size=8), st.text(max_size=20))
def test_a_repair_names_a_known_tool_or_changes_nothing(known: list[str], name: str) -> None:
    repaired = NameTable(known).repair(name)

    assert repaired.name in known or repaired == (name, None)
