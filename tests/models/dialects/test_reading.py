"""What holds of every text: calls come back as they were written, and nothing is lost."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clinseek.models.dialects import TextCalls, read_calls
from tests.models.dialects.rendering import (
    BEGIN,
    JSON_FORMS,
    PYTHON_FORMS,
    SEPARATOR,
    TAG_FORMS,
    UNMARKED_FORMS,
    WHOLE_FORMS,
    Renderer,
    bare,
    bracket,
    fence,
    tool_call_json,
    tool_call_xml,
)

KNOWN = ["ehr.think", "ehr.finish", "ehr.run_sql_query", "browser.open"]
_CHARACTERS = st.characters(exclude_categories=["Cs"])
_MARKS = [
    "<tool_call>", "</tool_call>", "<function=f", ">", "</function>", "<parameter=a>", "{", "}",
    "</parameter>", "[Tool Call: f(", ")]", "[TOOL_CALLS]", "<|python_tag|>", "```json\n", "```\n",
    BEGIN, SEPARATOR, '"name"', ": ", '"ehr.think"', '"arguments"', ",", '"',
    "'", "\\", "<|channel|>commentary to=functions.f", "<|message|>", "<arg_key>a</arg_key>",
    "<arg_value>", "<|tool_call>call:f{", '<|"|>', "`", "\n", "[", "]", "f(a=", "1", "print(",
    '<invoke name="f">', "ehr_think(", "é", "\x00",
]  # fmt: skip

texts = st.text(_CHARACTERS, max_size=30)
plain_values = texts | st.integers(-(2**53), 2**53) | st.booleans() | st.none()
values = st.recursive(
    plain_values | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(_CHARACTERS, max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
keys = st.sampled_from(["response", "table_name", "limit", "x1"])
arguments = st.dictionaries(keys, values, max_size=4)
told_apart = st.dictionaries(keys, texts | st.integers(-999, 999) | st.lists(texts, max_size=3))
names = st.sampled_from(KNOWN)
marked = st.lists(st.sampled_from(_MARKS) | texts, max_size=25).map("".join)


def schemas_for(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Schemas by which each of the known tools takes just these types."""
    kinds = {str: "string", int: "integer", list: "array"}
    properties = {name: {"type": kinds[type(value)]} for name, value in given.items()}
    return [
        {"type": "function", "function": {"name": name, "parameters": {"properties": properties}}}
        for name in KNOWN
    ]


def pairs(found: TextCalls) -> list[tuple[str, dict[str, Any] | None]]:
    return [(call.name, call.arguments) for call in found.calls]


@pytest.mark.parametrize("write", [*JSON_FORMS, *PYTHON_FORMS])
@given(name=names, given_=arguments, before=st.sampled_from(["", "Words before. "]))
def test_a_call_in_any_markup_comes_back(
    write: Renderer, name: str, given_: dict[str, Any], before: str
) -> None:
    found = read_calls(before + write(name, given_), known=KNOWN)

    assert pairs(found) == [(name, given_)]
    assert found.calls[0].repair is None
    assert found.rest == before.strip()


@pytest.mark.parametrize("write", TAG_FORMS)
@given(name=names, given_=told_apart)
def test_values_in_tags_come_back_as_the_schema_types_them(
    write: Renderer, name: str, given_: dict[str, Any]
) -> None:
    written = write(name, given_)
    assume(not any("<" in text or text != text.strip("\n") for text in _texts_in(given_)))

    found = read_calls(written, known=KNOWN, schemas=schemas_for(given_))

    assert pairs(found) == [(name, given_)]


@pytest.mark.parametrize("write", [*UNMARKED_FORMS, *WHOLE_FORMS])
@given(name=names, given_=arguments)
def test_a_known_tool_is_called_without_markup_and_an_unknown_one_is_not(
    write: Renderer, name: str, given_: dict[str, Any]
) -> None:
    written = write(name, given_)
    assume(not any(mark in written for mark in ("<", "[T", "to=")))

    assert pairs(read_calls(written, known=KNOWN)) == [(name, given_)]
    assert read_calls(written, known=["ehr.other"]) == ([], written)


