"""The model that makes vectors: chosen, loaded, pooled as its own files say, or absent."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from clinseek.errors import ModelError, Refusal
from clinseek.toolkits.ehr.candidates.semantic import (
    embedder_folder,
    load_semantic_index,
    making,
    semantic_absence,
    semantic_index,
    semantic_matches,
)
from clinseek.toolkits.ehr.candidates.titles import Titles, titles_of
from tests.toolkits.ehr.candidates.tiny_embedder import WIDTH, tiny_embedder

pytest.importorskip("torch")
pytest.importorskip("transformers")

from clinseek.toolkits.ehr.candidates.semantic.embedder import Embedder, pooling_of

NAMES = ("Acute kidney failure", "Cholera", "Chronic pain", "Heart failure", "Potassium")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_embedder(tmp_path_factory.mktemp("model"))


@pytest.fixture
def titles(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> Titles:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CLINSEEK_EMBEDDER", str(folder))
    return titles_of(("candidate",), [(name,) for name in NAMES], title="candidate")


def test_a_text_has_the_same_unit_vector_alone_and_among_others(folder: Path) -> None:
    model = Embedder(folder)
    rows = model.embed([*NAMES, "heart " * 500])
    assert rows.shape == (6, WIDTH)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert np.allclose(rows[3], model.embed(["heart failure"])[0], atol=1e-5)
    assert model.embed([]).shape == (0, WIDTH)


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_pooling_is_read_from_the_models_own_files(tmp_path: Path, pooling: str) -> None:
    folder = tiny_embedder(tmp_path / pooling, pooling=pooling)
    assert pooling_of(folder) == pooling
    assert np.isfinite(Embedder(folder).embed(["heart", "kidney failure"])).all()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": pooling}))
    assert pooling_of(folder) == pooling


def test_a_pooling_or_layer_that_is_not_read_is_refused(tmp_path: Path) -> None:
    folder = tiny_embedder(tmp_path / "m", pooling="lasttoken")
    with pytest.raises(ModelError, match="pools by lasttoken; clinseek reads mean, cls, max"):
        pooling_of(folder)
    (folder / "modules.json").write_text(
        json.dumps([{"type": "sentence_transformers.models.Dense", "path": "2_Dense"}])
    )
    with pytest.raises(ModelError, match="'Dense'"):
        pooling_of(folder)


def test_what_is_found_by_meaning_is_the_title_itself(titles: Titles) -> None:
    index = load_semantic_index(titles)
    (found,) = semantic_matches(index, ["heart failure"], limit=1)
    assert titles.titles[found[0].place] == "Heart failure"
    assert found[0].score == 1.0
    alone = [semantic_matches(index, [name], limit=3)[0] for name in NAMES]
    assert semantic_matches(index, NAMES, limit=3) == alone


def test_in_an_empty_list_nothing_is_found(titles: Titles) -> None:
    empty = titles_of(("candidate",), [], title="candidate")
    index = load_semantic_index(empty)
    assert semantic_matches(index, ["heart", "kidney"]) == [[], []]
    assert semantic_matches(index, ["heart"]) == [[]]


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer"])
def test_a_folder_that_is_no_model_is_absent_with_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path, missing: str
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    for file in broken.glob(f"{missing}*"):
        file.unlink()
    if missing == "tokenizer":
        (broken / "vocab.txt").unlink()
    monkeypatch.setenv("CLINSEEK_EMBEDDER", str(broken))
    lacks = "weights" if missing.startswith("model") else missing
    assert f"{broken} has no {lacks}" in (semantic_absence() or "")
    with pytest.raises(ModelError, match=f"has no {lacks}"):
        embedder_folder()


@pytest.mark.parametrize(
    ("file", "kept"), [("config.json", 2), ("model.safetensors", 500), ("tokenizer.json", 40)]
)
def test_a_folder_with_a_broken_file_is_a_clear_error(
    tmp_path: Path, folder: Path, file: str, kept: int
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(folder, broken)
    (broken / file).write_bytes((broken / file).read_bytes()[:kept])
    with pytest.raises(ModelError, match=r"cannot be loaded .*; fetch it again"):
        Embedder(broken)


def test_a_tokenizer_of_another_model_is_a_clear_error(tmp_path: Path, folder: Path) -> None:
    mixed = tmp_path / "mixed"
    shutil.copytree(folder, mixed)
    tokenizer = json.loads((mixed / "tokenizer.json").read_text())
    tokenizer["model"]["vocab"]["heart"] = 40_000
    (mixed / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(ModelError, match="cannot embed"):
        Embedder(mixed).embed(["heart"])


@pytest.mark.parametrize("named", ["no such thing", "./nowhere/at/all", "/nowhere"])
def test_a_name_that_is_no_folder_and_no_hub_id_is_told(
    monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv("CLINSEEK_EMBEDDER", named)
    assert "neither a folder nor a hub id" in (semantic_absence() or "")


def test_a_hub_model_that_cannot_be_fetched_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub = pytest.importorskip("huggingface_hub")
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("CLINSEEK_EMBEDDER", "nobody/no-such-model")
    assert semantic_absence() is None
    with pytest.raises(ModelError, match="could not be fetched from the hub"):
        embedder_folder()


def test_a_large_vocabulary_is_embedded_beside_the_runs(
    titles: Titles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "AT_ONCE", 1)
    with pytest.raises(Refusal, match="vectors are being computed, once for all runs"):
        semantic_index(titles, table="x_candidates", patience_s=0)
    index = semantic_index(titles, table="x_candidates", patience_s=60)
    assert len(index.vectors) == len(NAMES)


ENDS_EARLY = """
from clinseek.errors import Refusal
from clinseek.toolkits.ehr.candidates.semantic import making, semantic_index
from clinseek.toolkits.ehr.candidates.titles import titles_of
rows = [(f"Heart failure {number} " + "of the kidney " * 12,) for number in range(60_000)]
titles = titles_of(("candidate",), rows, title="candidate")
try:
    semantic_index(titles, table="x_candidates", patience_s=0.5)
except Refusal as refusal:
    print(refusal)
"""


def test_a_process_that_ends_while_a_vocabulary_is_embedded_ends_as_any(titles: Titles) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", ENDS_EARLY],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "vectors are being computed, once for all runs" in ended.stdout
    (part,) = (Path(os.environ["CLINSEEK_HOME"]) / "embeddings").glob("*.part")
    assert np.fromfile(part, dtype=np.float32).any(), "what was made is kept for the next"
