"""A folder of traces: one a line in `traces.jsonl`, and `traces.json`, which says what they are.

    KEPT/traces.jsonl   the traces
    KEPT/traces.json    the step that made them, how many they are, the hash of the file
    KEPT/images/        each image once, by its SHA-256
    KEPT/report.*       what was kept and why

A folder is whole or not there: it is made beside its place and renamed.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticSerializationError

from clinseek.drafts import draft_of
from clinseek.errors import SettingError
from clinseek.training.traces.trace import TRACE_VERSION, Trace
from clinseek.whole_file import sha256_of

TRACES, ABOUT, IMAGES = "traces.jsonl", "traces.json", "images"

Step = Literal["import", "filter", "refine"]


class About(BaseModel):
    """What `traces.json` says: which step made the traces, from what, by which settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = TRACE_VERSION
    step: Step
    traces: int
    sha256: str
    sources: dict[str, int]
    settings: dict[str, Any]
    earlier: list[dict[str, Any]] = []
    """The same of the folders that the traces were read from."""


@dataclass(frozen=True)
class TraceFolder:
    """A folder of traces as it stands; one trace is held at a time."""

    path: Path

    @cached_property
    def about(self) -> About:
        """What the traces are. SettingError where `traces.json` cannot be read."""
        file = self.path / ABOUT
        try:
            held = json.loads(file.read_bytes())
            _check_version(held, str(file))
            return About.model_validate(held)
        except (OSError, ValueError) as error:
            raise SettingError(f"{file}: cannot be read ({_first_of(error)})") from None

    def traces(self) -> Iterator[Trace]:
        """The traces in their order. SettingError where the file is not as it was written."""
        return (read_trace(line, at) for line, at in self.lines())

    def lines(self) -> Iterator[tuple[bytes, str]]:
        """Each trace as its line, with its place; the file's hash is looked at before the first."""
        self._check_whole()
        file = self.path / TRACES
        try:
            with file.open("rb") as opened:
                for number, line in enumerate(opened, start=1):
                    yield line, f"{file}, line {number}"
        except OSError as error:
            raise SettingError(f"{file}: cannot be read ({error.strerror})") from None

    def _check_whole(self) -> None:
        file, about = self.path / TRACES, self.about
        try:
            held = sha256_of(file)
        except OSError as error:
            raise SettingError(f"{file}: cannot be read ({error.strerror})") from None
        if held != about.sha256:
            raise SettingError(
                f"{file}: is not as it was written (its SHA-256 is not the one in {ABOUT}): it is "
                f"damaged or was changed by hand; make it again with clinseek traces {about.step}"
            )


def read_trace(line: bytes | str, at: str) -> Trace:
    """The trace on a line; SettingError, with its place, where there is none."""
    try:
        return Trace.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        if where == "schema_version":
            raise SettingError(_other_version(at, fault["input"])) from None
        raise SettingError(f"{at}: no trace ({where}: {fault['msg']})") from None


def _check_version(held: Any, at: str) -> None:
    version = held.get("schema_version") if isinstance(held, dict) else None
    if version != TRACE_VERSION:
        raise SettingError(_other_version(at, version))


def _other_version(at: str, version: object) -> str:
    return (
        f"{at}: traces of schema version {version}, and this clinseek reads {TRACE_VERSION}; "
        "import them again with the clinseek that reads them"
    )


def _first_of(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return (str(error).splitlines() or [""])[0]


@dataclass
class TraceWriter:
    """Writes traces into a draft folder; images go to files of their own."""

    folder: Path
    file: BinaryIO
    written: int = 0
    sources: dict[str, int] = field(default_factory=dict)
    _hash: Any = field(default_factory=hashlib.sha256)

    def write(self, trace: Trace) -> None:
        """Add a trace."""
        self.write_line(self.line_of(trace), source=trace.origin["source"])

    def line_of(self, trace: Trace) -> bytes:
        """The line of a trace; its images are in their files then.

        SettingError where it holds what no file can: lists in lists without end.
        """
        if trace.images:
            self._keep_images(trace.images)
            trace = trace.model_copy(update={"images": {}})
        try:
            return trace.model_dump_json().encode() + b"\n"
        except PydanticSerializationError as error:
            told = f"a run of {trace.qid[:80]!r} cannot be written as a trace ({error})"
            raise SettingError(f"{trace.origin['source']}: {told}") from None

    def write_line(self, line: bytes, *, source: str) -> None:
        """Add a trace by its line."""
        self.file.write(line)
        self._hash.update(line)
        self.written += 1
        self.sources[source] = self.sources.get(source, 0) + 1

    def copy_images(self, folder: Path) -> None:
        """The images of a folder that traces are taken from."""
        for image in sorted((folder / IMAGES).glob("*")):
            self._target(image.name).write_bytes(image.read_bytes())

    def close(self, step: Step, settings: Mapping[str, Any], earlier: list[dict[str, Any]]) -> None:
        """Write what the traces are."""
        about = About(
            step=step,
            traces=self.written,
            sha256=self._hash.hexdigest(),
            sources=dict(sorted(self.sources.items())),
            settings=dict(settings),
            earlier=earlier,
        )
        (self.folder / ABOUT).write_text(about.model_dump_json(indent=2) + "\n")

    def _keep_images(self, images: Mapping[str, str]) -> None:
        for sha256, encoded in images.items():
            target = self._target(f"{sha256}.jpg")
            if not target.exists():
                target.write_bytes(base64.b64decode(encoded))

    def _target(self, name: str) -> Path:
        folder = self.folder / IMAGES
        folder.mkdir(exist_ok=True)
        return folder / name


@contextmanager
def draft_folder(out: Path) -> Iterator[Path]:
    """A folder to write to, which becomes `out` when the block ends well; else it is removed.

    SettingError where `out` holds something already, is being made by another process, or cannot
    be written.
    """
    try:
        with draft_of(out, check=check_free) as draft:
            yield draft
    except OSError as error:
        raise SettingError(f"{out}: cannot be written ({error.strerror})") from error


def check_free(out: Path) -> None:
    """SettingError where `out` is a file, or a folder that holds something."""
    if out.is_file():
        raise SettingError(f"{out} is a file; name a new folder with --out")
    if out.is_dir() and any(out.iterdir()):
        held = "an export" if (out / "export.json").exists() else (
            "traces" if (out / ABOUT).exists() else "something")  # fmt: skip
        raise SettingError(f"{out} holds {held} already; name a new folder with --out")


@contextmanager
def trace_writer(folder: Path) -> Iterator[TraceWriter]:
    """A writer of traces into a draft folder."""
    with (folder / TRACES).open("wb") as file:
        (folder / TRACES).chmod(0o600)
        yield TraceWriter(folder, file)


def is_trace_folder(path: Path) -> bool:
    """Whether `path` holds traces."""
    return (path / ABOUT).is_file()
