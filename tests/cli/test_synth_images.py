"""`clinseek synth --images`, and the benchmark that is made of it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine

pytest.importorskip("PIL", reason="needs Pillow")


def test_synth_says_how_many_studies_and_how_large_they_are(
    clinseek: CommandLine, tmp_path: Path
) -> None:
    ran = clinseek("synth", "--patients", "2", "--seed", "4", "--images", "--out", tmp_path / "raw")
    assert ran.code == 0
    assert "chest studies of" in ran.out
    assert "MB" in ran.out
    assert list((tmp_path / "raw" / "cxr").glob("files/*/*/*/*.jpg"))


def test_synth_images_go_into_a_store(clinseek: CommandLine, tmp_path: Path) -> None:
    raw, store = tmp_path / "raw", tmp_path / "store"
    made = clinseek("synth", "--patients", "2", "--images", "--out", raw, "--json")
    films = json.loads(made.out)["films"]
    ran = clinseek("ingest", raw, "--codes", raw / "codes", "--out", store, "--json")
    assert ran.code == 0
    shown = clinseek("show", store)
    assert f"{films['images']:,}" in shown.out


def test_bench_prepare_synthetic_images_writes_multimodal_rows(
    clinseek: CommandLine, tmp_path: Path
) -> None:
    out = tmp_path / "bench"
    ran = clinseek(
        "bench", "prepare", "synthetic", "--patients", "4", "--per-task", "2", "--images",
        "--out", out, "--json",
    )  # fmt: skip
    assert ran.code == 0
    assert json.loads(ran.out)["rows"]["multimodal"] > 0
    assert (out / "multimodal.jsonl").is_file()
    assert (out / "files").is_dir()
