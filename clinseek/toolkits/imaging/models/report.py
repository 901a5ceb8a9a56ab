"""Findings and impression as text, by two image-to-text models of transformers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from clinseek.errors import SettingError
from clinseek.toolkits.imaging.models.devices import Placed
from clinseek.toolkits.imaging.weights.folder import Installed

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_TOKENS = 128
_BEAMS = 2


class Writer:
    """A loaded VisionEncoderDecoder: pictures to text. No code of the folder is run."""

    def __init__(self, installed: Installed, device: torch.device) -> None:
        try:
            with _quietly():
                from transformers import AutoTokenizer, VisionEncoderDecoderModel, ViTImageProcessor

                here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
                self._processor = ViTImageProcessor.from_pretrained(installed.path, **here)
                self._tokenizer = AutoTokenizer.from_pretrained(installed.path, **here)
                network = VisionEncoderDecoderModel.from_pretrained(
                    installed.path, use_safetensors=True, **here
                )
        except ImportError:
            raise SettingError(
                "transformers cannot be imported; a torchvision that does not match torch breaks "
                "it: uninstall torchvision, which nothing here needs"
            ) from None
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise SettingError(
                f"{installed.path} cannot be loaded as {installed.weights.name} "
                f"({type(error).__name__}); `clinseek imaging pull {installed.weights.name}` gets "
                "it anew"
            ) from None
        self._start = _token(network, self._tokenizer, "decoder_start_token_id", "cls_token_id")
        self._pad = _token(network, self._tokenizer, "pad_token_id", "pad_token_id")
        self._end = _token(network, self._tokenizer, "eos_token_id", "sep_token_id")
        self.placed = Placed(network, device)

    def texts(self, pictures: Sequence[NDArray[np.float32]]) -> list[str]:
        """For each picture (rows, columns), 0.0 to 1.0, what the model writes of it."""
        return [self._one(picture) for picture in pictures]

    def _one(self, picture: NDArray[np.float32]) -> str:
        given = self._processor(_seen(picture), return_tensors="pt").pixel_values

        def written(network: Any, device: torch.device) -> list[int]:
            ids = network.generate(
                pixel_values=given.to(device),
                max_new_tokens=MOST_TOKENS,
                num_beams=_BEAMS,
                do_sample=False,
                decoder_start_token_id=self._start,
                pad_token_id=self._pad,
                eos_token_id=self._end,
            )
            return list(ids[0].tolist())

        ids = self.placed.run(written)
        return " ".join(self._tokenizer.decode(ids, skip_special_tokens=True).split())


def _token(network: Any, tokenizer: Any, name: str, otherwise: str) -> int | None:
    """A token's number, from wherever the folder tells it."""
    for place in (network.generation_config, network.config, network.config.decoder):
        if (told := getattr(place, name, None)) is not None:
            return int(told[0] if isinstance(told, list) else told)
    told = getattr(tokenizer, otherwise, None)
    return None if told is None else int(told)


def _seen(picture: NDArray[np.float32]) -> Image:
    from PIL import Image as Images

    return Images.fromarray((picture * 255.0 + 0.5).astype(np.uint8)).convert("RGB")


@contextmanager
def _quietly() -> Iterator[None]:
    """Without progress bars and advice on stderr, and without a question to the hub."""
    from transformers.utils import logging

    told, barred = logging.get_verbosity(), os.environ.get("HF_HUB_DISABLE_PROGRESS_BARS")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(told)
        if barred is None:
            logging.enable_progress_bar()
