"""The drill: does the audit's comparison notice each weakened rule?

Every mutant is put in the place of its rule; cases of a few patients are opened at moments on which
the rules of its table turn, and held against the second reading exactly as the audit does it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple
from unittest.mock import patch

from clinseek.errors import CaseError, CutoffError
from clinseek.toolkits.ehr.availability import PROFILES, Profile, rule_for
from clinseek.toolkits.ehr.case import open_case
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.comparison import table_differences
from clinseek.validity.audit.dictionaries import bedside_items
from clinseek.validity.audit.made_up import MadeUp, arrow_rows
from clinseek.validity.audit.moments import second_before, whole_second_from
from clinseek.validity.audit.shown import shown_tables
from clinseek.validity.audit.sight import Sight
from clinseek.validity.oracle import RawRecord, Reading, read_record, stored_record

from .hard_rows import with_hard_rows
from .read_in_time import READ_IN_TIME_BY
from .tied_rows import Tied, tied, told_by_order
from .weakened import Mutant

LOOKED_AT = (
    "admissions", "edstays", "icustays", "poe", "poe_detail", "pharmacy", "emar", "discharge",
    "radiology",
)  # fmt: skip
"""Tables at which the rule of another may look; they are in every case of the drill."""

PATIENTS = 14
_SIGHTS = 24
_TABLES_KEPT = 4
"""Of so many tables places are kept: mutants come table by table, and a place holds a record."""
_EVERYTHING = "2250-01-01 00:00:00"


@dataclass(frozen=True)
class Place:
    """One patient at one moment under one profile, with the rows that the table's rule concerns."""

    profile: Profile
    subject_id: int
    cutoff: str
    record: RawRecord
    reading: Reading
    records: MadeUp

    @cached_property
    def sight(self) -> Sight:
        """What the second reading expects here; worked out when it is first asked for."""
        expected = self.reading.at(self.cutoff)
        return Sight(self.subject_id, self.cutoff, self.record, self.reading, expected)


class Patient(NamedTuple):
    """One patient of the drill with the second reading under each profile."""

    store: Store
    subject_id: int
    record: RawRecord
    readings: dict[Profile, Reading]


def cohort(folder: Path) -> Path:
    """A store of synthetic patients, with every table of hosp, icu, ed and note."""
    synthesise(folder / "raw", patients=PATIENTS, seed=3)
    ingest([folder / "raw"], folder / "store")
    return folder / "store"


def patients_of(stores: Sequence[Path]) -> list[Patient]:
    """All patients of the stores."""
    found = []
    for path in stores:
        store = Store.open(path)
        items = bedside_items(store)
        admitted = itertools.count()
        for subject_id in store.subjects():
            stored = stored_record(store, subject_id)
            nth = next(admitted) if stored.get("admissions") else 0
            record = with_hard_rows(stored, nth)
            readings = {
                profile: read_record(record, profile, bedside_items=items) for profile in PROFILES
            }
            found.append(Patient(store, subject_id, record, readings))
    return found


def places_for(table: str, patients: Sequence[Patient]) -> list[Place]:
    """Patients and moments on which the rule of `table` turns, profile by profile."""
    found: list[Place] = []
    for store, subject_id, record, readings in patients:
        if not record.get(table):
            continue
        rows = {name: record[name] for name in {*LOOKED_AT, table} if name in record}
        records = MadeUp(store.path, tuple(rows), store.vocabulary, arrow_rows(rows))
        found += [
            Place(profile, subject_id, cutoff, rows, reading, records)
            for profile, reading in readings.items()
            for cutoff in turning_moments(rows, reading, table)
        ]
    random.Random(table).shuffle(found)
    return found


