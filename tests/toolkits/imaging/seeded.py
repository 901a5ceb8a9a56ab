"""The true architectures with seeded random weights, by the road that true weights take.

Nothing here says anything about a radiograph: these weights have seen none.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from clinseek.toolkits.imaging.weights import (
    CLASSIFIER,
    FINDINGS,
    IMPRESSION,
    WeightsFolder,
    named,
)
from clinseek.toolkits.imaging.weights.conversion import convert
from tests.toolkits.imaging.drawing import SEED

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"word{n}" for n in range(55)))


def torch_or_skip() -> Any:
    pytest.importorskip("safetensors", reason="weights need safetensors, of the imaging extra")
    return pytest.importorskip("torch", reason="the models need torch, of the imaging extra")


def densenet() -> Any:
    torch = torch_or_skip()
    from clinseek.toolkits.imaging.models.densenet import DenseNet

    torch.manual_seed(SEED)
    return lively(DenseNet())


def pspnet() -> Any:
    torch = torch_or_skip()
    from clinseek.toolkits.imaging.models.pspnet import PSPNet

    torch.manual_seed(SEED)
    return lively(PSPNet())


def classifier_tensors(fill: float = 0.5) -> dict[str, Any]:
    """Tensors that pass for the classifier's: all that the network has, where torch is here."""
    import numpy as np

    shapes = dict(CLASSIFIER.shapes)
    if find_spec("torch"):
        from clinseek.toolkits.imaging.models.expected import network_shapes

        shapes = network_shapes(CLASSIFIER)
    return {name: np.full(shape, fill, np.float32) for name, shape in shapes.items()}


def lively(network: Any) -> Any:
    """With statistics that differ from layer to layer, as training leaves them."""
    torch = torch_or_skip()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.05)
            module.running_var.uniform_(0.8, 1.4)
    return network.eval()


def put(name: str, network: Any, folder: WeightsFolder, place: Path) -> None:
    """Pickle a network as its authors do, and convert it."""
    torch = torch_or_skip()
    file = place / "saved.pt"
    torch.save(network.state_dict(), file)
    convert(named(name), file, folder)
    file.unlink()


def put_reports(folder: WeightsFolder, place: Path) -> None:
    """Two tiny models that write words of no meaning."""
    torch = torch_or_skip()
    pytest.importorskip("transformers", reason="the report tool needs transformers")
    from transformers import (
        BertConfig,
        VisionEncoderDecoderConfig,
        VisionEncoderDecoderModel,
        ViTConfig,
    )

    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    for number, weights in enumerate((FINDINGS, IMPRESSION)):
        torch.manual_seed(SEED + number)
        config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(
            ViTConfig(intermediate_size=64, image_size=32, patch_size=16, **small),
            BertConfig(
                intermediate_size=64,
                vocab_size=len(WORDS),
                max_position_embeddings=160,
                is_decoder=True,
                add_cross_attention=True,
                **small,
            ),
        )
        source = place / weights.name
        VisionEncoderDecoderModel(config).save_pretrained(source)
        (source / "vocab.txt").write_text("\n".join(WORDS))
        (source / "tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
        (source / "preprocessor_config.json").write_text(
            '{"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}}'
        )
        convert(weights, source, folder)
