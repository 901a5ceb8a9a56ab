"""The load drills would tell a leak, and sixteen runs at once have none."""

from pathlib import Path

import pytest

from drills.apart import lines_of
from drills.cohort import Cohort
from drills.load.memory import Sample, Slope, slope_of
from drills.rooms import drills_named

COHORT = Cohort(Path("raw"), Path("store"), {1: "CNRY-00000000000a", 2: "CNRY-00000000000b"})


def test_a_run_that_heard_its_own_canary_alone_has_no_fault() -> None:
    assert list(COHORT.faults(1, "value CNRY-00000000000a", where="here")) == []


def test_a_canary_of_another_patient_is_a_leak_and_is_named() -> None:
    heard = "CNRY-00000000000a CNRY-00000000000b"
    assert list(COHORT.faults(1, heard, where="here")) == [
        "here: a run of patient 1 saw CNRY-00000000000b, of patient 2"
    ]


def test_a_run_that_did_not_see_its_own_canary_proves_nothing() -> None:
    (told,) = COHORT.faults(1, "no rows", where="here")
    assert told == "here: the canary of patient 1 was not seen, so nothing is proved"


@pytest.mark.parametrize(("rise", "leaks"), [(0, False), (20_000, True)])
def test_a_leak_is_told_from_noise_by_its_interval(rise: int, leaks: bool) -> None:
    noise = [0, 900_000, 300_000, 1_200_000, 100_000]
    samples = [
        Sample(n, 300_000_000 + rise * n + noise[n % len(noise)], 9, 5) for n in range(0, 900, 9)
    ]
    slope = slope_of(samples)
    assert slope.low <= slope.bytes <= slope.high
    assert slope.rises is leaks


def test_an_interval_that_would_hide_a_leak_proves_nothing() -> None:
    assert not Slope(bytes=7181, low=-2995, high=17357).tells
    assert Slope(bytes=347, low=-605, high=1298).tells


def test_sixteen_runs_at_once_see_their_own_patients_alone() -> None:
    (drill,) = drills_named(["load.inside"])
    runs, requests, cases = lines_of(drill, "quick")
    assert (runs.count, requests.count, cases.count) == (16, 48, 16)
    assert [line.broken for line in (runs, requests, cases)] == [[], [], []]
