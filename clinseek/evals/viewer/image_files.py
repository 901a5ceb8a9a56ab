"""Images that the record only names, from the run's folder of images: the file as it was, or none.

A page asks for a file by its number in the record, never by a path; what is read is walked to
without links, and must have the hash that the record tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import Refusal, SettingError
from clinseek.scratch import scratch_folder

GONE = "the file has changed or is gone"


class FilePicture(NamedTuple):
    """The picture of a file as a JPEG, or why there is none."""

    jpeg: bytes | None
    why_not: str = ""


def file_picture(record: Mapping[str, Any], number: int, folder: str | None) -> FilePicture:
    """The picture of the file that came with a question as number `number`, from 0."""
    attached = record.get("attached") or ()
    if not 0 <= number < len(attached):
        return FilePicture(None, "the record names no such file")
    if folder is None:
        return FilePicture(None, "the run names no folder of images")
    if find_spec("PIL") is None or find_spec("pydicom") is None:
        return FilePicture(None, "to show it, install 'clinseek[imaging]'")
    return _read(Path(folder), str(attached[number]["path"]), str(attached[number]["sha256"]))


def _read(folder: Path, path: str, sha256: str) -> FilePicture:
    from clinseek.nodes.pictures import seen
    from clinseek.toolkits.imaging import ImageRoot

    try:
        with scratch_folder("clinseek-images-") as made:
            file = ImageRoot(folder, made=made, only=[path]).read(path)
    except (Refusal, SettingError):
        return FilePicture(None, GONE)
    if file.sha256 != sha256:
        return FilePicture(None, GONE)
    try:
        return FilePicture(seen(file).jpeg)
    except (Refusal, SettingError) as error:
        return FilePicture(None, str(error))
