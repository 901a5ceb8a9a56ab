"""The networks: their shapes, their parity with torchxrayvision, where they run."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinseek.errors import SettingError
from clinseek.toolkits.imaging.weights import CLASSIFIER, SEGMENTER, WeightsFolder
from tests.toolkits.imaging import seeded
from tests.toolkits.imaging.drawing import SEED

torch = pytest.importorskip("torch", reason="the models need torch, of the imaging extra")

from clinseek.toolkits.imaging.models import densenet as dense  # noqa: E402
from clinseek.toolkits.imaging.models import pspnet  # noqa: E402
from clinseek.toolkits.imaging.models.classifier import (  # noqa: E402
    FINDINGS,
    THRESHOLDS,
    Classifier,
    at_operating_points,
)
from clinseek.toolkits.imaging.models.devices import (  # noqa: E402
    Placed,
    device_named,
    use_threads,
)

SMALL = dense.Shape(growth=4, blocks=(1, 1, 1, 1), first=8, widening=2)


def xrv() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("torchxrayvision", reason="the original is not installed here")


def pictures(count: int, size: int) -> Any:
    generator = np.random.default_rng(SEED)
    return [
        generator.uniform(-1024, 1024, (1, size, size)).astype(np.float32) for _ in range(count)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> WeightsFolder:
    place = tmp_path_factory.mktemp("weights")
    held = WeightsFolder(place / "held")
    seeded.put("classifier", seeded.densenet(), held, place)
    return held


def test_the_densenet_has_the_tensors_that_its_weights_have() -> None:
    with torch.device("meta"):
        names = dense.DenseNet().state_dict()
    assert len(names) == 727
    assert names["features.denseblock3.denselayer24.conv2.weight"].shape == (32, 128, 3, 3)
    assert names["features.norm5.weight"].shape == (1024,)


def test_the_densenet_is_torchxrayvisions_to_the_last_bit() -> None:
    original = xrv().models.DenseNet(weights=None).eval()
    network = seeded.densenet()
    original.load_state_dict(network.state_dict())
    given = torch.from_numpy(np.stack(pictures(2, 224)))
    with torch.inference_mode():
        assert torch.equal(network(given), original(given))


def test_the_pspnet_is_torchxrayvisions_to_the_last_bit() -> None:
    original_of = xrv().baseline_models.chestx_det.PSPNet
    torchvision = pytest.importorskip("torchvision")
    from torchxrayvision.baseline_models.chestx_det.ptsemseg import pspnet as its

    original = original_of.__new__(original_of)
    torch.nn.Module.__init__(original)
    original.transform = torchvision.transforms.Normalize(
        [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
    )
    original.model = its.pspnet(14).eval()
    network = seeded.pspnet()
    original.model.load_state_dict(network.state_dict())
    given = torch.from_numpy(np.stack(pictures(1, 512)))
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert torch.equal(network(given), original(given))


def test_scores_are_normalised_as_torchxrayvision_normalises_them() -> None:
    op_norm = xrv().models.op_norm
    logits = np.linspace(-12, 12, 40, dtype=np.float32)[:, None].repeat(18, axis=1)
    chances = torch.sigmoid(torch.from_numpy(logits))
    expected = op_norm(chances, torch.tensor(list(THRESHOLDS.values()))).numpy()
    assert np.allclose(at_operating_points(logits), expected, atol=1e-5)
    assert xrv().models.model_urls["all"]["labels"] == list(FINDINGS)
    assert xrv().models.model_urls["all"]["op_threshs"] == list(THRESHOLDS.values())


def test_folding_the_normalisations_changes_nothing_but_rounding() -> None:
    torch.manual_seed(SEED)
    network = seeded.lively(dense.DenseNet(SMALL))
    blocks = seeded.lively(pspnet._Blocks(2, (1, 4, 8), 2, 2))
    given = torch.from_numpy(np.stack(pictures(1, 64)))
    with torch.inference_mode():
        for plain, fold in ((network, dense.folded), (blocks, pspnet.folded)):
            before = plain(given)
            after = fold(plain)(given)
            assert torch.allclose(before, after, rtol=1e-3, atol=1e-3 * float(before.abs().max()))


def test_several_pictures_at_once_get_the_scores_that_each_gets_alone(
    folder: WeightsFolder,
) -> None:
    installed, _ = folder.checked(CLASSIFIER)
    classifier = Classifier(installed, torch.device("cpu"))
    given = pictures(3, 224)
    together = classifier.scores(given)
    for picture, scores in zip(given, together, strict=True):
        assert scores.shape == (18,)
        assert scores.min() >= 0.0
        assert scores.max() <= 1.0
        assert np.allclose(classifier.scores([picture])[0], scores, atol=1e-4)


def test_weights_of_another_network_are_not_loaded(folder: WeightsFolder) -> None:
    installed, _ = folder.checked(CLASSIFIER)
    with pytest.raises(SettingError, match="does not fit the network of classifier"):
        Classifier(installed, torch.device("cpu"), shape=SMALL)


class _Full(torch.nn.Module):  # type: ignore[name-defined,misc]
    """A network whose device has no memory left when it runs on it."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: list[str] = []

    def to(self, device: Any) -> Any:
        self.moved.append(str(device))
        return self

    def forward(self, where: str) -> str:
        if where != "cpu":
            raise torch.OutOfMemoryError("CUDA out of memory")
        return where


