"""verl's multi-turn dataset reads an export with arguments and tools as objects."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest

from clinseek.training.exporting import ExportSettings, export_traces
from clinseek.training.exporting import verl_dataset as ours
from clinseek.training.traces.lengths import EstimatedLength
from tests.training.made import EveryoneIn, a_trace, asked
from tests.training.test_refining import kept_folder


class AsVerlReads:
    """How verl's class goes through a file: columns first, then a row at a time by its messages."""

    messages_key = "messages"

    def __init__(self, file: Path) -> None:
        self.rows = pq.read_table(file).to_pylist()
        self._read_files_and_process()

    def _read_files_and_process(self) -> None:
        self.messages: list[Any] = [row["messages"] for row in self.rows]
        self.tools: list[Any] = [row["tools"] for row in self.rows]

    def _build_messages(self, example: dict[str, Any]) -> Any:
        return example[self.messages_key]

    def __getitem__(self, item: int) -> tuple[Any, Any]:
        return self._build_messages(self.rows[item]), self.tools[item]


def test_each_call_and_schema_comes_back_as_an_object(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("verl", "verl.utils", "verl.utils.dataset"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    module = ModuleType("verl.utils.dataset.multiturn_sft_dataset")
    module.MultiTurnSFTDataset = AsVerlReads  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    folder = kept_folder(tmp_path / "kept", [a_trace([[asked("labevents")], [asked("omr")]])])
    export_traces(
        folder, tmp_path / "data", settings=ExportSettings(form="parquet"),
        split=EveryoneIn("train"), length=EstimatedLength(),
    )  # fmt: skip
    messages, tools = ours.TraceDataset(tmp_path / "data" / "train.parquet")[0]
    calls = [call["function"] for message in messages for call in message.get("tool_calls", ())]
    assert [call["arguments"] for call in calls[:2]] == [
        {"table_name": "labevents"}, {"table_name": "omr"}]  # fmt: skip
    assert [tool["function"]["name"] for tool in tools][-1] == "ehr_finish"
    assert all(None not in message.values() for message in messages)


def test_without_verl_the_module_can_be_imported_and_names_nothing_else() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Other'"):
        _ = ours.Other
