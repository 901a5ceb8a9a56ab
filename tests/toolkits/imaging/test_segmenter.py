"""The true segmenter, with seeded weights: 68 million parameters, once."""

from pathlib import Path

import pytest

from clinseek.toolkits.imaging import ORGANS, Engine, ImageRoot
from clinseek.toolkits.imaging.actions.answer import Bench
from clinseek.toolkits.imaging.arguments import SegmentChestXray
from clinseek.toolkits.imaging.tools import call
from clinseek.toolkits.imaging.weights import WeightsFolder
from tests.toolkits.imaging import seeded
from tests.toolkits.imaging.drawing import write_png

pytest.importorskip("torch", reason="the models need torch, of the imaging extra")


def test_the_segmenter_runs_from_a_pickled_file_to_masks_and_once_for_one_picture(
    tmp_path: Path,
) -> None:
    held = WeightsFolder(tmp_path / "weights")
    seeded.put("segmenter", seeded.pspnet(), held, tmp_path)
    write_png(tmp_path / "chest.png")
    engine = Engine(held, environment={})
    bench = Bench(root=ImageRoot(tmp_path, made=tmp_path / "made"), engine=engine)
    told, _ = call(bench, SegmentChestXray, {"image_path": "chest.png"})
    assert list(told["output"]["organs"]) == list(ORGANS)
    assert bench.root.holds(told["output"]["segmentation_image_path"])
    some, _ = call(bench, SegmentChestXray, {"image_path": "chest.png", "organs": ["Heart"]})
    assert some["output"]["organs"]["Heart"] == told["output"]["organs"]["Heart"]
    assert engine._batches["segmenter"].batches == 1
    engine.close()
