"""The sources of the page: the open demo, a cohort made up on the spot; and what each gives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from clinseek.validity.page.measure import Figures, measure
from clinseek.validity.probe.report import ProbeReport
from clinseek.validity.probe.run import probe

DEMO, SYNTHETIC = "open MIMIC-IV demo", "synthetic cohort"
"""How the page calls its sources."""

DEMO_FOLDER = "mimic-iv-demo"
_BESIDE_IT = ("mimic-iv-ed-demo", "mimic-iv-demo-derived")

SYNTHETIC_PATIENTS, SYNTHETIC_SEED = 100, 4
PROBED_PATIENTS, PROBE_SEED = 12, 2
"""Whose outcomes are asked for in each source. Few, for each question opens two cases; under this
seed some of them die and most do not."""


class Source(NamedTuple):
    """What the page tells of one store: how many patients, its content, its figures, its probe."""

    patients: int
    fingerprint: str
    figures: Figures
    probe: ProbeReport


def demo_store(open_data: Path, folder: Path) -> Store:
    """The open demo below `open_data` (hosp, icu and, where it is there, ed), ingested in `folder`.

    Raises SettingError where `open_data` holds no folder mimic-iv-demo, and what ingest raises.
    """
    if not (open_data / DEMO_FOLDER).is_dir():
        raise SettingError(
            f"{open_data} holds no folder {DEMO_FOLDER}; name one that does with --open-data (the "
            "demo is at https://physionet.org/content/mimic-iv-demo/2.2/)"
        )
    beside = [open_data / name for name in _BESIDE_IT if (open_data / name).is_dir()]
    store = folder / "demo"
    ingest([open_data / DEMO_FOLDER, *beside], store)
    return Store.open(store)


def synthetic_store(folder: Path) -> Store:
    """The page's synthetic cohort, always the same, written and ingested in `folder`."""
    raw, store = folder / "synthetic-raw", folder / "synthetic"
    synthesise(raw, patients=SYNTHETIC_PATIENTS, seed=SYNTHETIC_SEED)
    ingest([raw], store)
    return Store.open(store)


def read_source(
    store: Store, *, jobs: int = 1, progress: Callable[[str], None] = lambda _line: None
) -> Source:
    """Everything that the page tells of `store`, worked out by `jobs` processes.

    Raises what reading a store raises, and what a probe of it raises: StoreError, SettingError.
    """
    figures = measure(
        store, jobs=jobs, progress=lambda done, total: progress(f"measured {done} of {total}")
    )
    probed = probe(
        store.path,
        sample=PROBED_PATIENTS,
        seed=PROBE_SEED,
        structure=False,
        jobs=jobs,
        progress=lambda so_far: progress(f"probed {so_far.done} of {so_far.total}"),
    )
    return Source(len(store.subjects()), store.fingerprint, figures, probed)
