"""What verl reads the Parquet files of an export with: arguments and tools made objects again.

    data.custom_cls.path=pkg://clinseek.training.exporting.verl_dataset
    data.custom_cls.name=TraceDataset

verl's own class hands both to the template as they lie in the file, as JSON text: a template then
writes arguments twice escaped, and goes through the letters of the tools' text. verl is imported
when the class is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from clinseek.training.rendering.template import as_objects


def __getattr__(name: str) -> Any:
    if name != "TraceDataset":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _dataset_class()


def messages_of(held: Any) -> list[dict[str, Any]]:
    """The messages of a row as templates take them: lists as lists, arguments as objects.

    >>> call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    >>> messages_of([{"role": "assistant", "content": "", "tool_calls": [call], "name": None}])[0][
    ...     "tool_calls"][0]["function"]
    {'name': 'f', 'arguments': {'a': 1}}
    """
    return as_objects(_plain(held))


def _plain(held: Any) -> Any:
    """Arrays, as Parquet columns come, as lists."""
    if isinstance(held, Mapping):
        return {name: _plain(value) for name, value in held.items()}
    if isinstance(held, str | bytes) or held is None:
        return held
    if hasattr(held, "tolist"):
        held = held.tolist()
    return [_plain(each) for each in held] if isinstance(held, Sequence) else held


def _dataset_class() -> type:
    from verl.utils.dataset.multiturn_sft_dataset import (  # type: ignore[import-not-found]
        MultiTurnSFTDataset,
    )

    class TraceDataset(MultiTurnSFTDataset):  # type: ignore[misc]
        """Conversations of an export, as verl trains on them."""

        messages: list[Any]
        tools: list[Any]

        def _read_files_and_process(self) -> None:
            super()._read_files_and_process()
            self.messages = [messages_of(each) for each in self.messages]
            self.tools = [json.loads(each) for each in self.tools]

        def _build_messages(self, example: dict[str, Any]) -> Any:
            read = messages_of(example[self.messages_key])
            return super()._build_messages({**example, self.messages_key: read})

    return TraceDataset
