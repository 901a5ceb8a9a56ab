"""What must hold of every case, tried on a synthetic cohort, whose notes and clocks are noisy."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise

from .invariants import assert_grows, assert_holds
from .reading import PROFILES, ProfileName, Reader

PATIENTS = 4
END_OF_RECORD = "2299-01-01 00:00:00"
HOURS = (0, 1, 6, 24, 72)
"""Hours from an arrival to a cutoff: fixed without a look at how the stay went."""


@pytest.fixture(scope="module")
def synthetic_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """`synthetic_at(subject_id, cutoff)`: the record of a synthetic patient as it stood."""
    folder = tmp_path_factory.mktemp("synthetic")
    synthesise(folder / "raw", patients=PATIENTS, seed=7)
    ingest([folder / "raw"], folder / "store")
    reader = Reader(folder / "store", folder / "cases")
    yield reader
    reader.close()


def cutoffs(at: Reader, subject_id: int) -> list[str]:
    """Moments after the first arrivals of a patient, and the end of the record."""
    whole = at(subject_id, END_OF_RECORD)
    arrivals = [row["admittime"] for row in whole.table("admissions")]
    arrivals += [row["intime"] for row in whole.table("edstays")]
    assert arrivals, f"{subject_id} never came"
    after = {
        str(datetime.fromisoformat(arrival) + timedelta(hours=hours))
        for arrival in sorted(arrivals)[:3]
        for hours in HOURS
    }
    return [*sorted(after), END_OF_RECORD]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("patient", range(PATIENTS))
def test_every_invariant_holds_of_a_synthetic_patient(
    synthetic_at: Reader, patient: int, profile: ProfileName
) -> None:
    subject_id = Store.open(synthetic_at.store).subjects()[patient]
    views = [
        synthetic_at(subject_id, cutoff, profile) for cutoff in cutoffs(synthetic_at, subject_id)
    ]
    for view in views:
        assert_holds(view)
    for earlier, later in itertools.pairwise(views):
        assert_grows(earlier, later)
