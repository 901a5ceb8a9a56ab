"""The six tools as a harness has them."""

import asyncio
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clinseek.toolkits.imaging import (
    IMAGE_TOOL_NAMES,
    ORGANS,
    Engine,
    ImageRoot,
    ImagingToolkit,
    image_tool_schemas,
)
from clinseek.toolkits.imaging.weights import WeightsFolder
from tests.toolkits.imaging import seeded
from tests.toolkits.imaging.drawing import chest, write_dicom, write_png

CLASSIFIER = "image.chest_xray_classifier"
SEGMENTER = "image.chest_xray_segmentation"
REPORT = "image.chest_xray_report_generator"
DICOM = "image.dicom_processor"
VISUALIZER = "image.image_visualizer"
GROUNDING = "image.xray_phrase_grounding"


class Drawn(Engine):
    """An engine whose segmenter finds what the drawn chest was drawn with."""

    def why_absent(self, tool: str) -> str | None:
        return None if tool == SEGMENTER else super().why_absent(tool)

    def weights_hash(self, tool: str) -> str:
        return "drawn"

    def chances(self, picture: NDArray[np.float32], content: str) -> NDArray[np.float16]:
        chances = np.zeros((14, 512, 512), np.float16)
        values = picture[0] / 2048 + 0.5
        half = np.arange(512) < 256
        dark, bright = values < 0.3, values > 0.7
        chances[ORGANS.index("Right Lung")] = (dark & half) * 0.9
        chances[ORGANS.index("Left Lung")] = (dark & ~half) * 0.8
        chances[ORGANS.index("Heart")] = bright * 0.7
        return chances


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("pydicom", reason="DICOM files need pydicom, of the imaging extra")
    folder = tmp_path_factory.mktemp("images")
    write_png(folder / "chest.png")
    write_png(folder / "photo.png", np.random.default_rng(1).integers(0, 255, (9, 9, 3), np.uint8))
    (folder / "empty.png").touch()
    (folder / "notes.txt").write_text("no image")
    window: dict[str, Any] = {"WindowCenter": 2048, "WindowWidth": 4096}
    write_dicom(folder / "pa.dcm", ViewPosition="PA", PixelSpacing=[2, 2.5], **window)
    write_dicom(folder / "ap.dcm", ViewPosition="AP", **window)
    write_dicom(folder / "lateral.dcm", ViewPosition="LL", **window)
    (folder / "cut.dcm").write_bytes((folder / "pa.dcm").read_bytes()[:3000])
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> WeightsFolder:
    """Seeded weights for the classifier and the report; none for the segmenter."""
    place = tmp_path_factory.mktemp("weights")
    held = WeightsFolder(place / "held")
    seeded.put("classifier", seeded.densenet(), held, place)
    seeded.put_reports(held, place)
    return held


def toolkit(images: Path, made: Path, engine: Engine, **options: Any) -> ImagingToolkit:
    return ImagingToolkit(root=ImageRoot(images, made=made), engine=engine, **options)


def without_weights(tmp_path: Path) -> Engine:
    return Engine(WeightsFolder(tmp_path / "no-weights"), environment={})


def ask(tools: ImagingToolkit, name: str, **given: Any) -> tuple[dict[str, Any], Any]:
    """What a tool tells, and its message."""
    tool = next(tool for tool in tools.get_tools() if tool.name == name)
    message = tool.invoke({"name": name, "args": given, "id": "c", "type": "tool_call"})
    return told_by(message), message


def told_by(message: Any) -> dict[str, Any]:
    content = message.content
    told: dict[str, Any] = json.loads(content if isinstance(content, str) else content[0]["text"])
    assert told.keys() == {"output", "metadata"}
    return told


def test_without_weights_only_the_tools_that_need_none_are_offered(
    images: Path, tmp_path: Path
) -> None:
    tools = toolkit(images, tmp_path / "made", without_weights(tmp_path))
    assert [tool.name for tool in tools.get_tools()] == [VISUALIZER, DICOM]
    absent = tools.absent()
    assert list(absent) == [CLASSIFIER, REPORT, GROUNDING, SEGMENTER]
    can_run = find_spec("torch") and find_spec("safetensors")
    lacks = "clinseek imaging pull classifier" if can_run else "pip install 'clinseek[imaging]'"
    assert lacks in absent[CLASSIFIER]
    assert "CLINSEEK_GROUNDING_URL" in absent[GROUNDING]


