"""A tokenizer folder: its template, its special tokens, and text as tokens with their places."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.models.control_tokens import ControlTokens
from clinseek.training.rendering.template import ChatTemplate

_SPECIAL = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token")


class Tokens(NamedTuple):
    """Token ids, and for each the characters that it stands for (start, end)."""

    ids: list[int]
    places: list[tuple[int, int]]


@dataclass(frozen=True)
class Tokenizer:
    """A folder with `tokenizer.json` and a chat template; transformers is not needed for it."""

    folder: Path
    template: ChatTemplate
    special: Mapping[str, str]

    @classmethod
    def of_folder(cls, folder: Path, *, template: Path | None = None) -> Tokenizer:
        """The tokenizer in `folder`, with the template of the file `template` instead of its own.

        SettingError where the folder holds no tokenizer, or no template is to be had.
        """
        if not (folder / "tokenizer.json").is_file():
            raise SettingError(f"{folder}: no tokenizer (a folder with tokenizer.json is needed)")
        config = _json(folder / "tokenizer_config.json")
        special = _special_tokens(folder, config)
        source = _read(template) if template is not None else _template_in(folder, config)
        if not source:
            raise SettingError(
                f"{folder}: the tokenizer has no chat template (chat_template.jinja); name one "
                "with --template FILE.jinja"
            )
        return cls(folder, ChatTemplate(source, special), special)

    @cached_property
    def _tokenizer(self) -> Any:
        try:
            from tokenizers import Tokenizer as Fast
        except ModuleNotFoundError:
            raise SettingError(
                "counting tokens exactly needs the package tokenizers; install "
                "'clinseek[training]', or leave --tokenizer out for an estimate"
            ) from None
        try:
            made = Fast.from_file(str(self.folder / "tokenizer.json"))
        except Exception as error:  # the library raises Exception itself
            raise SettingError(f"{self.folder}: tokenizer.json cannot be read ({error})") from None
        made.no_truncation()
        made.no_padding()
        return made

    def tokens(self, text: str) -> Tokens:
        """A rendered conversation as tokens; nothing is put before or behind it."""
        encoded = self._tokenizer.encode(text, add_special_tokens=False)
        return Tokens(encoded.ids, encoded.offsets)

    def count(self, text: str) -> int:
        """How many tokens a text takes."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def text(self, ids: Sequence[int]) -> str:
        """Tokens as text, special ones too."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=False))

    def id_of(self, token: str) -> int | None:
        """The id of a token; None where there is none."""
        found = self._tokenizer.token_to_id(token)
        return None if found is None else int(found)

    @cached_property
    def control(self) -> ControlTokens:
        """Every token that is more than text: turn marks, call marks, thinking marks.

        Models that are told this folder are asked by the same (`clinseek.models.control_tokens`).
        """
        added = _json(self.folder / "tokenizer.json").get("added_tokens") or ()
        return ControlTokens.among(added, self.template.source)

    @cached_property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of the tokenizer and of the template."""
        return {
            "tokenizer": hashlib.sha256((self.folder / "tokenizer.json").read_bytes()).hexdigest(),
            "template": hashlib.sha256(self.template.source.encode()).hexdigest(),
        }


def _template_in(folder: Path, config: Mapping[str, Any]) -> str:
    file = folder / "chat_template.jinja"
    if file.is_file():
        return _read(file)
    held = config.get("chat_template")
    if isinstance(held, list):
        by_name = {str(each.get("name")): str(each.get("template")) for each in held}
        return by_name.get("tool_use") or by_name.get("default", "")
    return str(held or "")


def _special_tokens(folder: Path, config: Mapping[str, Any]) -> dict[str, str]:
    held = {**_json(folder / "special_tokens_map.json"), **config}
    found = {}
    for name in _SPECIAL:
        token = held.get(name)
        if isinstance(token, Mapping):
            token = token.get("content")
        if isinstance(token, str):
            found[name] = token
    return found


def _json(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SettingError(f"{file}: is no JSON ({error})") from None
    return held if isinstance(held, dict) else {}


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingError(f"{file}: cannot be read ({error.strerror})") from None
