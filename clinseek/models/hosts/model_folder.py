"""A model's folder, loaded once in a process and shared by all runs that ask it.

The one thing this package keeps for a process: weights of gigabytes cannot be held once a run. The
folders are kept weakly, so that the last model that lets go of one frees its memory.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakValueDictionary

from langchain_core.exceptions import ModelInvalidRequestError

from clinseek.errors import ModelError
from clinseek.models.hosts.template_messages import control_pattern

if TYPE_CHECKING:
    import torch

_WEIGHTS = ("*.safetensors", "*.bin")
_PROBE = {
    "type": "function",
    "function": {
        "name": "probe_of_tools",
        "description": "A probe.",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}},
    },
}

_loaded: WeakValueDictionary[Path, ModelFolder] = WeakValueDictionary()
_loading = threading.Lock()


class Sampling(NamedTuple):
    """How the next token is chosen; None leaves it as the folder's own settings say."""

    temperature: float | None
    top_p: float | None
    seed: int | None
    others: Mapping[str, Any]


class Generated(NamedTuple):
    """Token ids that a model wrote, without the one that ends a turn, and whether it ended it."""

    ids: list[int]
    ended: bool


def model_folder(path: Path) -> ModelFolder:
    """The folder at `path`, from memory where a run already uses it; weights wait for a turn.

    ModelError where it is no folder of a model that this process can run and talk to.
    """
    where = path.expanduser().resolve()
    if not where.is_dir():
        raise ModelError(
            f"model 'hf:{path}': there is no folder {where}; name a folder that holds the model "
            "(config.json, tokenizer, weights): nothing is downloaded"
        )
    with _loading:
        found = _loaded.get(where)
        if found is None:
            found = _loaded[where] = ModelFolder(where)
        return found


