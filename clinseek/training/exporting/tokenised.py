"""Examples as tokens with their labels: what every recipe trains from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from clinseek.errors import SettingError
from clinseek.training.exporting.example import Example
from clinseek.training.exporting.parquet import GroupedParquet
from clinseek.training.rendering.fidelity import Fidelity
from clinseek.training.rendering.masking import Masked, Renderer
from clinseek.training.splits import Part

FOLDER, TEMPLATE = "tokens", "chat_template.jinja"
"""Where tokens lie, and beside them the template that they were rendered by."""
_ROWS_A_GROUP = 8


@dataclass
class Tokenised:
    """Renders examples with a student's tokenizer, checks each, and writes its tokens.

    `unfaithful`: an example that the template does not give back stops the export, or is dropped.
    """

    renderer: Renderer
    fidelity: Fidelity
    unfaithful: Literal["stop", "drop"] = "stop"
    _thinks: bool = field(default=False, init=False)

    def check_template(self) -> None:
        """SettingError where no conversation with tools would survive the template."""
        self.fidelity.check_template(reasoning=False)

    def masked(self, example: Example) -> Masked | str:
        """The example as tokens; where it does not survive and may be dropped, why.

        SettingError, with the id of its trace, where the export is to stop.
        """
        if not self._thinks and any(m.get("reasoning_content") for m in example.messages):
            self._thinks = True
            self.fidelity.check_template(reasoning=True)
        try:
            made = self.renderer.masked(example.messages, example.tools, weights=example.weights)
            self.fidelity.check(example.messages, example.tools, made, serve=True)
        except SettingError as fault:
            if self.unfaithful == "drop":
                return str(fault)
            raise SettingError(
                f"trace {example.trace}: {fault}; nothing was exported (--unfaithful drop leaves "
                "such traces out)"
            ) from None
        return made


class TokenWriter:
    """A Parquet file of `id`, `subject_id`, `input_ids` and `labels`, -100 where nothing is
    trained.
    """

    def __init__(self, folder: Path, part: Part) -> None:
        folder.mkdir(exist_ok=True)
        self._file = GroupedParquet(
            folder / f"{part}.parquet", _schema(), rows_a_group=_ROWS_A_GROUP
        )
        self.close = self._file.close

    def write(self, example: Example, made: Masked) -> None:
        """Add an example."""
        self._file.add(
            {
                "id": example.id,
                "subject_id": example.subject_id,
                "input_ids": made.ids,
                "labels": made.labels,
            }
        )


def _schema() -> Any:
    import pyarrow as pa

    numbers = pa.list_(pa.int32())
    return pa.schema(
        [
            ("id", pa.string()),
            ("subject_id", pa.int64()),
            ("input_ids", numbers),
            ("labels", numbers),
        ]
    )
