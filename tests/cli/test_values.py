"""What is typed at the command line is read, or refused with a sentence."""

from pathlib import Path

import pytest

from clinseek.cli.values import arguments_from, candidates_from
from clinseek.errors import SettingError

SCHEMA = {
    "properties": {
        "table_name": {"type": "string"},
        "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "columns": {"type": "array", "items": {"type": "string"}},
        "value": {"anyOf": [{"type": "number"}, {"type": "string"}]},
    },
    "required": ["table_name"],
}


def test_candidates_of_every_form_come_in_order_and_once(tmp_path: Path) -> None:
    listed = tmp_path / "candidates.txt"
    listed.write_text("no\n\n  not known, or unclear\n")
    assert candidates_from(["yes,no", f"@{listed}"]) == ["yes", "no", "not known, or unclear"]


def test_no_candidates_are_none_and_not_an_empty_list() -> None:
    assert candidates_from([]) is None


@pytest.mark.parametrize("given", ["@/nowhere/at/all.txt", '["yes", 1]', '["yes"'])
def test_candidates_that_cannot_be_read_are_refused(given: str) -> None:
    with pytest.raises(SettingError, match="--candidates"):
        candidates_from([given])


@pytest.mark.parametrize("given", ["", " , ", "[]", '[""]', "@{empty}"])
def test_candidates_that_name_none_are_refused_and_not_taken_for_no_bound(
    given: str, tmp_path: Path
) -> None:
    empty = tmp_path / "candidates.txt"
    empty.write_text("\n")
    with pytest.raises(SettingError, match="names no candidate; write --candidates"):
        candidates_from(["yes", given.format(empty=empty)])


def test_a_file_of_candidates_that_is_not_there_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"nosuch.*; name a text file with one candidate a line"):
        candidates_from([f"@{tmp_path / 'nosuch'}"])


def test_a_text_argument_stays_text_and_others_are_read_as_json() -> None:
    read = arguments_from(["table_name=10", "limit=5", 'columns=["a", "b"]', "value=4.5"], SCHEMA)
    assert read == {"table_name": "10", "limit": 5, "columns": ["a", "b"], "value": 4.5}


def test_a_value_may_hold_an_equals_sign() -> None:
    assert arguments_from(["table_name=a=b"], SCHEMA) == {"table_name": "a=b"}


def test_a_value_that_is_no_json_is_left_for_the_tool_to_judge() -> None:
    assert arguments_from(["table_name=x", "limit=many"], SCHEMA)["limit"] == "many"


def test_an_unknown_argument_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(SettingError, match="did you mean table_name"):
        arguments_from(["table=x"], SCHEMA)


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(SettingError, match="still missing: table_name"):
        arguments_from(["limit=1"], SCHEMA)


def test_a_word_without_an_equals_sign_is_refused() -> None:
    with pytest.raises(SettingError, match="write it as key=value"):
        arguments_from(["labevents"], SCHEMA)
