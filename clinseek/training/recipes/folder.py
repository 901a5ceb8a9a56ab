"""The folder of a training: what it belongs to, its checkpoints, and what it ends with.

OUT/run.json         recipe, dataset and model that it belongs to: another's is refused
OUT/training.jsonl   what was logged, a line each; the same after any number of kills
OUT/sessions.jsonl   each time the command ran: from which step, how fast, with which versions
OUT/checkpoints/     whole checkpoints, each made beside its place and renamed
OUT/model/           the trained model, which is served (OUT/adapter/ too, with LoRA)
OUT/loss.svg         the curve of the loss, with loss.png
OUT/README.md        the model card
OUT/train.json       the report; it is written last, and what has it is finished
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clinseek.drafts import flush
from clinseek.errors import SettingError
from clinseek.training.recipes.checkpoints import fault_in, note_files
from clinseek.training.traces.folder import check_free
from clinseek.whole_file import whole_file

RUN, LOG, SESSIONS, REPORT = "run.json", "training.jsonl", "sessions.jsonl", "train.json"
CHECKPOINTS, MODEL, ADAPTER, CARD = "checkpoints", "model", "adapter", "README.md"
_STEP = "step-"
_MAKING = ".making"


@dataclass(frozen=True)
class TrainingFolder:
    """The folder `path`, held by one process at a time."""

    path: Path

    def open(self, identity: Mapping[str, Any]) -> None:
        """Make the folder, or go on in it. SettingError where it belongs to something else."""
        file = self.path / RUN
        if file.is_file():
            self._check_same(file, identity)
            return
        if self.path.is_dir() and {each.name for each in self.path.iterdir()} - {".lock"}:
            check_free(self.path)
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingError(f"{self.path}: cannot be written ({error.strerror})") from None
        with whole_file(file) as made:
            made.write_text(json.dumps(identity, indent=2) + "\n", encoding="utf-8")

    def check(self, identity: Mapping[str, Any]) -> None:
        """SettingError where the folder could not be opened; nothing is written."""
        if (self.path / RUN).is_file():
            self._check_same(self.path / RUN, identity)
        else:
            check_free(self.path)

    def _check_same(self, file: Path, identity: Mapping[str, Any]) -> None:
        try:
            held = json.loads(file.read_bytes())
        except ValueError:
            raise SettingError(f"{file}: is no JSON; name a new folder with --out") from None
        for what, told in identity.items():
            if held.get(what) != told:
                raise SettingError(
                    f"{self.path} belongs to another training ({_difference(what, held, told)}); "
                    "name a new folder with --out"
                )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """SettingError where another process trains in this folder."""
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingError(f"{self.path}: cannot be made ({error.strerror})") from error
        with (self.path / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise SettingError(
                    f"{self.path}: another process trains in this folder; wait for it, or name a "
                    "new one with --out"
                ) from None
            yield

    @property
    def finished(self) -> bool:
        """Whether the training came to its end."""
        return (self.path / REPORT).is_file()

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints lie."""
        return self.path / CHECKPOINTS

    @property
    def draft(self) -> Path:
        """Where a checkpoint is written before it counts."""
        return self.checkpoints / _MAKING

    def newest_checkpoint(self) -> Path | None:
        """The newest checkpoint that is as it was written."""
        return next((each for each in reversed(self._steps()) if fault_in(each) is None), None)

    def last_checkpoint(self) -> Path | None:
        """The same; what a kill left half written is removed."""
        shutil.rmtree(self.draft, ignore_errors=True)
        return self.newest_checkpoint()

    def drop_damaged(self) -> list[str]:
        """Remove checkpoints that are not as they were written; a line about each.

        SettingError where there is no other: nothing is removed then.
        """
        held = self._steps()
        faults = {each: fault for each in held if (fault := fault_in(each))}
        whole = [each.name for each in held if each not in faults]
        if faults and not whole:
            told = "; ".join(f"{each.name}: {fault}" for each, fault in faults.items())
            raise SettingError(
                f"{self.checkpoints}: no checkpoint is whole ({told}); copy them again, or delete "
                "that folder to train from the beginning"
            )
        for each in faults:
            self._remove(each)
        return [
            f"{each}: is not whole ({fault}), and was removed; going on from {whole[-1]}"
            for each, fault in faults.items()
        ]

    def keep_checkpoint(self, made: Path, step: int, *, keep: int) -> None:
        """A checkpoint that was written takes its place; of older ones `keep` - 1 stay."""
        note_files(made)
        flush(made)
        target = self.checkpoints / f"{_STEP}{step}"
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)
        for old in self._steps()[:-keep]:
            self._remove(old)

    def drop_checkpoints(self) -> None:
        """After the end none is needed."""
        shutil.rmtree(self.checkpoints, ignore_errors=True)

    def _remove(self, checkpoint: Path) -> None:
        """Remove it by way of the draft: a kill in the middle leaves no half of a checkpoint."""
        gone = self.draft / checkpoint.name
        shutil.rmtree(gone, ignore_errors=True)
        self.draft.mkdir(exist_ok=True)
        checkpoint.rename(gone)
        shutil.rmtree(gone)

    def _steps(self) -> list[Path]:
        return sorted(self.checkpoints.glob(f"{_STEP}*"), key=step_of)

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """A folder in it to write to, which takes the place `name` when the block ends well."""
        draft = self.path / f".{name}{_MAKING}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        try:
            yield draft
            flush(draft)
            shutil.rmtree(self.path / name, ignore_errors=True)
            draft.rename(self.path / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def step_of(checkpoint: Path) -> int:
    """The step after which a checkpoint was written.

    >>> step_of(Path("checkpoints/step-50"))
    50
    """
    return int(checkpoint.name.removeprefix(_STEP))


def _difference(what: str, held: Mapping[str, Any], told: Any) -> str:
    before = held.get(what)
    if isinstance(before, Mapping) and isinstance(told, Mapping):
        key = next(key for key in {**before, **told} if before.get(key) != told.get(key))
        return f"{what}: {key} = {before.get(key)!r} there, {told.get(key)!r} here"
    return f"its {what} is another"