def test_the_published_names_and_arguments_are_offered() -> None:
    schemas = {each["function"]["name"]: each["function"] for each in image_tool_schemas()}
    assert tuple(schemas) == IMAGE_TOOL_NAMES
    needed = {name: schema["parameters"]["required"] for name, schema in schemas.items()}
    assert needed[DICOM] == ["dicom_path"]
    assert needed[GROUNDING] == ["image_path", "phrase"]
    published = {"image_path", "title", "description", "figsize", "cmap"}
    assert published <= schemas[VISUALIZER]["parameters"]["properties"].keys()
    assert schemas[SEGMENTER]["parameters"]["properties"]["organs"]["items"]["enum"] == list(ORGANS)


def test_listing_the_tools_loads_neither_torch_nor_a_library_of_images() -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from clinseek.toolkits.imaging import Engine, ImageRoot, ImagingToolkit\n"
        "from clinseek.toolkits.imaging.weights import WeightsFolder\n"
        "root = ImageRoot(None, made=Path(sys.argv[1]))\n"
        "ImagingToolkit(root=root, engine=Engine(WeightsFolder(Path('/none')))).get_tools()\n"
        "heavy = {'torch', 'transformers', 'pydicom', 'PIL', 'scipy', 'safetensors'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    import tempfile

    with tempfile.TemporaryDirectory() as made:
        ran = subprocess.run(
            [sys.executable, "-c", script, made], capture_output=True, text=True, check=True
        )
    assert ran.stdout.strip() == "[]"


def test_a_dicom_file_becomes_a_picture_with_technical_entries_only(
    images: Path, tmp_path: Path
) -> None:
    tools = toolkit(images, tmp_path / "made", without_weights(tmp_path))
    told, message = ask(tools, DICOM, dicom_path="pa.dcm")
    output = told["output"]
    assert (output["Modality"], output["ViewPosition"], output["BitsStored"]) == ("CR", "PA", "12")
    assert output["PixelSpacingUsed"]["row_mm"] == 2.0
    assert output["Window"] == {"center": 2048.0, "width": 4096.0}
    assert "anary" not in str(message)
    assert "21500305" not in str(message)
    made = tools.root.read(output["image_path"])
    from clinseek.toolkits.imaging.reading import read_image

    assert np.abs(read_image(made).pixels - chest()).max() < 0.01
    assert message.content[1]["type"] == "image"
    assert message.content[1]["mime_type"] == "image/jpeg"


def test_a_host_without_pictures_gets_the_path_alone(images: Path, tmp_path: Path) -> None:
    tools = toolkit(images, tmp_path / "made", without_weights(tmp_path), pictures=False)
    told, message = ask(tools, DICOM, dicom_path="pa.dcm", window_center=1000, window_width="500")
    assert isinstance(message.content, str)
    assert told["output"]["Window"] == {"center": 1000.0, "width": 500.0}


