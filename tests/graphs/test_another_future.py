"""What a model reads first is the same whatever the patient's future holds."""

from pathlib import Path
from typing import Any

import pytest

from clinseek import api
from clinseek.nodes.bench import Means
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.case.build import PatientRecords
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from clinseek.validity.audit.dictionaries import bedside_items
from clinseek.validity.audit.made_up import MadeUp, arrow_rows
from clinseek.validity.audit.patient import Subject, read_subject, scrambled_records, sight_at
from clinseek.validity.audit.scramble import WAYS, future_of
from clinseek.validity.oracle import stored_record
from tests.graphs.doubles import finishing, scripted


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("futures")
    synthesise(folder / "raw", patients=3, seed=11)
    ingest([folder / "raw"], folder / "store")
    return Store.open(folder / "store")


@pytest.fixture(scope="module")
def subject(store: Store) -> Subject:
    """The patient with the most laboratory results."""
    records = {each: stored_record(store, each) for each in store.subjects()}
    most = max(records, key=lambda each: len(records[each]["labevents"]))
    items = bedside_items(store)
    return read_subject(store, most, records[most], profile="available", bedside_items=items)


def first_messages(records: PatientRecords, store: Store, subject_id: int, cutoff: str) -> Any:
    """The messages that `load` builds over a record of the patient."""

    def opened(store: str, subject_id: int, **options: Any) -> Case:
        return open_case(records, subject_id, **options)

    record = api.ask(
        "Will the patient leave the hospital alive?",
        store=store.path,
        subject_id=subject_id,
        cutoff=cutoff,
        candidates=["yes", "no"],
        means=Means(open_case=opened, build_model=lambda _: scripted(finishing("yes"))),
    )
    system, task, *_ = record.messages
    return system, task


def test_the_first_messages_are_those_of_any_other_future(
    store: Store, subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path))
    known = sorted(moment for moment in subject.reading.known["labevents"] if moment)
    cutoff = known[len(known) // 2][:19]
    sight = sight_at(subject, cutoff)
    future = future_of(sight)
    assert future.rows["labevents"]

    here = (store, subject.subject_id, cutoff)
    true = first_messages(store, *here)
    made_up = {
        way: MadeUp(store.path, store.tables, store.vocabulary, arrow_rows(record))
        for way, record in scrambled_records(subject, sight, future, seed=1)
    }

    assert cutoff in true[1]["content"]
    assert set(made_up) == set(WAYS)
    assert {way: first_messages(other, *here) for way, other in made_up.items()} == dict.fromkeys(
        made_up, true
    )


def test_with_a_case_that_shows_the_future_the_first_messages_tell(
    store: Store, subject: Subject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They count the rows of each table: a row too many shows, or the other test proves nothing."""
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path))
    known = sorted(moment for moment in subject.reading.known["labevents"] if moment)
    here = (store, subject.subject_id)

    early = first_messages(store, *here, known[len(known) // 2][:19])
    later = first_messages(store, *here, known[-1][:19])

    assert early[1]["content"] != later[1]["content"].replace(
        known[-1][:19], known[len(known) // 2][:19]
    )
