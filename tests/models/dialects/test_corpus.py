"""What the model families write, read as it was meant: the corpus beside this file."""

import json
from pathlib import Path
from typing import Any

import pytest

from clinseek.models.dialects import read_calls
from clinseek.models.names import NameTable
from clinseek.toolkits.ehr.tools.schemas import ehr_tool_schemas

SCHEMAS = ehr_tool_schemas()
KNOWN = [*(schema["function"]["name"] for schema in SCHEMAS), "browser.search", "browser.open"]
CORPUS = Path(__file__).parent / "corpus"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['case']}")
    for path in sorted(CORPUS.glob("*.json"))
    for case in json.loads(path.read_text())
]


@pytest.mark.parametrize("case", CASES)
def test_each_output_gives_its_calls_in_order_and_the_rest(case: dict[str, Any]) -> None:
    found = read_calls(case["text"], known=KNOWN, schemas=SCHEMAS, cut=case.get("cut", False))

    read = [
        {"name": call.name, "arguments": call.arguments, "dialect": call.dialect,
         "repair": call.repair} for call in found.calls
    ]  # fmt: skip
    assert read == case["calls"]
    assert found.rest == case["rest"]


@pytest.mark.parametrize("case", CASES)
def test_what_a_call_was_read_from_stands_in_the_text(case: dict[str, Any]) -> None:
    found = read_calls(case["text"], known=KNOWN, schemas=SCHEMAS, cut=case.get("cut", False))

    assert all(call.raw and call.raw in case["text"] for call in found.calls)


@pytest.mark.parametrize("case", CASES)
def test_no_text_that_breaks_off_makes_a_call_with_other_arguments(case: dict[str, Any]) -> None:
    """Every beginning of an output, known to be cut: a call is whole, or it has no arguments."""
    text, meant = case["text"], [(call["name"], call["arguments"]) for call in case["calls"]]
    for end in range(len(text)):
        found = read_calls(text[:end], known=KNOWN, schemas=SCHEMAS, cut=True)
        whole = [(call.name, call.arguments) for call in found.calls if call.arguments is not None]
        assert all(call in meant for call in whole), text[:end]


@pytest.mark.parametrize("case", CASES)
def test_names_are_those_of_tools_or_stand_in_explicit_markup(case: dict[str, Any]) -> None:
    found = read_calls(case["text"], known=(), schemas=SCHEMAS, cut=case.get("cut", False))

    unmarked = {"bare_json", "fenced_json", "tool_code", "pythonic"}
    assert not [call for call in found.calls if call.dialect in unmarked]
    assert NameTable(()).repair("ehr_think").how is None
