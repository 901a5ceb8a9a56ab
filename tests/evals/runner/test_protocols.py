"""The published settings, and a curated run as the published systems made it."""

from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from clinseek.evals.runner import open_run
from clinseek.evals.runner.protocols import DIFFERENCES, paper_protocol
from clinseek.evals.runner.settings import RunSettings
from clinseek.models import read_spec
from clinseek.records import Record
from tests.evals.runner.wardrows import EVIDENCE, evaluated, rows
from tests.graphs.doubles import Ward, finishing, scripted
from tests.models.server import ChatServer, answer

SPEC = "openai:tiny@http://127.0.0.1:9/v1"


def test_the_published_settings_are_those_of_the_paper() -> None:
    automated = paper_protocol(read_spec(SPEC), setting="automated", profile="available").settings
    assert automated.model == SPEC  # temperature 1 and 8,192 tokens are the defaults
    assert (automated.tools, automated.role, automated.protocol) == (
        "paper20",
        "published",
        "paper",
    )
    assert (automated.max_rounds, automated.max_revisions) == (200, 0)
    assert (automated.max_observation_chars, automated.max_browser_calls) == (100_000, 40)
    assert automated.differences == ()


def test_the_published_differences_of_curated_runs_are_stamped() -> None:
    curated = paper_protocol(read_spec(SPEC), setting="curated", profile="available").settings
    assert curated.model == f"{SPEC}?temperature=0.0&max_tokens=16384"
    assert curated.differences == DIFFERENCES


def _curated(ward: Ward, out: Path, *turns: Any) -> Record:
    settings: dict[str, Any] = {"setting": "curated", "protocol": "paper"}
    model = scripted(*turns)
    evaluated(ward, out, rows(1), model=model, settings=settings)
    assert model.bound == []
    (heard,) = model.heard
    assert [message.type for message in heard] == ["human"]
    assert EVIDENCE in str(heard[0].content)
    assert str(heard[0].content).index(EVIDENCE) < str(heard[0].content).index("<answer>")
    (record,) = open_run(out).records()
    return record


def test_it_is_one_turn_without_a_system_role_answered_by_a_trailer(
    ward: Ward, tmp_path: Path
) -> None:
    said = AIMessage('It was 3.2 this morning. <answer>{"response": ["3.2"]}</answer>')
    record = _curated(ward, tmp_path / "run", said)
    assert (record.answer, record.status, record.salvaged) == (["3.2"], "answered", "json")
    assert (record.usage["model_calls"], len(record.turns), record.tools) == (1, 1, [])
    assert [message["role"] for message in record.messages] == ["user", "assistant"]
    assert record.versions["store"] == "ward-1"


def test_a_reply_without_an_answer_abstains(ward: Ward, tmp_path: Path) -> None:
    assert _curated(ward, tmp_path / "run", AIMessage("")).status == "abstained"


def test_a_host_that_fails_fails_the_run(ward: Ward, tmp_path: Path) -> None:
    done = evaluated(
        ward, tmp_path / "run", rows(1), model=scripted(*[PermissionError("wrong key")] * 9),
        settings={"setting": "curated", "protocol": "paper"},
    )  # fmt: skip
    (record,) = open_run(tmp_path / "run").records()
    assert (done.tally.failed, record.stop_reason) == (1, "model_error")


def test_what_is_sent_is_what_the_settings_say(ward: Ward, tmp_path: Path) -> None:
    with ChatServer(answer('<answer>{"response": ["3.2"]}</answer>')) as chat:
        model, settings = paper_protocol(
            read_spec(chat.spec), setting="curated", profile="available"
        )
        evaluated(
            ward, tmp_path / "run", rows(1), model=model,
            settings=settings.model_dump(exclude={"model"}),
        )  # fmt: skip
        (body,) = chat.requests
    assert (body["temperature"], body.get("tools")) == (0.0, None)
    assert body.get("max_tokens") or body.get("max_completion_tokens") == 16_384


@pytest.mark.parametrize("setting", ["automated", "curated", "briefed"])
def test_without_the_protocol_temperature_and_budget_are_the_same(setting: Any) -> None:
    settings = RunSettings(model="scripted", setting=setting)
    assert (settings.max_rounds, settings.max_revisions, settings.differences) == (200, 1, ())


def test_a_curated_run_of_ours_answers_by_finish(ward: Ward, tmp_path: Path) -> None:
    evaluated(
        ward, tmp_path / "run", rows(1), model=scripted(finishing("3.2")),
        settings={"setting": "curated"},
    )  # fmt: skip
    (record,) = open_run(tmp_path / "run").records()
    assert (record.stop_reason, record.messages[0]["role"]) == ("finish", "system")
