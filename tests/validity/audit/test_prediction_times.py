"""Half of the times lie where a rule bites, and the clocks that few patients have come first."""

import random
from pathlib import Path

import pytest

from clinseek.toolkits.ehr.store import Store
from clinseek.validity.audit.dictionaries import bedside_items
from clinseek.validity.audit.prediction_times import draw_times
from clinseek.validity.audit.run import audit
from clinseek.validity.audit.sampling import Survey, clocks_to_draw
from clinseek.validity.audit.waits import first_known, waits_of
from clinseek.validity.oracle import RawRecord, Reading, read_record, stored_record

NOTHING: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def patient(store: Path) -> tuple[RawRecord, Reading]:
    held = Store.open(store)
    record = stored_record(held, held.subjects()[0])
    return record, read_record(record, "available", bedside_items=bedside_items(held))


def test_a_wait_lies_between_what_happened_and_the_moment_at_which_it_is_known(
    patient: tuple[RawRecord, Reading],
) -> None:
    record, reading = patient
    waits = waits_of(record, reading)
    late = {(row["charttime"], known) for row, known in
            zip(record["labevents"], reading.known["labevents"], strict=True)}  # fmt: skip

    assert waits["labevents"]
    assert set(waits["labevents"]) <= late
    assert all(wait.begins < wait.opens for each in waits.values() for wait in each)


def test_a_time_drawn_for_a_clock_lies_in_one_of_its_waits(
    patient: tuple[RawRecord, Reading],
) -> None:
    record, reading = patient
    waits = waits_of(record, reading)
    begins = first_known(reading)
    assert begins is not None

    for seed, clock in enumerate(waits):
        (time,) = draw_times(record, waits, begins=begins, clocks=[clock], count=1, seed=seed)
        assert time.drawn_as == f"while {clock} waits"
        assert any(wait.holds(time.cutoff) and wait.opens == time.opens for wait in waits[clock])


def test_the_clock_of_one_patient_is_drawn_before_those_that_all_have() -> None:
    everyone = [Survey(number, ("common", "usual"), NOTHING) for number in range(8)]
    everyone[5] = Survey(5, ("common", "rare", "usual"), NOTHING)
    counts = dict.fromkeys(range(8), 1)

    for seed in range(20):
        drawn = clocks_to_draw(everyone, counts, biting=2, stream=random.Random(seed))
        assert drawn[5] == ("rare",)
        assert sum(map(len, drawn.values())) == 2


def test_as_many_times_are_drawn_for_clocks_as_the_records_allow() -> None:
    surveys = [Survey(1, ("a",), NOTHING), Survey(2, (), NOTHING)]

    drawn = clocks_to_draw(surveys, {1: 3, 2: 3}, biting=5, stream=random.Random(0))

    assert drawn == {1: ("a", "a", "a"), 2: ()}


@pytest.mark.parametrize("sample", [7, 12])
def test_half_of_the_sample_bites(store: Path, sample: int) -> None:
    report = audit(store, sample=sample, full_forms=0)

    assert report.times == sample
    assert abs(report.drawn_biting - sample / 2) <= 1
    assert report.biting >= report.drawn_biting


def test_what_a_wait_hid_is_looked_for_at_its_end(store: Path) -> None:
    report = audit(store, sample=6, full_forms=0)

    assert report.done["completeness"] == report.times + report.drawn_biting