def test_a_part_of_an_image_is_shown_enlarged_with_a_grid_and_a_title(
    images: Path, tmp_path: Path
) -> None:
    tools = toolkit(images, tmp_path / "made", without_weights(tmp_path))
    told, _ = ask(
        tools,
        VISUALIZER,
        image_path="chest.png",
        crop=[10, 20, 60, 500],
        zoom=2,
        grid=True,
        title="Left lung",
        cmap="gray_r",
    )
    assert told["output"]["shown"] == [10, 20, 60, 160]
    width, height = told["output"]["size"]
    assert width == 100
    assert height > 280
    again, _ = ask(tools, VISUALIZER, image_path=told["output"]["image_path"])
    assert again["output"]["size"] == [width, height]


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        (VISUALIZER, {"image_path": "empty.png"}, "has 0 bytes"),
        (VISUALIZER, {"image_path": "notes.txt"}, "is no image"),
        (VISUALIZER, {"image_path": "../x.png"}, "may not hold"),
        (VISUALIZER, {"image_path": "/etc/passwd"}, "outside this run's images"),
        (VISUALIZER, {"image_path": "x.png"}, "no such file"),
        (VISUALIZER, {"image_path": "chest.png", "crop": [500, 0, 600, 9]}, "holds no pixel"),
        (VISUALIZER, {"image_path": "chest.png", "crop": [1, 2]}, "'crop' has too few values"),
        (VISUALIZER, {"image_path": "chest.png", "cmap": "jet"}, "cmap 'jet' is not offered"),
        (VISUALIZER, {"image_path": "chest.png", "zoom": 0}, "argument 'zoom' cannot be 0"),
        (VISUALIZER, {"image_path": "chest.png", "colour": 1}, "no argument 'colour'"),
        (VISUALIZER, {}, "argument 'image_path' is missing"),
        (DICOM, {"dicom_path": "chest.png"}, "is a PNG, no DICOM file"),
        (DICOM, {"dicom_path": "cut.dcm"}, "cut off or broken"),
        (DICOM, {"dicom_path": "pa.dcm", "window_center": 1}, "go together"),
        (DICOM, {"dicom_path": "pa.dcm", "window_center": 1, "window_width": 0}, "window_width"),
    ],
)
def test_bad_input_is_answered_with_its_reason(
    images: Path, tmp_path: Path, name: str, given: dict[str, Any], reason: str
) -> None:
    tools = toolkit(images, tmp_path / "made", without_weights(tmp_path))
    told, message = ask(tools, name, **given)
    assert reason in told["output"]["error"]
    assert told["metadata"] == {"analysis_status": "failed"}
    assert message.artifact.refused


def test_the_classifier_scores_18_findings_and_says_what_a_score_is(
    images: Path, tmp_path: Path, weights: WeightsFolder
) -> None:
    engine = Engine(weights, environment={})
    tools = toolkit(images, tmp_path / "made", engine, benchmark="questions on MIMIC-CXR")
    told, message = ask(tools, CLASSIFIER, image_path="pa.dcm")
    assert len(told["output"]) == 18
    for said in told["output"].values():
        assert 0.0 <= said["score"] <= 1.0
        assert said["means"] == f"{'above' if said['score'] > 0.5 else 'below'} its operating point"
    metadata = told["metadata"]
    assert "no calibrated probability" in metadata["score_meaning"]
    assert "MIMIC-CXR" in metadata["trained_on"]
    assert "may have seen this image" in metadata["contamination_warning"]
    assert metadata["seen_by_the_model"] == "the middle square of 140 x 140 pixels"
    assert metadata["view"] == "PA"
    assert isinstance(message.content, str)
    engine.close()


def test_a_lateral_view_is_warned_of_and_a_colour_photo_refused(
    images: Path, tmp_path: Path, weights: WeightsFolder
) -> None:
    engine = Engine(weights, environment={})
    tools = toolkit(images, tmp_path / "made", engine)
    told, _ = ask(tools, CLASSIFIER, image_path="lateral.dcm")
    assert any("frontal views (PA, AP) only" in each for each in told["metadata"]["warnings"])
    told, message = ask(tools, CLASSIFIER, image_path="photo.png")
    assert "colour picture" in told["output"]["error"]
    assert message.artifact.refused
    engine.close()


def test_what_was_answered_is_answered_again_without_the_model(
    images: Path, tmp_path: Path, weights: WeightsFolder
) -> None:
    engine = Engine(weights, environment={})
    tools = toolkit(images, tmp_path / "made", engine)
    first, _ = ask(tools, CLASSIFIER, image_path="chest.png")
    for path in ("chest.png", f"{tools.root.folder}/chest.png"):
        assert ask(tools, CLASSIFIER, image_path=path)[0] == first
    assert engine._batches["classifier"].batches == 1
    engine.close()