@given(st.lists(st.tuples(names, arguments), min_size=1, max_size=5), st.data())
def test_calls_keep_their_order_and_the_words_between_them_are_the_rest(
    calls: list[tuple[str, dict[str, Any]]], data: st.DataObject
) -> None:
    forms = [data.draw(st.sampled_from(JSON_FORMS)) for _ in calls]
    text = "word0 " + "".join(
        f"{write(*call)} word{at} "
        for at, (write, call) in enumerate(zip(forms, calls, strict=True), start=1)
    )

    found = read_calls(text, known=KNOWN)

    assert pairs(found) == calls
    assert found.rest.split() == [f"word{at}" for at in range(len(calls) + 1)]


@given(marked)
def test_no_text_raises_and_text_without_calls_stays_as_it_is(text: str) -> None:
    found = read_calls(text, known=KNOWN)

    assert found.calls or found.rest == text
    assert all(call.raw in text for call in found.calls)
    assert all(isinstance(call.arguments, dict | None) for call in found.calls)


@given(st.lists(st.sampled_from(_MARKS) | texts, max_size=20))
def test_every_word_stands_in_the_rest_or_in_what_a_call_was_read_from(parts: list[str]) -> None:
    words = [f"w{at}w" for at in range(len(parts))]
    text = "".join(f"{part}{word}" for part, word in zip(parts, words, strict=True))

    found = read_calls(text, known=KNOWN)

    kept = found.rest + "".join(call.raw for call in found.calls)
    assert [word for word in words if word not in kept] == []


@given(arguments, st.integers(0, 10_000))
def test_a_call_that_is_cut_never_runs_with_other_arguments(
    given_: dict[str, Any], cut_at: int
) -> None:
    for write in (tool_call_json, bracket, fence, bare):
        written = write("ehr.think", given_)
        found = read_calls(written[: cut_at % len(written)], known=KNOWN, cut=True)
        assert [call for call in found.calls if call.arguments not in (None, given_)] == []


@given(arguments.filter(bool), st.sampled_from([",}", "}}"]))
def test_a_comma_or_a_brace_too_many_is_mended(given_: dict[str, Any], end: str) -> None:
    written = json.dumps(given_)[:-1] + end

    (call,) = read_calls(f"[Tool Call: ehr.think({written})]", known=KNOWN).calls

    assert call.arguments in (given_, None)
    assert call.arguments is not None or end == "}}" or "\\" in written


@pytest.mark.parametrize(
    "broken",
    [
        '{"sql_query": "SELECT "a" FROM b"}',
        '{"sql_query": "SELECT a',
        '{"limit": [1, 2}',
        '{"limit" 5}',
        '{"limit": 5 "offset": 6}',
        '{"limit": NaN}',
        '{"limit": 1e999}',
        '{"response": "\\ud800"}',
        "[1, 2]",
        '"text"',
    ],
)
def test_json_with_more_than_one_reading_is_kept_raw(broken: str) -> None:
    text = f'<tool_call>{{"name": "ehr.run_sql_query", "arguments": {broken}}}</tool_call>'

    (call,) = read_calls(text, known=KNOWN).calls

    assert (call.name, call.arguments, call.repair) == ("ehr.run_sql_query", None, None)
    assert broken in call.raw