def turning_moments(record: RawRecord, reading: Reading, table: str) -> list[str]:
    """The moments at which rows or cells of `table` open, and the second before each.

    A few for each column and each way in which its moment lies to the moments of its row, or of
    each stay where the row has none.
    """
    moments: dict[tuple[object, ...], set[str]] = {}
    for index, row in enumerate(record[table]):
        known = reading.known[table][index]
        times = tuple(
            (column, str(cell) <= (known or ""))
            for column, cell in row.items()
            if cell is not None and _is_time(table, column)
        )
        whose = () if times else (row.get("hadm_id"), row.get("stay_id"))  # its only clock
        _keep(moments, ("row", times, whose, known is None, row.get("field_name")), known)
        for column, cell in row.items():
            opens = reading.opens(table, index, column) if cell is not None else known
            if opens != known:
                _keep(moments, (column, opens is None), opens)
    every = {moment for kept in moments.values() for moment in kept}
    chosen = sorted(every)[:: max(1, len(every) // _SIGHTS)]
    return sorted({*chosen, *(second_before(moment) for moment in chosen), _EVERYTHING})


def _keep(
    moments: dict[tuple[object, ...], set[str]], why: tuple[object, ...], moment: str | None
) -> None:
    kept = moments.setdefault(why, set())
    if moment and len(kept) < 2:
        kept.add(whole_second_from(moment))


def _is_time(table: str, column: str) -> bool:
    return TABLES[table].type_of(column) in ("time", "date")


How = Literal["compared", "empty", "broken", "listed", "order"]
"""By what a mutant was noticed: the case differs from the second reading, shows nothing, could not
be made, is read in time otherwise than the written list says, or its order tells of the future."""


class Noticed(NamedTuple):
    """How a mutant was noticed, and the words in which."""

    how: How
    told: str


@dataclass
class Ground:
    """Where mutants are looked for: the places of each table, found when they are first needed."""

    patients: Sequence[Patient]
    folder: Path
    _places: dict[str, list[Place]] = field(default_factory=dict)

    def places(self, table: str) -> list[Place]:
        """Patients and moments on which the rule of `table` turns."""
        if table not in self._places:
            while len(self._places) >= _TABLES_KEPT:
                del self._places[next(iter(self._places))]
            self._places[table] = places_for(table, self.patients)
        return self._places[table]

    @cached_property
    def ties(self) -> Tied:
        """Rows that become known at one moment."""
        return tied(self.patients[0].store)


def is_noticed(mutant: Mutant, ground: Ground) -> Noticed | None:
    """How the mutant was noticed; None where it survived every place."""
    with weakened(mutant):
        if mutant.kind == "event_time":
            (table,) = mutant.tables
            right = rule_for(table, ()).event_time == READ_IN_TIME_BY[table]
            return None if right else Noticed("listed", "read in time by another column")
        if mutant.kind == "order":
            told = told_by_order(ground.ties, ground.folder)
            return None if told is None else Noticed("order", told)
        for table in mutant.tables:
            noticed = noticed_in(table, ground)
            if noticed is not None:
                return noticed
    return None


def noticed_in(table: str, ground: Ground, *, most: int | None = None) -> Noticed | None:
    """How the cases of one table, as they are made now, differ from the second reading."""
    told = (_noticed(table, place, ground.folder) for place in ground.places(table)[:most])
    return next((each for each in told if each is not None), None)


def _noticed(table: str, place: Place, folder: Path) -> Noticed | None:
    try:
        case = open_case(
            place.records,
            place.subject_id,
            cutoff=place.cutoff,
            profile=place.profile,
            folder=folder,
            name="case.sqlite",
        )
    except CutoffError:
        known = any(place.sight.expected[name] for name in place.record if name != "patients")
        return Noticed("empty", "nothing is shown, although something is known") if known else None
    except CaseError as error:
        return Noticed("broken", f"no case: {error}")
    found = table_differences(table, shown_tables(case).get(table), place.sight)
    case.close()
    if not found:
        return None
    return Noticed("compared", f"{found[0].check}: {found[0].place}: {found[0].what}")


@contextmanager
def weakened(mutant: Mutant) -> Iterator[None]:
    """The package with the mutant in place."""
    with ExitStack() as patches:
        for where, what in mutant.patched:
            patches.enter_context(patch(where, what))
        yield
