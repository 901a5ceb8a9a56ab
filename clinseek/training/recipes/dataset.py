"""The pre-tokenised dataset that every recipe trains from, read and refused before any training."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from clinseek.errors import SettingError
from clinseek.training.exporting.card import EXPORT_VERSION, ExportReport
from clinseek.training.exporting.export import REPORT
from clinseek.training.exporting.tokenised import FOLDER, TEMPLATE
from clinseek.training.splits import Part, PatientSplit
from clinseek.whole_file import sha256_of

_COLUMNS = ("id", "subject_id", "input_ids", "labels")
_ROWS_AT_ONCE = 64
_EXPORTING = "clinseek traces export KEPT --format trl --out DATA --tokenizer MODEL makes it"


class Tokens(NamedTuple):
    """One example: -100 in `labels` where nothing is trained."""

    id: str
    ids: list[int]
    labels: list[int]


@dataclass(frozen=True)
class TokenPart:
    """A part of the dataset, by what was counted in it. `lengths` has one entry an example.

    `unstopped` is the first example in which no stop token is trained, `highest` the highest id;
    of `unknown` examples the patient is not known.
    """

    file: Path
    lengths: list[int] = field(repr=False)
    trained: int
    highest: int
    patients: frozenset[int] = field(repr=False)
    unknown: int
    longest_id: str
    unstopped: str | None

    @property
    def examples(self) -> int:
        """How many there are."""
        return len(self.lengths)

    @property
    def tokens(self) -> int:
        """Of all examples together."""
        return sum(self.lengths)

    @property
    def longest(self) -> int:
        """The tokens of the longest example."""
        return max(self.lengths, default=0)

    def table(self) -> Any:
        """`input_ids` and `labels` as a pyarrow table."""
        import pyarrow.parquet as pq

        return pq.read_table(self.file, columns=["input_ids", "labels"])

    def example(self, number: int) -> Tokens:
        """The example at `number`, from 0; its group of rows alone is read."""
        import pyarrow.parquet as pq

        opened = pq.ParquetFile(self.file)
        for group in range(opened.num_row_groups):
            rows = opened.metadata.row_group(group).num_rows
            if number < rows:
                row = opened.read_row_group(group).slice(number, 1).to_pylist()[0]
                return Tokens(row["id"], row["input_ids"], row["labels"])
            number -= rows
        raise IndexError(number)


@dataclass(frozen=True)
class TokenDataset:
    """An export with tokens; what its card tells is in `report`."""

    folder: Path
    report: ExportReport

    @classmethod
    def of_folder(cls, folder: Path) -> TokenDataset:
        """The dataset in `folder`. SettingError where there is none, or none with tokens."""
        file = folder / REPORT
        if not file.is_file():
            raise SettingError(f"{folder}: no dataset ({REPORT} is not there); {_EXPORTING}")
        try:
            held = json.loads(file.read_bytes())
            _check_version(held, file)
            report = ExportReport.model_validate(held)
        except (OSError, ValidationError, ValueError):
            raise SettingError(f"{file}: cannot be read; export the traces again") from None
        made = cls(folder, report)
        made._check_tokens()
        return made

    def _check_tokens(self) -> None:
        if not self.file("train").is_file() or self.report.template is None:
            raise SettingError(
                f"{self.folder}: the dataset is not tokenised; {_EXPORTING}, with the tokenizer of "
                "the model that is trained"
            )
        import pyarrow.parquet as pq

        try:
            names = pq.read_schema(self.file("train")).names
        except (OSError, ValueError) as error:
            raise SettingError(
                f"{self.file('train')}: cannot be read as Parquet; export the traces again"
            ) from error
        if not set(_COLUMNS) <= set(names) or not (self.folder / FOLDER / TEMPLATE).is_file():
            raise SettingError(
                f"{self.folder}: was exported by an earlier clinseek, whose tokens name neither "
                f"patient nor template; export it again: {_EXPORTING}"
            )

    def file(self, part: Part) -> Path:
        """The tokens of a part."""
        return self.folder / FOLDER / f"{part}.parquet"

    @cached_property
    def template(self) -> str:
        """The chat template that the tokens were rendered by."""
        return (self.folder / FOLDER / TEMPLATE).read_text(encoding="utf-8")

    @property
    def tokenizer_hash(self) -> str:
        """SHA-256 of the tokenizer.json that the tokens were made with."""
        return (self.report.template or {}).get("tokenizer", "")

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each file of tokens, as the card has them."""
        return {
            name: digest
            for name, digest in sorted(self.report.files.items())
            if name.startswith(f"{FOLDER}/")
        }

    @property
    def sha256(self) -> str:
        """Of all hashes together: what these tokens are, and what they were made from."""
        told = json.dumps([self.hashes, self.report.records], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def check_whole(self) -> None:
        """SettingError where a file is not the one that was exported."""
        for name, digest in self.hashes.items():
            file = self.folder / name
            if not file.is_file() or sha256_of(file) != digest:
                raise SettingError(
                    f"{file}: is not as it was exported (its SHA-256 is not the one in {REPORT}); "
                    "export the traces again"
                )

    def part(self, part: Part, *, split: PatientSplit, stops: Collection[int]) -> TokenPart:
        """A part, gone through once. SettingError where a patient of it is for testing."""
        return _counted(self.file(part), split, frozenset(stops))


def _check_version(held: Any, file: Path) -> None:
    if not isinstance(held, dict):
        raise ValueError
    if (version := held.get("schema_version")) != EXPORT_VERSION:
        raise SettingError(
            f"{file}: an export of schema version {version}, and this clinseek reads "
            f"{EXPORT_VERSION}; export the traces again with this one"
        )


def check_apart(train: TokenPart, validation: TokenPart) -> None:
    """SettingError where a patient is in both parts, or nothing is there to train on."""
    if not train.examples:
        raise SettingError(f"{train.file}: holds no example: there is nothing to train on")
    if both := train.patients & validation.patients:
        raise SettingError(
            f"{train.file.parent}: {len(both):,} patients are in both parts (one is {min(both)}): "
            "validation would tell nothing; export the traces again"
        )
    if not train.trained:
        raise SettingError(f"{train.file}: no token has a label: there is nothing to train on")


def _counted(file: Path, split: PatientSplit, stops: frozenset[int]) -> TokenPart:
    lengths: list[int] = []
    patients: set[int] = set()
    trained, highest, longest, longest_id, unstopped, unknown = 0, 0, 0, "", None, 0
    for name, subject, ids, labels in _rows(file):
        if subject is None:
            unknown += 1
        elif subject not in patients:
            _refuse_tested(file, name, subject, split)
            patients.add(subject)
        if len(ids) > longest:
            longest, longest_id = len(ids), name
        lengths.append(len(ids))
        highest = max(highest, int(ids.max(initial=0)))
        counted = labels[labels >= 0]
        trained += len(counted)
        if unstopped is None and not stops.intersection(counted.tolist()):
            unstopped = name
    return TokenPart(
        file, lengths, trained, highest, frozenset(patients), unknown, longest_id, unstopped
    )


def _refuse_tested(file: Path, name: str, subject: int, split: PatientSplit) -> None:
    if split.part_of(subject) == "test":
        raise SettingError(
            f"{file}: example {name} is of patient {subject}, who is for testing ({split.named}): "
            "nothing was trained; clinseek traces filter --test-patients drop leaves such traces "
            "out (--split and --held-out name another split)"
        )


def _rows(file: Path) -> Iterator[tuple[str, int | None, Any, Any]]:
    """Id, patient, tokens and labels of each example, the last two as arrays."""
    import pyarrow.parquet as pq

    if not file.is_file():
        return
    for batch in pq.ParquetFile(file).iter_batches(_ROWS_AT_ONCE, columns=list(_COLUMNS)):
        names, subjects = batch["id"].to_pylist(), batch["subject_id"].to_pylist()
        for at, (name, subject) in enumerate(zip(names, subjects, strict=True)):
            ids = batch["input_ids"][at].values.to_numpy(zero_copy_only=False)
            labels = batch["labels"][at].values.to_numpy(zero_copy_only=False)
            if len(ids) != len(labels):
                raise SettingError(f"{file}: example {name} has {len(labels)} labels for {len(ids)}"
                                   " tokens; export the traces again")  # fmt: skip
            yield name, subject, ids, labels