def test_when_the_devices_memory_ends_the_processor_takes_over_and_says_so() -> None:
    network = _Full()
    placed = Placed(network, torch.device("cuda:0"))
    assert list(placed.notes) == []
    for _ in range(2):
        assert placed.run(lambda net, device: net(str(device))) == "cpu"
    assert network.moved == ["cuda:0", "cpu"]
    assert "the memory of cuda:0 was full" in placed.notes[0]


def test_a_processor_without_memory_is_an_error() -> None:
    placed = Placed(_Full(), torch.device("cpu"))
    with pytest.raises(torch.OutOfMemoryError):
        placed.run(lambda net, _: net("elsewhere"))


def test_devices_and_threads_are_named_in_the_environment() -> None:
    assert device_named("classifier", {"CLINSEEK_IMAGING_DEVICE": "cpu"}).type == "cpu"
    named = {"CLINSEEK_IMAGING_DEVICE": "cuda:99", "CLINSEEK_IMAGING_DEVICE_REPORT": "cpu"}
    assert device_named("report", named).type == "cpu"
    with pytest.raises(SettingError, match="no device 'cuda:99'"):
        device_named("segmenter", named)
    with pytest.raises(SettingError, match="no device 'abacus'"):
        device_named("segmenter", {"CLINSEEK_IMAGING_DEVICE": "abacus"})
    with pytest.raises(SettingError, match="CLINSEEK_IMAGING_THREADS"):
        use_threads({"CLINSEEK_IMAGING_THREADS": "many"})


def test_the_segmenters_names_are_those_that_its_weights_must_have() -> None:
    with torch.device("meta"):
        state = pspnet.PSPNet().state_dict()
    for name, shape in SEGMENTER.shapes:
        assert tuple(state[name].shape) == shape


def test_true_weights_score_a_true_radiograph_where_they_are(open_data: Path) -> None:
    """Runs only where CLINSEEK_IMAGING_WEIGHTS names a folder with the published weights."""
    import os

    from clinseek.toolkits.imaging.models.resampling import network_input
    from clinseek.toolkits.imaging.reading import read_image

    held = WeightsFolder(Path(os.environ.get("CLINSEEK_IMAGING_WEIGHTS", "/nowhere")))
    if not held.record(CLASSIFIER).get("pinned"):
        pytest.skip("the published weights of the classifier are not here")
    installed, _ = held.checked(CLASSIFIER)
    classifier = Classifier(installed, torch.device("cpu"))
    picture = read_image(open_data / "cxr" / "nih_00000001_000.png")
    scores = classifier.scores([network_input(picture.pixels, 224)])[0]
    assert scores[FINDINGS.index("Cardiomegaly")] > 0.5
