"""Whose data a store holds, as far as it must be said."""

from __future__ import annotations

from clinseek.toolkits.ehr.store import Store

DEMO_PATIENTS = "59dcc6cd8450ddf03ad32cc7d76e41caa4c9633541715987f590c74835cf6fae"
"""SHA-256 of hosp/patients.csv.gz of the MIMIC-IV demo v2.2."""

_ATTRIBUTION = """\
# Attribution

This file of questions contains information from the MIMIC-IV Clinical Database Demo v2.2
(https://doi.org/10.13026/dp1f-ex47) and, where the store held it, from the MIMIC-IV-ED Demo v2.2
(https://physionet.org/content/mimic-iv-ed-demo/2.2/), which are made available under the Open
Database License (ODbL) v1.0 (https://opendatacommons.org/licenses/odbl/1-0/); so is this file.

- Johnson A, Bulgarelli L, Pollard T, Horng S, Celi LA, Mark R. MIMIC-IV Clinical Database Demo
  (version 2.2). PhysioNet, 2023.
- Johnson A, Bulgarelli L, Pollard T, Celi LA, Horng S, Mark R. MIMIC-IV-ED Demo (version 2.2).
  PhysioNet, 2023.
- Goldberger A, et al. PhysioBank, PhysioToolkit, and PhysioNet. Circulation 101(23):e215-e220,
  2000.
"""


def attribution_of(store: Store) -> str | None:
    """The attribution that goes with what is made from the open demo; None for another store."""
    patients = store.manifest.tables.get("patients")
    if patients is None or DEMO_PATIENTS not in {file.sha256 for file in patients.files}:
        return None
    return _ATTRIBUTION
