"""The files of an export: JSON lines for OpenAI, TRL and Unsloth, Parquet for verl.

Arguments of calls are JSON text in each of them. As objects in columns they would be made one
type: each call would come back with the arguments of all others, null, and templates write those.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal, Protocol

from clinseek.training.exporting.example import Example
from clinseek.training.exporting.parquet import GroupedParquet
from clinseek.training.splits import Part

Form = Literal["openai", "trl", "unsloth", "parquet"]
FORMS: tuple[Form, ...] = ("openai", "trl", "unsloth", "parquet")
_ROWS_A_GROUP = 32
_IMAGE_MARK = "<image>"
PARTS: tuple[Part, ...] = ("train", "validation")


class ExampleWriter(Protocol):
    """Takes examples of one part."""

    def write(self, example: Example) -> None:
        """Add one."""
        ...


def file_name(form: Form, part: Part) -> str:
    """How the file of a part is named.

    >>> file_name("parquet", "validation"), file_name("trl", "train")
    ('val.parquet', 'train.jsonl')
    """
    if form == "parquet":
        return f"{'val' if part == 'validation' else part}.parquet"
    return f"{part}.jsonl"


@contextmanager
def writers(folder: Path, form: Form) -> Iterator[dict[Part, ExampleWriter]]:
    """A writer for each part; both files are there in the end, empty where nothing was written."""
    with ExitStack() as opened:
        made: dict[Part, ExampleWriter] = {}
        for part in PARTS:
            file = folder / file_name(form, part)
            file.touch(mode=0o600)
            if form == "parquet":
                parquet = _Rows(file)
                opened.callback(parquet.close)
                made[part] = parquet
            else:
                made[part] = _Lines(opened.enter_context(file.open("w", encoding="utf-8")), form)
        yield made


def line_of(example: Example, form: Form) -> dict[str, Any]:
    """An example as one object of a file of lines."""
    if form == "openai":
        return {"messages": _weighted(example), "tools": example.tools}
    conversation = "conversations" if form == "unsloth" else "messages"
    told = {
        "id": example.id,
        "subject_id": example.subject_id,
        "task": example.task,
        conversation: _weighted(example),
        "tools": json.dumps(example.tools, ensure_ascii=False),
    }
    if form == "unsloth" and example.text is not None:
        told["text"] = example.text
    return told


def _weighted(example: Example) -> list[dict[str, Any]]:
    """The messages; a turn that does not count in the loss has the weight 0, as OpenAI has it."""
    weights = iter(example.weights)
    return [
        {**message, "weight": 0}
        if message["role"] == "assistant" and not next(weights) else message
        for message in example.messages
    ]  # fmt: skip


class _Lines:
    def __init__(self, file: Any, form: Form) -> None:
        self._file, self._form = file, form

    def write(self, example: Example) -> None:
        line = json.dumps(line_of(example, self._form), ensure_ascii=False)
        self._file.write(line.encode("utf-8", "replace").decode() + "\n")


class _Rows:
    def __init__(self, file: Path) -> None:
        self._file = GroupedParquet(file, _schema(), rows_a_group=_ROWS_A_GROUP)
        self.close = self._file.close

    def write(self, example: Example) -> None:
        self._file.add(_row(example))


def _schema() -> Any:
    import pyarrow as pa

    function = pa.struct([("name", pa.string()), ("arguments", pa.string())])
    call = pa.struct([("id", pa.string()), ("type", pa.string()), ("function", function)])
    message = pa.struct(
        [
            ("role", pa.string()),
            ("content", pa.string()),
            ("reasoning_content", pa.string()),
            ("tool_calls", pa.list_(call)),
            ("tool_call_id", pa.string()),
            ("name", pa.string()),
        ]
    )
    image = pa.struct([("image", pa.string()), ("sha256", pa.string())])
    return pa.schema(
        [
            ("id", pa.string()),
            ("subject_id", pa.int64()),
            ("task", pa.string()),
            ("messages", pa.list_(message)),
            ("tools", pa.string()),
            ("images", pa.list_(image)),
            ("weights", pa.list_(pa.int8())),
        ]
    )


def _row(example: Example) -> dict[str, Any]:
    images: list[dict[str, Any]] = []
    messages = [
        {**message, "content": _as_text(message["content"], images)} for message in example.messages
    ]
    return {
        "id": example.id,
        "subject_id": example.subject_id,
        "task": example.task,
        "messages": messages,
        "tools": json.dumps(example.tools, ensure_ascii=False),
        "images": images,
        "weights": example.weights,
    }


def _as_text(content: Any, images: list[dict[str, Any]]) -> str:
    """Content as one text, a mark for each picture, which is put into `images`."""
    if isinstance(content, str):
        return content
    parts = []
    for block in content:
        if block.get("type") == "image":
            images.append({"image": block.get("path"), "sha256": block.get("sha256")})
            parts.append(_IMAGE_MARK)
        else:
            parts.append(str(block.get("text", "")))
    return "\n".join(parts)
