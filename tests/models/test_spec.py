"""How a model is named: one spelling, read and written again."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import ModelError
from clinseek.models.spec import ModelSpec, Parameters, read_parameters, read_spec
from clinseek.models.spec_file import named_model


@pytest.mark.parametrize(
    ("spec", "name", "url"),
    [
        ("openai:gpt-9", "gpt-9", None),
        ("openai:qwen3@http://127.0.0.1:8000/v1", "qwen3", "http://127.0.0.1:8000/v1"),
        ("openai:/models/a@b@http://h/v1/", "/models/a@b", "http://h/v1"),
        ("vllm:http://gpu:8000", "", "http://gpu:8000/v1"),
        ("vllm:http://gpu:8000/v1", "", "http://gpu:8000/v1"),
        ("vllm:Qwen/Qwen3.5@https://gpu", "Qwen/Qwen3.5", "https://gpu/v1"),
        ("bedrock:us.anthropic.claude-opus-4-6-v1:0?region=us-west-2",
         "us.anthropic.claude-opus-4-6-v1:0", None),
        ("hf:/models/tiny", "/models/tiny", None),
        ("replay:runs/results.jsonl#q7", "runs/results.jsonl#q7", None),
    ],
)  # fmt: skip
def test_a_spec_says_provider_name_and_address(spec: str, name: str, url: str | None) -> None:
    read = read_spec(spec)

    assert (read.provider, read.name, read.url) == (spec.partition(":")[0], name, url)


def test_without_parameters_a_model_is_asked_by_the_published_settings() -> None:
    parameters = read_spec("openai:m").parameters

    assert (parameters.temperature, parameters.max_tokens) == (1.0, 8192)


def test_parameters_stand_behind_a_question_mark() -> None:
    read = read_spec(
        "openai:m@http://h/v1?temperature=0&seed=3&thinking=off&effort=high&stream=on"
        "&extra=%7B%22top_k%22%3A%2020%7D"
    )

    assert read.parameters.told() == {
        "temperature": 0.0,
        "seed": 3,
        "thinking": False,
        "effort": "high",
        "stream": True,
        "extra": {"top_k": 20},
    }


def test_a_temperature_of_the_host_is_none_of_ours() -> None:
    assert read_spec("openai:m?temperature=default").parameters.temperature is None


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("gpt", "cannot be named so"),
        ("", "cannot be named so"),
        ("offline:x", "cannot be named so"),
        ("openai:", "names no model"),
        ("openai:@http://x/v1", "names no model"),
        ("openai:m@http://", "is no address"),
        ("openai:m@http://x:0/v1", "is no address"),
        ("openai:m@http://x:99999/v1", "is no address"),
        ("vllm:gpu:8000", "is no address"),
        ("openai:qwen@gpu:8000/v1", "is no name of a model"),
        ("openai:qwen@gpu.lab.org/v1", "is no name of a model"),
        ("openai:qwen@http://me:secret@gpu:8000/v1", "no user and password"),
        ("vllm:http://me:secret@gpu:8000", "no user and password"),
        ("vllm:ftp://gpu", "is no address"),
        ("hf:", "names no model"),
        ("openai:m?heat=1", "no parameter 'heat'; there are temperature"),
        ("openai:m?temperature=hot", "it must be a number"),
        ("openai:m?temperature=3", "from 0 to 2"),
        ("openai:m?temperature=nan", "it must be a number"),
        ("openai:m?max_tokens=0", "from 1 to"),
        ("openai:m?thinking=perhaps", "on, off, or a budget"),
        ("openai:m?thinking=0", "one token at least"),
        ("openai:m?effort=huge", "it must be one of"),
        ("openai:m?extra=[1]", "one JSON object"),
        ("openai:m?extra={", "one JSON object"),
        ("openai:m?images=maybe", "on or off"),
        ("bedrock:m?region=", "it is empty"),
    ],
)
def test_a_spec_that_cannot_be_is_one_sentence(spec: str, told: str) -> None:
    with pytest.raises(ModelError, match=told.replace("[", "\\[")) as refused:
        read_spec(spec)
    assert "\n" not in str(refused.value)
    assert "secret" not in str(refused.value)


_words = st.text(st.characters(codec="utf-8", exclude_characters="?@#"), min_size=1)
_parameters = st.builds(
    Parameters,
    temperature=st.none() | st.floats(0, 2),
    max_tokens=st.integers(1, 10**7),
    top_p=st.none() | st.floats(0, 1),
    seed=st.none() | st.integers(-(2**63), 2**63 - 1),
    thinking=st.none() | st.booleans() | st.integers(1, 10**6),
    effort=st.none() | st.sampled_from(["low", "high"]),
    context=st.none() | st.integers(256, 10**8),
    images=st.none() | st.booleans(),
    stream=st.booleans(),
    region=st.none() | _words.filter(str.strip),
    extra=st.dictionaries(st.text(), st.integers() | st.text() | st.booleans(), max_size=3),
)


@given(_words, _parameters)
def test_a_spec_that_is_written_is_read_as_the_same(name: str, parameters: Parameters) -> None:
    spec = ModelSpec(provider="hf", name=name, parameters=parameters)

    assert str(read_spec(str(spec))) == str(spec)
    assert read_spec(str(spec)).parameters.told() == parameters.told()


def _file(folder: Path, text: str) -> Path:
    file = folder / "models.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_table_of_a_file_names_a_model(tmp_path: Path) -> None:
    file = _file(
        tmp_path,
        """
        [small]
        model = "vllm:http://gpu:8000?temperature=0.2&seed=1"
        temperature = 0.6
        thinking = true
        extra = { top_k = 20 }
        [large]
        model = "openai:big"
        """,
    )

    read = named_model(f"@{file}#small")

    assert read.url == "http://gpu:8000/v1"
    assert read.parameters.told() == {
        "temperature": 0.6, "seed": 1, "thinking": True, "extra": {"top_k": 20},
    }  # fmt: skip
    assert str(read) == str(read_spec(str(read)))


@pytest.mark.parametrize(
    "text", ['model = "openai:m"\nseed = 2', '[one]\nmodel="openai:m"\nseed=2']
)
def test_a_file_with_one_model_needs_no_table_named(tmp_path: Path, text: str) -> None:
    assert str(named_model(f"@{_file(tmp_path, text)}")) == "openai:m?seed=2"


@pytest.mark.parametrize(
    ("text", "table", "told"),
    [
        ("[a]\n[b]", "", "name one of its tables"),
        ("[a]", "#c", "no table .c.; its tables: a"),
        ("[a]\nseed = 1", "#a", "the table needs model"),
        ("[a", "", "no TOML"),
        ('model = "openai:m"\nseed = 1.5', "", "must be a whole number"),
        ('model = "openai:m"\nheat = 1', "", "no parameter 'heat'"),
    ],
)
def test_a_file_that_names_no_model_says_why(
    tmp_path: Path, text: str, table: str, told: str
) -> None:
    with pytest.raises(ModelError, match=told):
        named_model(f"@{_file(tmp_path, text)}{table}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        named_model(f"@{tmp_path}/none.toml")


@pytest.mark.parametrize("value", [True, "on", "1024", 1024])
def test_thinking_is_a_switch_or_a_budget(value: Any) -> None:
    assert read_parameters("m", {"thinking": value}).thinking in (True, 1024)


@pytest.mark.parametrize(
    "rest",
    [
        "http://127.0.0.1:8000/v1", "q@htpp://127.0.0.1:8000/v1", "q@ftp://127.0.0.1/v1",
        "q @ http://127.0.0.1:8000/v1", "q@//127.0.0.1:8000", "q@localhost", "q@127.0.0.1",
        "q@127.0.0.1:8000", "q@gpu/v1", "127.0.0.1:8000/v1", "localhost:8000", "gpu/v1",
    ],
)  # fmt: skip
def test_a_mistyped_address_is_no_name_that_the_provider_would_be_asked_for(rest: str) -> None:
    with pytest.raises(ModelError, match=r"is no name of a model; an address follows the name as"):
        read_spec(f"openai:{rest}")


@pytest.mark.parametrize(
    ("spec", "name", "url"),
    [
        ("openai:q@HTTP://gpu:8000/v1", "q", "HTTP://gpu:8000/v1"),
        ("openai:claude@20240620@https://proxy/v1", "claude@20240620", "https://proxy/v1"),
        ("openai:ft:gpt-4o:org::id", "ft:gpt-4o:org::id", None),
        ("vllm:/models/qwen@http://gpu", "/models/qwen", "http://gpu/v1"),
    ],
)
def test_names_may_hold_colons_and_those_on_a_host_of_ones_own_an_at(
    spec: str, name: str, url: str | None
) -> None:
    read = read_spec(spec)
    assert (read.name, read.url) == (name, url)