def test_many_calls_at_once_get_each_its_own_answer(
    images: Path, tmp_path: Path, weights: WeightsFolder
) -> None:
    engine = Engine(weights, environment={})
    for number in range(10):
        shade = (chest() * (255 - 12 * number)).astype(np.uint8)
        write_png(tmp_path / f"{number}.png", shade)
    tools = toolkit(tmp_path, tmp_path / "made", engine)
    tool = next(tool for tool in tools.get_tools() if tool.name == CLASSIFIER)

    async def all_at_once() -> list[Any]:
        calls = [
            {"name": CLASSIFIER, "args": {"image_path": f"{n}.png"}, "id": "c", "type": "tool_call"}
            for n in range(10)
        ]
        return await asyncio.gather(*(tool.ainvoke(call) for call in calls))

    together = [told_by(message) for message in asyncio.run(all_at_once())]
    alone = Engine(weights, environment={})
    apart = toolkit(tmp_path, tmp_path / "made", alone)
    for number, told in enumerate(together):
        one, _ = ask(apart, CLASSIFIER, image_path=f"{number}.png")
        assert one["metadata"]["image_sha256"] == told["metadata"]["image_sha256"]
        for finding, said in one["output"].items():
            assert said["score"] == pytest.approx(told["output"][finding]["score"], abs=2e-3)
    assert engine._batches["classifier"].batches < 10
    engine.close()
    alone.close()


def test_a_report_is_a_draft_of_findings_and_impression(
    images: Path, tmp_path: Path, weights: WeightsFolder
) -> None:
    engine = Engine(weights, environment={})
    told, _ = ask(toolkit(images, tmp_path / "made", engine), REPORT, image_path="chest.png")
    output = told["output"]
    assert output.keys() == {"report", "findings", "impression"}
    assert output["report"].startswith(f"FINDINGS:\n{output['findings']}")
    assert "by no radiologist" in told["metadata"]["caution"]
    engine.close()


def test_weights_with_a_wrong_hash_are_not_offered_nor_used_and_no_path_is_told(
    images: Path, tmp_path: Path, weights: WeightsFolder
) -> None:
    import shutil

    shutil.copytree(weights.path, tmp_path / "copy")
    engine = Engine(WeightsFolder(tmp_path / "copy"), environment={})
    tools = toolkit(images, tmp_path / "made", engine)
    classifier = next(tool for tool in tools.get_tools() if tool.name == CLASSIFIER)
    spoilt = tmp_path / "copy" / "densenet121-res224-all.safetensors"
    content = bytearray(spoilt.read_bytes())
    content[-1] ^= 1
    spoilt.write_bytes(bytes(content))
    assert "another hash" in tools.absent()[CLASSIFIER]
    call = {"name": CLASSIFIER, "args": {"image_path": "chest.png"}, "id": "c", "type": "tool_call"}
    message = classifier.invoke(call)
    assert "another hash" in told_by(message)["output"]["error"]
    assert str(tmp_path) not in str(message)
    assert ask(tools, VISUALIZER, image_path="chest.png")[0]["output"]["image_path"]