@pytest.mark.parametrize(
    ("loose", "meant"),
    [
        ('{"a": "x",}', {"a": "x"}),
        ("{'a': 'x', 'b': None}", {"a": "x", "b": None}),
        ('{a: "x"}', {"a": "x"}),
        ('{"a": "x\ny"}', {"a": "x\ny"}),
        ('{"a": "it\\\'s"}', {"a": "it's"}),
        ('{"a": [1, 2,], "b": True}', {"a": [1, 2], "b": True}),
        ('{"a": "\\n\\t\\u00e9 \\d \\\\",}', {"a": "\n\té \\d \\"}),
        ("{'a': 'x \"y\" z'}", {"a": 'x "y" z'}),
    ],
)
def test_json_with_one_reading_is_mended_and_says_so(loose: str, meant: dict[str, Any]) -> None:
    text = f'<tool_call>{{"name": "ehr.think", "arguments": {loose}}}</tool_call>'

    (call,) = read_calls(text, known=KNOWN).calls

    assert (call.arguments, call.repair) == (meant, "json")


@pytest.mark.parametrize("nameless", ['{"arguments": {}}', "{}", "[1]", '{"nam'])
def test_markup_that_names_no_tool_is_a_call_that_could_not_be_read(nameless: str) -> None:
    (call,) = read_calls(f"<tool_call>{nameless}</tool_call>", known=KNOWN).calls

    assert (call.name, call.arguments, call.raw) == ("", None, nameless)


@pytest.mark.parametrize("around", ["`{}`", "```xml\n{}\n```"])
def test_an_answer_that_is_one_piece_of_code_is_its_call(around: str) -> None:
    found = read_calls(around.format(tool_call_xml("ehr.think", {"response": "x"})), known=KNOWN)

    assert (pairs(found), found.rest) == ([("ehr.think", {"response": "x"})], "")


def test_backticks_in_the_arguments_of_one_call_do_not_hide_the_next() -> None:
    calls: list[tuple[str, dict[str, Any] | None]] = [
        ("ehr.think", {"response": "SELECT `a"}),
        ("ehr.think", {"response": "FROM `b"}),
    ]
    text = " ".join(bracket(name, given_ or {}) for name, given_ in calls)

    assert pairs(read_calls(text, known=KNOWN)) == calls


def test_a_number_at_the_very_end_may_have_had_more_digits() -> None:
    text = '<tool_call>{"name": "ehr.think", "arguments": {"limit": 1'

    assert pairs(read_calls(text, known=KNOWN)) == [("ehr.think", None)]
    assert pairs(read_calls(f"{text}}}", known=KNOWN)) == [("ehr.think", {"limit": 1})]


def test_markup_counts_before_a_fence_beside_it() -> None:
    text = f"{fence('ehr.think', {'response': 'an example'})}{tool_call_xml('ehr.finish', {})}"

    found = read_calls(text, known=KNOWN)

    assert pairs(found) == [("ehr.finish", {})]
    assert "an example" in found.rest


@pytest.mark.parametrize(
    "repeated",
    [
        "<tool_call>", "<tool_call>{", '<tool_call>{"name": "f", ', "{", '{"a":', "[", '["', "(",
        "<function=f>", "<function=f>\n<parameter=a>", "<function=f(", '<invoke name="f">', "```",
        "```json\n", "```json\n{\n", "[Tool Call: f(", '[Tool Call: f("', '\\"', "f(", "[f(a=",
        "<|channel|>commentary to=functions.f", "<|channel|>analysis<|message|>", "[TOOL_CALLS][",
        f"{BEGIN}function{SEPARATOR}f\n", "<|python_tag|>{", "<think>", "`", "`<",
        "</tool_call>", '\n{"name"</tool_call>', "<tool_call>f<arg_key>a</arg_key><arg_value>",
        '<|tool_call>call:f{a:<|"|>', "<tool_call>call:f{", " ", "to=", "'''", '"""',
    ],
)  # fmt: skip
@pytest.mark.parametrize("head", ["", '[Tool Call: f("', '<tool_call>{"name": "ehr.think", '])
def test_two_hundred_thousand_characters_of_the_same_are_read(repeated: str, head: str) -> None:
    text = head + repeated * (200_000 // len(repeated))

    found = read_calls(text, known=KNOWN)

    assert [call for call in found.calls if call.name in KNOWN and call.arguments] == []


def _texts_in(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return [text for item in items for text in _texts_in(item)]
    return []
