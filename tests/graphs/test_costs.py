"""Tokens and dollars of a run, and budgets of them."""

from pathlib import Path

import pytest
from langchain_core.messages import AIMessage

from clinseek.errors import SettingError
from clinseek.records import Record
from tests.graphs.conftest import Ask
from tests.graphs.doubles import calling, finishing, labs

PRICES = """
[[price]]
model = "openai:dear*"
input = 100.0
cached = 10.0
output = 1000.0
"""


@pytest.fixture(autouse=True)
def prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(PRICES, encoding="utf-8")
    monkeypatch.setenv("CLINSEEK_PRICES", str(file))


def counted(turn: AIMessage, *, read: int, cached: int, said: int, reasoned: int) -> AIMessage:
    turn.usage_metadata = {
        "input_tokens": read,
        "output_tokens": said,
        "total_tokens": read + said,
        "input_token_details": {"cache_read": cached},
        "output_token_details": {"reasoning": reasoned},
    }
    return turn


def looking(at: int) -> AIMessage:
    turn = calling(labs(f"2150-03-01 00:00:{at:02d}"), tag=str(at))
    return counted(turn, read=1000, cached=400, said=100, reasoned=60)


def _priced(ask: Ask, *turns: AIMessage, **options: object) -> Record:
    return ask(*turns, spec="openai:dear-1", max_revisions=0, **options)


def test_tokens_are_told_apart_and_each_turn_stands_in_the_record(ask: Ask) -> None:
    record = ask(looking(1), looking(2), finishing("3.2"), max_revisions=0)

    usage = record.usage
    assert (usage["cached_tokens"], usage["reasoning_tokens"]) == (800, 120)
    assert [turn["input_tokens"] for turn in record.turns[:2]] == [1000, 1000]
    assert [turn["round"] for turn in record.turns] == [1, 2, 3]
    assert record.usage["input_tokens"] == sum(turn["input_tokens"] for turn in record.turns)


def test_dollars_are_by_the_price_file(ask: Ask) -> None:
    last = counted(finishing("3.2"), read=1000, cached=400, said=100, reasoned=0)

    record = _priced(ask, looking(1), last)

    one = (600 * 100 + 400 * 10 + 100 * 1000) / 1e6
    assert record.usage["dollars"] == pytest.approx(2 * one)


def test_a_model_without_a_price_costs_not_known_and_never_nothing(ask: Ask) -> None:
    record = ask(looking(1), finishing("3.2"), spec="openai:other", max_revisions=0)

    assert record.usage["dollars"] is None


def test_a_run_stops_where_its_dollars_are_spent(ask: Ask) -> None:
    conclusion = AIMessage('{"response": ["3.2"]}')

    record = _priced(ask, *[looking(at) for at in range(9)], conclusion, max_dollars=0.7)

    assert (record.answer, record.stop_reason) == (["3.2"], "cost_limit")
    told = [m["content"] for m in record.messages if m["role"] == "user"]
    assert any("tenth of the money" in text for text in told)
    assert len(record.evidence) == 5


def test_a_limit_in_dollars_needs_a_price(ask: Ask) -> None:
    with pytest.raises(SettingError, match="the price of 'openai:other' is not known"):
        ask(finishing("3.2"), spec="openai:other", max_dollars=1.0)
