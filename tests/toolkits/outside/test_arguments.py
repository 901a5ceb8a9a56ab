"""Arguments are checked by the server's own schema before anything is sent."""

from typing import Any

import pytest
from jsonschema.protocols import Validator

from clinseek.errors import Refusal
from clinseek.toolkits.outside.arguments import checked, validator_of

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "organs": {"type": "array", "items": {"$ref": "#/$defs/organ"}},
    },
    "required": ["path"],
    "$defs": {"organ": {"enum": ["lung", "heart"]}},
}


def _validator(schema: dict[str, Any]) -> Validator:
    validator = validator_of(schema)
    assert validator is not None
    return validator


def test_sound_arguments_pass_as_they_are() -> None:
    given = {"path": "a.png", "organs": ["lung"]}
    assert checked("segment", given, _validator(SCHEMA)) == given


def test_a_null_is_an_argument_left_out() -> None:
    assert checked("segment", {"path": "a", "organs": None}, _validator(SCHEMA)) == {"path": "a"}


def test_faults_are_named_with_what_the_tool_takes() -> None:
    with pytest.raises(Refusal) as told:
        checked("segment", {"organs": ["liver", 3]}, _validator(SCHEMA))
    assert str(told.value).startswith("segment was not called: 'path' is a required property; ")
    assert "organs[0]: 'liver' is not one of ['lung', 'heart']" in str(told.value)
    assert str(told.value).endswith("It takes path and optionally organs")


def test_a_long_value_does_not_fill_the_sentence() -> None:
    with pytest.raises(Refusal) as told:
        checked("segment", {"path": ["x" * 100_000]}, _validator(SCHEMA))
    assert len(str(told.value)) < 400


@pytest.mark.parametrize(
    "schema",
    [{"type": "nonsense"}, {"$schema": 5, "type": "object"}, {"type": "string"},
     {"type": ["object", "null"]}, {"properties": 3}, {"properties": {"x": {"pattern": "["}}}],
)  # fmt: skip
def test_what_is_no_schema_of_an_object_is_known(schema: dict[str, Any]) -> None:
    assert validator_of(schema) is None


def test_patterns_are_left_to_the_server() -> None:
    endless = {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}}
    given = {"x": "a" * 60 + "!"}
    assert checked("tool", given, _validator(endless)) == given
    with pytest.raises(Refusal, match="x: 3 is not of type 'string'"):
        checked("tool", {"x": 3}, _validator(endless))


def test_what_a_pattern_would_have_let_pass_is_not_refused_without_it() -> None:
    schema = {
        "patternProperties": {"^x_": {"type": "string"}},
        "additionalProperties": False,
        "properties": {
            "name": {"not": {"pattern": "^a"}},
            "code": {"oneOf": [{"pattern": "^b"}, {"pattern": "^c"}]},
        },
    }
    given = {"x_1": "", "name": "b", "code": "c"}
    assert checked("tool", given, _validator(schema)) == given


def test_a_reference_is_never_fetched() -> None:
    far = {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/schema.json"}}}
    assert checked("tool", {"a": 1}, _validator(far)) == {"a": 1}
