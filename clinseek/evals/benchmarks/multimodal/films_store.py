"""A store that has the X-rays: the one that is there, or one that is made of the raw folders."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.store import IngestProgress, Store, ingest
from clinseek.toolkits.ehr.store.manifest import read_manifest

_TABLE = "cxr"


def store_with_films(
    place: Path,
    *,
    mimic: Sequence[Path],
    cxr: Sequence[Path],
    subjects: Callable[[], Iterable[int]],
    progress: Callable[[IngestProgress], None],
) -> Store:
    """The store at `place`, where it has X-rays; else made, or added to, from `mimic` and `cxr`.

    A new store takes the patients `subjects` alone, an existing one keeps its own. SettingError
    where X-rays are not there and no raw folder is named; what `ingest` and `Store.open` raise.
    """
    standing = read_manifest(place)
    if standing is not None and _TABLE in standing.tables:
        return Store.open(place)
    if not mimic:
        what = "holds no X-rays" if standing is not None else "is no store"
        folders = " ".join(map(str, cxr))
        raise SettingError(
            f"{place} {what}; name the MIMIC-IV folders with --mimic, or make it with: "
            f"clinseek ingest MIMIC_IV {folders} --out {place}"
        )
    wanted = subjects() if standing is None else Store.open(place).subjects()
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "subjects.csv"
        listed.write_text("".join(f"{subject_id}\n" for subject_id in sorted(set(wanted))))
        ingest([*mimic, *cxr], place, subjects=listed, progress=progress)
    return Store.open(place)