def test_a_setting_that_only_the_user_can_mend_is_logged_and_not_told_to_the_model(
    images: Path, tmp_path: Path, weights: WeightsFolder, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Engine(weights, environment={"CLINSEEK_IMAGING_DEVICE": "abacus"})
    told, message = ask(
        toolkit(images, tmp_path / "made", engine), CLASSIFIER, image_path="chest.png"
    )
    assert "clinseek imaging status" in told["output"]["error"]
    assert message.artifact.refused
    assert "abacus" not in str(message)
    assert "abacus" in caplog.text
    engine.close()


def test_the_models_that_a_call_will_load_are_known_until_they_are_loaded(
    images: Path, tmp_path: Path, weights: WeightsFolder
) -> None:
    engine = Engine(weights, environment={})
    assert engine.to_load(CLASSIFIER) == "classifier (28 MB)"
    assert engine.to_load(VISUALIZER) is None
    assert engine.to_load(SEGMENTER) is None
    ask(toolkit(images, tmp_path / "made", engine), CLASSIFIER, image_path="chest.png")
    assert engine.to_load(CLASSIFIER) is None
    engine.close()


def test_structures_are_measured_on_the_images_own_pixels(images: Path, tmp_path: Path) -> None:
    engine = Drawn(WeightsFolder(tmp_path), environment={})
    tools = toolkit(images, tmp_path / "made", engine)
    told, message = ask(tools, SEGMENTER, image_path="pa.dcm")
    organs = told["output"]["organs"]
    assert list(organs) == list(ORGANS)
    assert organs["Spine"] == {"found": False}
    # The heart was drawn as an ellipse at (0.55, 0.6) with half axes 0.16 x 140 and 0.14 x 160.
    heart = organs["Heart"]
    area = np.pi * 0.16 * 140 * 0.14 * 160
    assert heart["area_pixels"] == pytest.approx(area, rel=0.05)
    assert heart["area_cm2"] == pytest.approx(area * 2 * 2.5 / 100, rel=0.05)
    assert heart["centroid"] == pytest.approx([0.55 * 140, 0.6 * 160], abs=1.5)
    assert heart["bbox"] == pytest.approx([54, 74, 100, 119], abs=3)
    assert heart["confidence_score"] == pytest.approx(0.7, abs=0.01)
    assert heart["mean_intensity"] == pytest.approx(0.85, abs=0.05)
    ratio = told["output"]["cardiothoracic_ratio"]
    assert ratio["value"] == pytest.approx(0.32 / 0.7, abs=0.05)
    assert "caution" not in ratio
    assert tools.root.holds(told["output"]["segmentation_image_path"])
    assert message.content[1]["type"] == "image"
    source = message.artifact.image
    assert (source.path, source.sha256) == ("pa.dcm", told["metadata"]["image_sha256"])
    assert [box.label for box in source.boxes] == ["Left Lung", "Right Lung", "Heart"]
    assert list(source.boxes[2][1:]) == heart["bbox"]


def test_no_area_in_cm2_without_spacing_and_no_ratio_without_heart_and_lungs(
    images: Path, tmp_path: Path
) -> None:
    tools = toolkit(images, tmp_path / "made", Drawn(WeightsFolder(tmp_path), environment={}))
    told, _ = ask(tools, SEGMENTER, image_path="ap.dcm", organs=["heart", "LEFT_LUNG"])
    assert list(told["output"]["organs"]) == ["Left Lung", "Heart"]
    assert "area_cm2" not in told["output"]["organs"]["Heart"]
    assert "no pixel spacing" in told["metadata"]["area"]
    assert "cardiothoracic_ratio" not in told["output"]
    told, _ = ask(tools, SEGMENTER, image_path="ap.dcm", organs="heart, left lung, right lung")
    assert "AP view" in told["output"]["cardiothoracic_ratio"]["caution"]


def test_an_unknown_structure_is_answered_with_the_14(images: Path, tmp_path: Path) -> None:
    tools = toolkit(images, tmp_path / "made", Drawn(WeightsFolder(tmp_path), environment={}))
    told, _ = ask(tools, SEGMENTER, image_path="pa.dcm", organs=["Liver"])
    assert all(organ in told["output"]["error"] for organ in ORGANS)


def test_weights_that_went_away_are_told_at_the_call(
    images: Path, tmp_path: Path, weights: WeightsFolder
) -> None:
    import shutil

    shutil.copytree(weights.path, tmp_path / "copy")
    engine = Engine(WeightsFolder(tmp_path / "copy"), environment={})
    tool = next(
        tool
        for tool in toolkit(images, tmp_path / "made", engine).get_tools()
        if tool.name == CLASSIFIER
    )
    shutil.rmtree(tmp_path / "copy")
    call = {"name": CLASSIFIER, "args": {"image_path": "chest.png"}, "id": "c", "type": "tool_call"}
    assert "is absent here" in told_by(tool.invoke(call))["output"]["error"]


def test_warming_up_tells_each_step_and_what_cannot_work(
    tmp_path: Path, weights: WeightsFolder
) -> None:
    engine = Engine(weights, environment={"CLINSEEK_IMAGING_DEVICE_REPORT": "abacus"})
    said: list[str] = []
    engine.warm_up(said.append)
    assert said[0] == "loading classifier (28 MB) ..."
    assert said[1].startswith("classifier is ready after")
    assert any("no device 'abacus'" in line for line in said)
    assert not any("segmenter" in line for line in said)
    engine.close()


@pytest.mark.parametrize("name", [CLASSIFIER, SEGMENTER, REPORT])
@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        (np.zeros((64, 64), np.uint8), "has the same value"),
        (np.eye(20, dtype=np.uint8), "at least 32 x 32"),
    ],
)
def test_a_picture_in_which_nothing_is_seen_is_given_no_findings(
    tmp_path: Path, weights: WeightsFolder, name: str, pixels: Any, reason: str
) -> None:
    write_png(tmp_path / "x.png", pixels)
    kind = Drawn if name == SEGMENTER else Engine
    engine = kind(weights, environment={})
    told, message = ask(toolkit(tmp_path, tmp_path / "made", engine), name, image_path="x.png")
    assert reason in told["output"]["error"]
    assert message.artifact.refused
    engine.close()


