"""The images and reports of rows: where they lie, whether all are there, and what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import Refusal, SettingError
from clinseek.evals.rows import Row
from clinseek.scratch import scratch_folder

_FEW = 3
_OF_TEXT = ".txt"
_OF_MIMIC = re.compile(r"mimic|ehrxqa|medmod", re.IGNORECASE)
"""Names of benchmarks that ask about images of MIMIC-CXR."""
MIMIC_CXR = "MIMIC-CXR"


class Attachments(NamedTuple):
    """The files of rows below `root`: the SHA-256 of each, and why others cannot be read."""

    root: Path
    sha256: dict[str, str]
    missing: dict[str, str]

    def rows_without(self, rows: Sequence[Row]) -> list[Row]:
        """The rows of which a file is missing."""
        return [row for row in rows if any(path in self.missing for path in files_of(row))]

    @property
    def told(self) -> str:
        """How many files are missing, and the first of them with the reason."""
        paths = list(self.missing)
        more = ", ..." if len(paths) > _FEW else ""
        return (
            f"{len(paths)} of {len(paths) + len(self.sha256)} images and reports cannot be read "
            f"below {self.root}: {', '.join(paths[:_FEW])}{more} (the first because "
            f"{self.missing[paths[0]].partition(': ')[2] or self.missing[paths[0]]})"
        )


def files_of(row: Row) -> Iterator[str]:
    """The paths of a row: its images, and those of its reports that are no texts.

    >>> row = Row(qid="a", task="t", question="?", images=["a.png"], reports=["a.txt", "Clear."])
    >>> list(files_of(row))
    ['a.png', 'a.txt']
    """
    yield from row.images
    yield from (path for path in row.reports if path.endswith(_OF_TEXT) and "\n" not in path)


def root_of(rows: Sequence[Row], named: str | None, rows_file: str) -> str | None:
    """The folder of the rows' images, absolute: the one named, else that of the file of rows.

    None where no row has any. SettingError where it is not told, or is no folder.
    """
    if not any(True for row in rows for _ in files_of(row)):
        return None
    if named is None and not rows_file:
        raise SettingError("rows have images; name the folder that holds them as image_root")
    folder = Path(named).expanduser() if named is not None else Path(rows_file).parent
    if not folder.is_dir():
        raise SettingError(f"--image-root {folder}: there is no such folder")
    return str(folder.resolve())


def attachments_of(rows: Sequence[Row], root: str) -> Attachments:
    """Read every file of the rows once. What a run could not open is missing."""
    from clinseek.toolkits.imaging import ImageRoot

    sha256: dict[str, str] = {}
    missing: dict[str, str] = {}
    with scratch_folder("clinseek-images-") as made:
        opened = ImageRoot(Path(root), made=made)
        for path in dict.fromkeys(path for row in rows for path in files_of(row)):
            try:
                sha256[path] = opened.sha256(path)
            except Refusal as refusal:
                missing[path] = str(refusal)
    return Attachments(Path(root), sha256, missing)


def benchmark_of(row: Row) -> str | None:
    """The benchmark whose images a row asks about, where the row tells; for warnings alone.

    EHRXQA and MedMod ask about images of MIMIC-CXR, and the path of an image may tell it too.

    >>> benchmark_of(Row(qid="a", task="medmod_radiology", question="?", images=["a.jpg"]))
    'MIMIC-CXR (medmod_radiology)'
    >>> benchmark_of(Row(qid="a", task="heart", question="?", images=["a.jpg"])) is None
    True
    """
    named = row.metadata.get("benchmark")
    told = [named, row.group, row.task, *row.images]
    of_mimic = next((str(each) for each in told if each and _OF_MIMIC.search(str(each))), None)
    if of_mimic is None or not row.images:
        return str(named) if named and row.images else None
    return MIMIC_CXR if of_mimic in row.images else f"{MIMIC_CXR} ({of_mimic})"