class ModelFolder:
    """Tokenizer, chat template and (from the first turn on) weights of one folder.

    Answers are written one at a time, in the one thread of `worker`: two at once would share the
    same processor, and each further thread would bring torch's own pool of threads along.
    """

    def __init__(self, path: Path) -> None:
        """Read what is small; ModelError, with what is missing, where no one could talk to it."""
        from transformers import AutoConfig, AutoTokenizer

        self.path = path
        if not _holds(path, _WEIGHTS):
            raise ModelError(f"model 'hf:{path}': the folder holds no weights (*.safetensors)")
        _check_whole(path)
        try:
            config = AutoConfig.from_pretrained(path, local_files_only=True)
            self.tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True)
        except (OSError, ValueError, KeyError, ImportError) as error:
            raise ModelError(
                f"model 'hf:{path}': the folder cannot be read as a model that transformers "
                f"knows ({_first_line(error)})"
            ) from None
        if not self.tokenizer.chat_template:
            raise ModelError(
                f"model 'hf:{path}': the folder has no chat template; add chat_template.jinja "
                "(an instruction-tuned model has one, a base model does not)"
            )
        self.context_length: int | None = getattr(
            config.get_text_config(), "max_position_embeddings", None
        )
        self.control = control_pattern(
            [*self.tokenizer.get_added_vocab(), *self.tokenizer.all_special_tokens]
        )
        self.takes_tools = self._takes_tools()
        self._model: Any = None
        self.worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hf")

    def rendered(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        words: Mapping[str, Any],
    ) -> list[int]:
        """The token ids of a conversation; `words` are the template's own settings."""
        from jinja2 import TemplateError

        try:
            text = self.tokenizer.apply_chat_template(
                list(messages),
                tools=list(tools) or None,
                tokenize=False,
                add_generation_prompt=True,
                **words,
            )
        except (TemplateError, TypeError, ValueError) as error:
            raise ModelInvalidRequestError(
                f"the chat template of {self.path} refuses the conversation ({_first_line(error)})"
            ) from error
        ids: list[int] = self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return ids

    def text(self, ids: Sequence[int]) -> str:
        """What ids say; markup that a tokenizer counts as special stays, for calls stand in it."""
        said: str = self.tokenizer.decode(ids, skip_special_tokens=False)
        return said

    def generate(
        self, prompt: Sequence[int], *, most: int, sampling: Sampling, stop: threading.Event
    ) -> Generated:
        """At most `most` tokens after `prompt`; stops early when `stop` is set. For `worker`."""
        import torch

        if stop.is_set():
            return Generated([], ended=False)
        model = self._weights()
        devices = [model.device] if model.device.type == "cuda" else []
        # Chance of its own for a seeded turn: what the process draws elsewhere stays the same.
        with torch.random.fork_rng(devices, enabled=sampling.seed is not None):
            if sampling.seed is not None:
                torch.manual_seed(sampling.seed)
            settings = self._settings(model, sampling, most)
            asked = torch.tensor([list(prompt)], device=model.device)
            with torch.inference_mode():
                written = model.generate(
                    asked,
                    attention_mask=torch.ones_like(asked),
                    generation_config=settings,
                    stopping_criteria=[_stopping_on(stop)],
                )
        ids = [int(token) for token in written[0, len(prompt) :]]
        ended = bool(ids) and ids[-1] in self._ends(model)
        return Generated(ids[:-1] if ended else ids, ended)

    def _weights(self) -> Any:
        if self._model is None:
            import torch
            from safetensors import SafetensorError
            from transformers import AutoModelForCausalLM

            try:
                with _no_progress_bar():
                    model: Any = AutoModelForCausalLM.from_pretrained(
                        self.path, local_files_only=True, dtype="auto"
                    )
            except (OSError, ValueError, RuntimeError, SafetensorError) as error:
                raise ModelInvalidRequestError(
                    f"the weights of {self.path} cannot be loaded ({_first_line(error)})"
                ) from error
            self._model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        return self._model

    def _settings(self, model: Any, sampling: Sampling, most: int) -> Any:
        """How this answer is written: the folder's own settings, and over them what was told."""
        settings = copy.deepcopy(model.generation_config)
        told = {"max_new_tokens": most, "max_length": None, **sampling.others}
        if sampling.temperature == 0:
            told |= {"do_sample": False, "temperature": None, "top_p": None, "top_k": None}
        else:
            told["do_sample"] = True
            if sampling.temperature is not None:
                told["temperature"] = sampling.temperature
            if sampling.top_p is not None:
                told["top_p"] = sampling.top_p
        settings.update(**told)
        if settings.pad_token_id is None:
            settings.pad_token_id = next(iter(self._ends(model)), None)
        settings.eos_token_id = sorted(self._ends(model)) or None
        return settings

    def _ends(self, model: Any) -> set[int]:
        told = getattr(model.generation_config, "eos_token_id", None)
        named = told if isinstance(told, list) else [told]
        return {token for token in [*named, self.tokenizer.eos_token_id] if token is not None}

    def _takes_tools(self) -> bool:
        """Whether the template writes the tools that it is given."""
        question = [{"role": "user", "content": "?"}]
        try:
            text = self.tokenizer.apply_chat_template(question, tools=[_PROBE], tokenize=False)
        except Exception:
            return False  # whatever a template raises for tools, it does not take them
        return "probe_of_tools" in text


def _holds(path: Path, patterns: Sequence[str]) -> bool:
    return any(next(path.glob(pattern), None) is not None for pattern in patterns)


def _check_whole(path: Path) -> None:
    """ModelError where a file of weights is cut or missing, by headers and the index alone."""
    from safetensors import SafetensorError, safe_open

    for file in sorted(path.glob("*.safetensors")):
        try:
            with safe_open(file, framework="numpy"):
                pass
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"model 'hf:{path}': {file.name} is not whole ({_first_line(error)}); copy it again"
            ) from None
    index = path / "model.safetensors.index.json"
    if not index.is_file():
        return
    try:
        named = set(json.loads(index.read_text())["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(
            f"model 'hf:{path}': {index.name} cannot be read ({_first_line(error)}); copy it again"
        ) from None
    missing = sorted(name for name in named if not (path / str(name)).is_file())
    if missing:
        raise ModelError(
            f"model 'hf:{path}': {index.name} names {missing[0]}, which is not in the folder; "
            "copy all files of the model"
        )


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Without the bar that transformers would draw through whatever else is on the terminal."""
    import transformers

    notices: Any = transformers.utils.logging
    drawn = notices.is_progress_bar_enabled()
    notices.disable_progress_bar()
    try:
        yield
    finally:
        if drawn:
            notices.enable_progress_bar()


def _stopping_on(stop: threading.Event) -> Any:
    """What `generate` asks after each token: whether to stop."""
    import torch

    def stopped(input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        del scores
        return torch.full((input_ids.shape[0],), stop.is_set(), device=input_ids.device)

    return stopped


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
