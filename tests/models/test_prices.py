"""What a turn costs, by a price file that the user can edit."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.models.prices import Price, cost_of, listed_prices, price_of, read_prices
from clinseek.models.tokens import Tokens

_FREE = Price(0.0, 0.0, 0.0)

_OWN = """
[[price]]
model = "openai:gpt-*"
input = 2
cached = 0.2
output = 8.5

[[price]]
model = "vllm:*@gpu.lab.org:8000"
input = 0.5
output = 0.5
"""


@pytest.fixture(autouse=True)
def no_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLINSEEK_PRICES", raising=False)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "prices.toml"
    file.write_text(_OWN)
    monkeypatch.setenv("CLINSEEK_PRICES", str(file))
    return file


@pytest.mark.parametrize(
    "spec",
    [
        "offline",
        "hf:models/tiny",
        "replay:runs.jsonl",
        "vllm:http://127.0.0.1:8000",
        "openai:org/tiny@http://localhost:8080/v1?temperature=0",
        "vllm:tiny@http://[::1]:8000",
    ],
)
def test_what_runs_on_ones_own_machine_costs_nothing(spec: str) -> None:
    assert price_of(spec) == _FREE


@pytest.mark.parametrize(
    "spec",
    [
        "openai:gpt-9",
        "openai:gpt-9@https://loopback.example.org/v1",
        "vllm:http://10.0.0.7:8000",
        "bedrock:eu.some-model-v1:0?region=eu-west-1",
        "a spec that names nothing",
    ],
)
def test_a_model_that_no_file_knows_has_no_price_rather_than_none_to_pay(spec: str) -> None:
    assert price_of(spec) is None


def test_the_users_own_prices_are_found_by_name_and_by_host(own: Path) -> None:
    assert price_of("openai:gpt-9") == Price(2.0, 0.2, 8.5)
    assert price_of("openai:gpt-9@https://eu.api.org/v1") == Price(2.0, 0.2, 8.5)
    assert price_of("vllm:http://gpu.lab.org:8000") == Price(0.5, 0.5, 0.5)
    assert price_of("vllm:http://gpu.lab.org:9000") is None
    assert price_of("offline") == _FREE


def test_the_users_own_prices_come_before_the_shipped_ones(own: Path) -> None:
    own.write_text('[[price]]\nmodel = "*@loopback"\ninput = 1\noutput = 2\n')

    assert price_of("vllm:http://127.0.0.1:8000") == Price(1.0, 1.0, 2.0)


def test_a_price_file_that_was_edited_is_read_anew(own: Path) -> None:
    assert price_of("openai:gpt-9") == Price(2.0, 0.2, 8.5)
    own.write_text('[[price]]\nmodel = "openai:*"\ninput = 1\noutput = 20\n')

    assert price_of("openai:gpt-9") == Price(1.0, 1.0, 20.0)


def test_prices_may_be_handed_over_in_place_of_the_files(own: Path, tmp_path: Path) -> None:
    file = tmp_path / "other.toml"
    file.write_text('[[price]]\nmodel = "openai:*"\ninput = 7\noutput = 7\n')

    assert price_of("openai:gpt-9", prices=read_prices(file)) == Price(7.0, 7.0, 7.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[price]]\nmodel = \n", r"line 2: no TOML \(Invalid value\)"),
        ('[[price]]\nmodel = "a', r"line 2: no TOML"),
        ('\n[[price]]\nmodel = "openai:*"\noutput = 1\n', "line 2: input is missing"),
        ('[[price]]\nmodel = "a"\ninput = -1\noutput = 1\n', "line 1: input cannot be -1"),
        ('[[price]]\nmodel = "a"\ninput = nan\noutput = 1\n', "line 1: input cannot be nan"),
        ('[[price]]\nmodel = "a"\ninput = true\noutput = 1\n', "line 1: input cannot be True"),
        ('[[price]]\nmodel = "a"\ninput = "3"\noutput = 1\n', "line 1: input cannot be '3'"),
        ("[[price]]\ninput = 1\noutput = 1\n", "line 1: model is missing"),
        ('[[price]]\nmodel = "a"\nin = 1\n', "line 1: a price has no in; it has model"),
        ('[prices]\nmodel = "a"\n', "holds \\[\\[price\\]\\] entries .* it has prices"),
        ("price = 3\n", "holds \\[\\[price\\]\\] entries"),
        ("price = [3]\n", "a price is a table"),
    ],
)
def test_a_broken_price_file_is_one_sentence_with_file_and_line(
    own: Path, text: str, told: str
) -> None:
    own.write_text(text)

    with pytest.raises(SettingError, match=told) as raised:
        price_of("offline")

    assert str(own) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_the_second_entry_is_named_by_its_own_line(own: Path) -> None:
    own.write_text(_OWN.replace("input = 0.5", 'input = "half"'))

    with pytest.raises(SettingError, match=r"line 8: input cannot be 'half'"):
        listed_prices()


def test_a_price_file_that_is_not_there_says_who_named_it(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_PRICES", str(own.with_name("gone.toml")))

    with pytest.raises(SettingError, match=r"gone\.toml.*CLINSEEK_PRICES"):
        price_of("offline")


def test_a_price_file_that_is_no_text_says_so(own: Path) -> None:
    own.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SettingError, match="not UTF-8"):
        price_of("offline")


def test_a_cost_that_is_not_known_is_not_nothing() -> None:
    tokens = Tokens(1000, 0, 10, 0, estimated=False)

    assert cost_of(tokens, None) is None
    assert cost_of(tokens, _FREE) == 0.0


_counts = st.integers(0, 10**7)
_dollars = st.floats(0, 1000)


@given(_counts, _counts, _counts, _dollars, _dollars, _dollars)
def test_no_turn_costs_less_than_nothing_or_more_than_its_dearest_token(
    sent: int, cached: int, said: int, first: float, second: float, third: float
) -> None:
    price = Price(first, second, third)
    cost = cost_of(Tokens(sent, cached, said, 0, estimated=False), price)

    assert cost is not None
    assert 0 <= cost <= (sent + said) * max(price) / 1e6 * (1 + 1e-9)
