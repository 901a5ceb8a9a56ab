"""Packaged evidence: which kinds of events it shows, under which names, and when."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, time, timedelta
from itertools import islice

import pytest

from clinseek.evals.curated import package
from clinseek.evals.curated.events import EVENT_NAMES
from clinseek.evals.curated.package import events
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from clinseek.toolkits.ehr.tables import TABLES

MINUTE, CASES = timedelta(minutes=1), 14
CODES = {"diagnoses_icd", "drgcodes"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    place = tmp_path_factory.mktemp("curated")
    synthesise(place / "raw", patients=12, seed=3)
    ingest([place / "raw"], place / "store")
    return Store.open(place / "store")


def cases(store: Store, table: str, column: str, gap: timedelta) -> Iterator[Case]:
    """The case of every patient so long after each moment in a column."""
    for subject_id in store.subjects():
        for day in store.read_subject(subject_id)[table][column].to_pylist():
            moment = day if isinstance(day, datetime) else datetime.combine(day, time())
            with closing(open_case(store, subject_id, cutoff=moment + gap)) as case:
                yield case


def headings(text: str) -> set[str]:
    return set(re.findall(r"^## (.*?)(?: \[[^]]*\])?$", text, re.MULTILINE))


def test_thirty_kinds_have_a_name_of_their_own() -> None:
    assert len(EVENT_NAMES) == len(set(EVENT_NAMES.values())) == 30
    assert set(EVENT_NAMES) <= {name for name, table in TABLES.items() if not table.is_dictionary}


def test_every_kind_is_shown_of_some_patient_under_its_published_name(store: Store) -> None:
    wanted, shown = set(EVENT_NAMES.values()), set[str]()
    for table, column, gap in (
        ("admissions", "dischtime", MINUTE),
        ("edstays", "outtime", MINUTE),
        ("icustays", "intime", timedelta(hours=20)),
        ("hcpcsevents", "chartdate", timedelta(hours=36)),
        ("omr", "chartdate", timedelta(hours=30)),
    ):
        for case in islice(cases(store, table, column, gap), CASES):
            shown |= headings(package(case))
    assert shown == wanted


def test_codes_of_a_stay_are_an_event_of_its_end_and_none_before(store: Store) -> None:
    for case in cases(store, "admissions", "dischtime", MINUTE):
        end = str(datetime.fromisoformat(case.key.cutoff) - MINUTE)
        times = {event.time for event in events(case) if event.table in CODES}
        assert times <= {end}
        if times:
            break
    else:
        pytest.fail("no stay of the cohort has codes")
    before = datetime.fromisoformat(end) - MINUTE
    with closing(open_case(store, case.key.subject_id, cutoff=before)) as earlier:
        assert not any(event.time >= end for event in events(earlier))
        assert not any(event.table in CODES for event in events(earlier))