def test_what_is_no_number_is_told_to_nobody(
    images: Path, tmp_path: Path, weights: WeightsFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(weights, environment={})
    monkeypatch.setattr(engine, "scores", lambda _: np.full(18, np.nan, np.float32))
    told, message = ask(
        toolkit(images, tmp_path / "made", engine), CLASSIFIER, image_path="chest.png"
    )
    assert "no numbers" in told["output"]["error"]
    assert message.artifact.refused


def test_an_answer_is_kept_under_the_hash_of_the_bytes_that_it_was_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, engine = tmp_path / "images", without_weights(tmp_path)
    folder.mkdir()
    bright, dark = (np.full((40, 40), shade, np.uint8) for shade in (200, 30))
    write_png(folder / "x.png", bright)
    tools = toolkit(folder, tmp_path / "made", engine)
    read = tools.root.read

    def replaced_first(written: str) -> Any:
        write_png(folder / "x.png", dark)
        return read(written)

    # The file is replaced between the look at its hash and the reading of its pixels.
    monkeypatch.setattr(tools.root, "sha256", lambda written: read(written).sha256)
    monkeypatch.setattr(tools.root, "read", replaced_first)
    other, _ = ask(tools, VISUALIZER, image_path="x.png")
    monkeypatch.setattr(tools.root, "read", read)
    write_png(folder / "x.png", bright)
    again, message = ask(tools, VISUALIZER, image_path="x.png")
    assert again["metadata"]["image_sha256"] == read("x.png").sha256
    assert message.artifact.image.sha256 == read("x.png").sha256
    assert other["metadata"]["image_sha256"] != read("x.png").sha256


def test_the_same_call_many_times_at_once_is_answered_each_time(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    for number in range(6):
        write_png(tmp_path / f"{number}.png", (chest() * (255 - number)).astype(np.uint8))
    tools = toolkit(tmp_path, tmp_path / "made", without_weights(tmp_path))
    with ThreadPoolExecutor(16) as threads:
        calls = [
            threads.submit(ask, tools, VISUALIZER, image_path=f"{number}.png", grid=True)
            for number in range(6)
            for _ in range(16)
        ]
    for each in calls:
        assert tools.root.holds(each.result()[0]["output"]["image_path"])
    assert not [file for file in (tmp_path / "made").iterdir() if file.suffix == ".part"]


def test_a_stray_point_of_a_mask_widens_no_heart(images: Path, tmp_path: Path) -> None:
    class Strayed(Drawn):
        def chances(self, picture: NDArray[np.float32], content: str) -> NDArray[np.float16]:
            chances = super().chances(picture, content)
            chances[ORGANS.index("Heart"), 5, 500] = 0.51
            return chances

    told = [
        ask(
            toolkit(
                images, tmp_path / kind.__name__, kind(WeightsFolder(tmp_path), environment={})
            ),
            SEGMENTER,
            image_path="pa.dcm",
        )[0]["output"]
        for kind in (Drawn, Strayed)
    ]
    assert told[0]["cardiothoracic_ratio"] == told[1]["cardiothoracic_ratio"]
    hearts = [each["organs"]["Heart"] for each in told]
    assert hearts[1].pop("stray_share_left_out") == 0.0001
    assert hearts[0] == hearts[1]
