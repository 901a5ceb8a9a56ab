"""The packaged evidence of a case: its last day, as Markdown, in the published layout.

Everything is read from the case, so a package knows what the record at the same cutoff knows, and
nothing more. An event is all rows of a table at one moment: `## Name [time]`, bullets for one row,
a table for several. Before them stand the patient, the last discharge note and the last admission.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from clinseek.evals.curated.events import EVENT_NAMES, IN_THE_HEADER, MOMENT_OF_PARENT
from clinseek.toolkits.ehr.case import Case, reader
from clinseek.toolkits.ehr.descriptions.links import DICTIONARY_LINKS

HOURS, MOST_EVENTS = 24, 100
_MOST_ROWS = 20_000
_NOTE_CHARS = 6000
_NAMES = ("label", "long_title", "long_description")
_UNTOLD = frozenset({"row_id", "subject_id", "itemid", "storetime", "storedate", "warning"})
_TELLING = frozenset({"note_type"})


class Event(NamedTuple):
    """The rows of one table at one moment, each as column -> cell."""

    time: str
    table: str
    rows: tuple[dict[str, Any], ...]


class _Moment(NamedTuple):
    """An event as it was read: its rows as tuples, and which of their cells say something."""

    time: str
    table: str
    rows: list[tuple[Any, ...]]
    cells: Sequence[tuple[str, int]]


def package(case: Case, *, hours: int = HOURS, most: int = MOST_EVENTS) -> str:
    """The evidence of the `hours` before the cutoff, the newest `most` events, as Markdown."""
    return "\n\n".join([*_header(case), *map(_rendered, events(case, hours=hours, most=most))])


def events(case: Case, *, hours: int = HOURS, most: int = MOST_EVENTS) -> list[Event]:
    """The events of the `hours` before the cutoff in order of time, the newest `most` of them."""
    with reader(case) as connection:
        found = [
            moment
            for table in EVENT_NAMES
            if table in case.tables and table not in IN_THE_HEADER
            for moment in _moments_of(connection, case, table, hours=hours)
        ]
    found.sort(key=itemgetter(0, 1))
    return [
        Event(one.time, one.table, tuple(_told(row, one.cells) for row in one.rows))
        for one in found[-most:]
    ]


def _moments_of(
    connection: sqlite3.Connection, case: Case, table: str, *, hours: int
) -> Iterator[_Moment]:
    moment, source = _moment_of(case, table)
    if moment is None:
        return
    cutoff = datetime.fromisoformat(case.key.cutoff)
    start = str(cutoff - timedelta(hours=hours))
    shown, joined = _explained(case, table)
    # A date without an hour is of the whole day, so it is compared as a date.
    held = connection.execute(
        f'SELECT {moment} AS at_, t.*{shown} FROM "{table}" AS t {source} {joined} '
        f"WHERE {moment} >= substr(?, 1, length({moment})) AND {moment} <= ? "
        f"ORDER BY {moment}, t.row_id",
        (start, case.key.cutoff),
    )
    rows = held.fetchmany(_MOST_ROWS)
    cells = _telling(tuple(column[0] for column in held.description), case.event_time(table))
    for time, group in groupby(rows, key=itemgetter(0)):
        yield _Moment(str(time), table, list(group), cells)


def _moment_of(case: Case, table: str) -> tuple[str | None, str]:
    """The expression of a row's time, and the join that it needs."""
    column = case.event_time(table)
    if column is not None:
        return f't."{column}"', ""
    parent, key, moment = MOMENT_OF_PARENT.get(table, ("", "", ""))
    if parent not in case.tables:
        return None, ""
    return f"v.{moment}", f"JOIN {parent} AS v USING ({key})"


def _explained(case: Case, table: str) -> tuple[str, str]:
    """What dictionaries say of a row's codes, as SQL: the columns, and the joins."""
    shown, joins = "", ""
    for number, link in enumerate(DICTIONARY_LINKS.get(table, ())):
        if link.target not in case.dictionaries:
            continue
        alias = f"d{number}"
        on = " AND ".join(
            f'{alias}."{key}" = t."{column}"'
            for key, column in zip(link.keys, link.columns, strict=True)
        )
        joins += f' LEFT JOIN "{link.target}" AS {alias} ON {on}'
        shown += "".join(f', {alias}."{column}" AS "{column}"' for column in link.shows[:1])
    return shown, joins


@lru_cache(maxsize=256)
def _telling(columns: tuple[str, ...], but: str | None) -> tuple[tuple[str, int], ...]:
    """The columns that may say something with their places, the name of the item first.

    `at_` and `but` stand in the heading. Of two columns of one name the later one is shown.
    """
    places = {name: place for place, name in enumerate(columns)}
    names = [name for name in _NAMES if name in places]
    rest = [name for name in places if name not in (*names, "at_", but) and not _is_untold(name)]
    return tuple((name, places[name]) for name in (*names, *rest))


def _told(row: tuple[Any, ...], cells: Sequence[tuple[str, int]]) -> dict[str, Any]:
    return {name: row[place] for name, place in cells if row[place] is not None}


def _is_untold(column: str) -> bool:
    return column in _UNTOLD or (column.endswith(("_id", "_seq")) and column not in _TELLING)


def _rendered(event: Event) -> str:
    """An event as Markdown.

    >>> print(_rendered(Event("2150-01-01 08:00:00", "omr",
    ...                       ({"result_name": "BMI", "result_value": "31"},))))
    ## Online Medical Record [2150-01-01 08:00:00]
    - result_name: BMI
    - result_value: 31
    """
    head = f"## {EVENT_NAMES[event.table]} [{event.time}]"
    if len(event.rows) == 1:
        return "\n".join([head, *(f"- {name}: {_cell(c)}" for name, c in event.rows[0].items())])
    columns = list(dict.fromkeys(name for row in event.rows for name in row))
    lines = [_line(columns), _line(["---"] * len(columns))]
    lines += [
        _line([" ".join(_cell(row.get(name, "")).split()) for name in columns])
        for row in event.rows
    ]
    return "\n".join([head, *lines])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    text = str(value) if not isinstance(value, float) else f"{value:g}"
    text = text if len(text) <= _NOTE_CHARS else f"{text[:_NOTE_CHARS]} ..."
    return text.replace("|", "\\|").strip()


def _header(case: Case) -> Iterator[str]:
    """Who the patient is, the last discharge note, and the last admission."""
    yield f"# Patient as of {case.key.cutoff}"
    for table in IN_THE_HEADER:
        if table not in case.tables:
            continue
        moment = case.event_time(table)
        newest = f'"{moment}"' if moment is not None else "row_id"
        held = case.select(f'SELECT * FROM "{table}" ORDER BY {newest} DESC LIMIT 1')
        if not held.rows:
            continue
        row = _told(held.rows[0], _telling(held.columns, moment))
        if table == "patients":
            row = _aged(row, case.key.cutoff)
        time = "" if moment is None else f" [{held.rows[0][held.columns.index(moment)]}]"
        told = (f"- {name}: {_cell(value)}" for name, value in row.items())
        yield "\n".join([f"## {EVENT_NAMES[table]}{time}", *told])


def _aged(patient: dict[str, Any], cutoff: str) -> dict[str, Any]:
    """The patient with the age at the cutoff in the place of the anchor."""
    told = {name: cell for name, cell in patient.items() if not name.startswith("anchor_")}
    age, year = patient.get("anchor_age"), patient.get("anchor_year")
    if age is None or year is None:
        return told
    return {**told, "age": age + int(cutoff[:4]) - year}
