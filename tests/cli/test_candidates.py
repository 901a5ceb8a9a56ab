"""`clinseek candidates embed`: vectors made before a run asks for them."""

import json
from pathlib import Path

import pytest

from clinseek.cli.candidates import Standing
from tests.cli.conftest import CommandLine
from tests.toolkits.ehr.candidates.tiny_embedder import tiny_embedder

pytest.importorskip("torch")
pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_embedder(tmp_path_factory.mktemp("model"))


@pytest.fixture(autouse=True)
def _chosen(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINSEEK_EMBEDDER", str(model))


def test_every_list_of_a_store_is_embedded_once(
    clinseek: CommandLine, store: Path, tmp_path: Path
) -> None:
    ran = clinseek("candidates", "embed", store, "--json")
    assert ran.code == 0
    made = json.loads(ran.out)["tables"]
    assert "labevents_candidates" in {each["table"] for each in made}
    assert all(each["titles"] > 0 for each in made)
    assert f"{made[0]['table']}: 0 of {made[0]['titles']} titles" in ran.err
    assert list((tmp_path / "home" / "embeddings").glob("*.f32"))
    again = json.loads(clinseek("candidates", "embed", store, "--json").out)["tables"]
    assert [each["seconds"] for each in again] == [None] * len(made)


def test_one_list_may_be_named(clinseek: CommandLine, store: Path) -> None:
    ran = clinseek("candidates", "embed", store, "--table", "labevents")
    assert ran.code == 0
    assert "labevents_candidates" in ran.out
    assert "diagnoses" not in ran.out


def test_a_list_that_is_not_there_is_answered_with_those_that_are(
    clinseek: CommandLine, store: Path
) -> None:
    ran = clinseek("candidates", "embed", store, "--table", "nowhere")
    assert (ran.code, ran.out) == (2, "")
    assert "no candidate table 'nowhere' in this store; it has: " in ran.err
    assert "labevents_candidates" in ran.err


def test_without_a_model_the_reason_is_said(
    clinseek: CommandLine, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_EMBEDDER", str(tmp_path / "no model"))
    ran = clinseek("candidates", "embed", store)
    assert (ran.code, ran.out) == (2, "")
    assert "search by meaning is absent: " in ran.err


def test_the_time_left_is_told_once_it_can_be() -> None:
    said: list[str] = []
    now = iter([100.0, 160.0])
    standing = Standing(said.append, lambda: next(now))
    standing("x_candidates", 1_000, 4_000)
    standing("x_candidates", 2_000, 4_000)
    standing("x_candidates", 4_000, 4_000)
    assert said == [
        "x_candidates: 1,000 of 4,000 titles",
        "x_candidates: 2,000 of 4,000 titles, about 2 min left",
        "x_candidates: 4,000 of 4,000 titles",
    ]
