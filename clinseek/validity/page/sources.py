"""The two sources of the page as stores: the open demo, and a cohort made up on the spot."""

from __future__ import annotations

from pathlib import Path

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise

DEMO_FOLDER = "mimic-iv-demo"
_BESIDE_IT = ("mimic-iv-ed-demo", "mimic-iv-demo-derived")

SYNTHETIC_PATIENTS, SYNTHETIC_SEED = 100, 4


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
