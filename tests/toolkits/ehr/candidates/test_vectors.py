"""Vectors are computed once, survive a kill, and a broken file is made again."""

import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from clinseek.errors import ModelError
from clinseek.toolkits.ehr.candidates.semantic.search import SemanticIndex, semantic_matches
from clinseek.toolkits.ehr.candidates.semantic.vectors import VectorFile
from clinseek.toolkits.ehr.candidates.titles import Titles, titles_of

WIDTH = 8
TITLES = titles_of(("candidate",), [(f"title {n}",) for n in range(1_000)], title="candidate")


class Letters:
    """A model that makes a vector of a text's hash, and counts what it was asked."""

    width = WIDTH
    digest = "d" * 64

    def __init__(self, *, slow: float = 0.0, log: Path | None = None) -> None:
        self.asked = 0
        self._slow, self._log = slow, log

    def embed(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        self.asked += len(texts)
        if self._log is not None:
            with self._log.open("a") as opened:
                opened.write("".join(f"{text}\n" for text in texts))
        time.sleep(self._slow)
        rows = np.array([list(hashlib.sha256(text.encode()).digest()[:WIDTH]) for text in texts])
        rows = rows.astype(np.float32) + 1
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def _file(folder: Path, model: Letters, titles: Titles = TITLES) -> VectorFile:
    return VectorFile(folder / "embeddings", titles, model=model)


def _is_whole(rows: NDArray[np.float32], titles: Titles = TITLES) -> bool:
    return bool(np.array_equal(rows, Letters().embed(titles.titles)))


def test_vectors_are_computed_once_with_progress(tmp_path: Path) -> None:
    model, told = Letters(), list[tuple[int, int]]()
    made = _file(tmp_path, model).load(lambda done, total: told.append((done, total)))
    assert _is_whole(made.rows)
    assert not made.rebuilt
    assert told == [*((done, 1_000) for done in range(0, 1_000, 64)), (1_000, 1_000)]
    assert _is_whole(_file(tmp_path, model).load().rows)
    assert model.asked == 1_000


def test_another_vocabulary_or_model_has_a_file_of_its_own(tmp_path: Path) -> None:
    model = Letters()
    other = Letters()
    other.digest = "e" * 64
    fewer = titles_of(("candidate",), [("a",), ("b",)], title="candidate")
    paths = {
        _file(tmp_path, model).path, _file(tmp_path, other).path,
        _file(tmp_path, model, fewer).path,
    }  # fmt: skip
    assert len(paths) == 3


@pytest.mark.parametrize("harm", ["cut", "changed", "no sum", "sum not JSON"])
def test_a_broken_file_is_made_again_and_said(tmp_path: Path, harm: str) -> None:
    file = _file(tmp_path, Letters())
    file.load()
    about = file.path.with_suffix(".json")
    match harm:
        case "cut":
            file.path.write_bytes(file.path.read_bytes()[:-5])
        case "changed":
            content = bytearray(file.path.read_bytes())
            content[100] ^= 1
            file.path.write_bytes(content)
        case "no sum":
            about.unlink()
        case _:
            about.write_text("[1")
    made = file.load()
    assert made.rebuilt
    assert _is_whole(made.rows)
    assert not file.load().rebuilt


def _make(folder: Path, log: Path) -> None:
    _file(folder, Letters(slow=0.1, log=log)).load()


def test_a_killed_process_loses_at_most_what_it_was_at(tmp_path: Path) -> None:
    log = tmp_path / "asked"
    process = multiprocessing.get_context("spawn").Process(target=_make, args=(tmp_path, log))
    process.start()
    while not log.exists() or len(log.read_text().splitlines()) < 128:
        time.sleep(0.01)
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    model = Letters()
    assert _is_whole(_file(tmp_path, model).load().rows)
    assert model.asked <= 1_000 - 64


def test_two_processes_at_once_make_one_file_once(tmp_path: Path) -> None:
    log = tmp_path / "asked"
    makers = [
        multiprocessing.get_context("spawn").Process(target=_make, args=(tmp_path, log))
        for _ in range(2)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [maker.exitcode for maker in makers] == [0, 0]
    assert sorted(log.read_text().splitlines()) == list(TITLES.titles)
    assert _is_whole(_file(tmp_path, Letters()).load().rows)


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "embeddings").write_text("a file in the way")
    with pytest.raises(ModelError, match=r"cannot be written to .*embeddings.*CLINSEEK_HOME"):
        _file(tmp_path, Letters()).load()


def _index(rows: list[list[float]], asked: list[list[float]]) -> SemanticIndex:
    class Given(Letters):
        def embed(self, texts: Sequence[str], /) -> NDArray[np.float32]:
            return np.array(asked[: len(texts)], dtype=np.float32)

    return SemanticIndex(np.array(rows, dtype=np.float32), Given(), rebuilt=False)


def test_the_nearest_come_first_from_the_threshold_on_equals_by_title() -> None:
    index = _index([[0.6, 0.8], [1, 0], [0.9996, 0.028], [0.4, 0.916]], [[1, 0], [0, 1]])
    first, second = semantic_matches(index, ["a", "b"], limit=3, threshold=0.5)
    assert [(m.place, m.score) for m in first] == [(1, 1.0), (2, 1.0), (0, 0.6)]
    assert [(m.place, m.score) for m in second] == [(3, 0.916), (0, 0.8)]
    assert semantic_matches(index, ["a"], limit=3, threshold=0.5) == [first]
    assert semantic_matches(index, ["a"], limit=9, threshold=-1.0)[0][-1].place == 3
    assert semantic_matches(index, [], limit=3) == []
