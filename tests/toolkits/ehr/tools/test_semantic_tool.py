"""Searching the fixed wordings by meaning."""

from pathlib import Path

import pytest

from tests.toolkits.ehr.candidates.tiny_embedder import tiny_embedder
from tests.toolkits.ehr.tools.small_case import Call, table_of

pytest.importorskip("torch")
pytest.importorskip("transformers")

NAME = "get_candidates_by_semantic_similarity"


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tiny_embedder(tmp_path / "model")
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLINSEEK_EMBEDDER", str(folder))
    return folder


def test_each_query_has_its_nearest_entries_with_cosines(call: Call) -> None:
    asked = {"table_name": "labevents", "mode": "semantic", "limit": 1}
    text, seen = call(NAME, query=["creatinine", "potassium"], **asked)
    assert seen.tables == ("labevents_candidates",)
    assert [(row["query"], row["score"], row["candidate"]) for row in table_of(text)] == [
        ("creatinine", "1", "Creatinine"), ("potassium", "1", "Potassium"),
    ]  # fmt: skip
    assert call(NAME, table_name="labevents", query="k") == call(
        NAME, table_name="labevents", query=["k"]
    )


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
def test_half_a_character_is_no_reason_to_fail(call: Call, mode: str) -> None:
    asked = {"table_name": "labevents", "mode": mode, "limit": 1, "threshold": -1}
    text, seen = call(NAME, query="potassium \ud83d", **asked)
    assert not seen.refused
    assert [row["query"] for row in table_of(text)] == ["potassium \N{REPLACEMENT CHARACTER}"]


def test_a_threshold_that_nothing_reaches_is_said(call: Call) -> None:
    text, seen = call(NAME, table_name="labevents", query="heart", mode="semantic", threshold=1)
    assert not seen.refused
    assert "nothing for 'heart': lower the threshold or reword" in text


def test_the_default_is_all_searches_by_one_ranking(call: Call) -> None:
    asked = {"table_name": "labevents", "query": "potassium", "limit": 2}
    text, _ = call(NAME, **asked)
    assert text == call(NAME, mode="hybrid", **asked)[0]
    assert table_of(text)[0]["candidate"] == "Potassium"
    assert len(table_of(text)) == 2


def test_hybrid_search_by_spelling_takes_the_vectors_that_are_there(call: Call) -> None:
    asked = {"table_name": "labevents", "keywords": "potassium", "mode": "hybrid"}
    before, _ = call("get_candidates_by_fuzzy_matching", **asked)
    assert "the best entries of keyword and fuzzy search" in before
    call(NAME, table_name="labevents", query="potassium")
    after, _ = call("get_candidates_by_fuzzy_matching", **asked)
    assert "keyword, fuzzy and semantic search" in after


def test_a_broken_cache_is_made_again_and_said(call: Call, tmp_path: Path) -> None:
    asked = {"table_name": "labevents", "query": "potassium"}
    first, _ = call(NAME, **asked)
    (kept,) = (tmp_path / "home" / "embeddings").glob("*.f32")
    kept.write_bytes(b"broken")
    again, _ = call(NAME, **asked)
    assert "broken and have been computed again" in again
    assert table_of(again) == table_of(first)
    assert call(NAME, **asked)[0] == first


def test_a_model_that_cannot_be_loaded_is_a_refusal(call: Call, model: Path) -> None:
    (model / "config.json").write_text("{}")
    text, seen = call(NAME, table_name="labevents", query="potassium")
    assert seen.refused
    assert "cannot be loaded" in text


def test_an_unknown_table_or_nothing_to_look_for_is_refused(call: Call) -> None:
    assert "labevents_candidates" in call(NAME, table_name="nowhere", query="x")[0]
    assert call(NAME, table_name="labevents", query=[" "])[1].refused
    assert "at most 50" in call(NAME, table_name="labevents", query=["x"] * 10_000)[0]
