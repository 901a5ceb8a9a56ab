"""Examples as tokens with their labels: what every recipe trains from."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from clinseek.errors import SettingError
from clinseek.training.exporting.example import Example
from clinseek.training.rendering.fidelity import Fidelity
from clinseek.training.rendering.masking import Masked, Renderer
from clinseek.training.splits import Part

FOLDER = "tokens"
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
    """A Parquet file of `id`, `input_ids` and `labels`; -100 stands where nothing is trained."""

    def __init__(self, folder: Path, part: Part) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder.mkdir(exist_ok=True)
        numbers = pa.list_(pa.int32())
        self._schema = pa.schema([("id", pa.string()), ("input_ids", numbers), ("labels", numbers)])
        self._writer = pq.ParquetWriter(
            folder / f"{part}.parquet", self._schema, compression="zstd"
        )
        self._rows: list[dict[str, Any]] = []

    def write(self, example: Example, made: Masked) -> None:
        """Add an example."""
        self._rows.append({"id": example.id, "input_ids": made.ids, "labels": made.labels})
        if len(self._rows) >= _ROWS_A_GROUP:
            self._flush()

    def close(self) -> None:
        """Write what is left."""
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa

        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
        self._rows = []
