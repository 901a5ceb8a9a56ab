"""The cells that come later than their row, or never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle.clocks import Clocks
from clinseek.validity.oracle.model import Moment, RawRow
from clinseek.validity.oracle.moments import midnight, moment_in
from clinseek.validity.oracle.planned import may_lie_ahead
from clinseek.validity.oracle.rules import NEVER_SHOWN, Rule, cell_rules
from clinseek.validity.oracle.surrogates import REFERENCES, Reference

Late = dict[int, dict[str, Moment]]
"""By place of the row: the cells that come later than it, with their moment (None never)."""


def late_cells(table: str, rows: Sequence[RawRow], known: Sequence[Moment], clocks: Clocks) -> Late:
    """Every cell that is not empty and opens after its row.

    No time or date is shown before it has come, except planned ones; the rest is by rule.
    """
    late: Late = {}
    for column, rule in _rules_of(table, clocks):
        for place, row in enumerate(rows):
            first = known[place]
            if first is None or row[column] is None:
                continue
            moment = rule(row, clocks)
            if moment is None or moment > first:
                _delay(late.setdefault(place, {}), column, moment)
    return late


def _delay(cells: dict[str, Moment], column: str, moment: Moment) -> None:
    """Note that a cell waits for `moment` too."""
    before = cells.get(column, "")
    cells[column] = None if before is None or moment is None else max(before, moment)


def _rules_of(table: str, clocks: Clocks) -> Iterator[tuple[str, Rule]]:
    """(column, rule); a column may come twice, and then waits for both."""
    for column, type_ in TABLES[table].columns:
        if may_lie_ahead(table, column, clocks.profile):
            continue
        if type_ == "time":
            yield column, _its_own_moment(column)
        elif type_ == "date":
            yield column, _its_own_midnight(column)
    yield from cell_rules(table).items()
    for column, reference in REFERENCES.get(table, {}).items():
        yield column, _the_row_it_names(reference)
    for column in NEVER_SHOWN.get(table, ()):
        yield column, _never


def _its_own_moment(column: str) -> Rule:
    return lambda row, _clocks: moment_in(row, column)


def _its_own_midnight(column: str) -> Rule:
    def opens(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001  (every rule has one shape)
        date = moment_in(row, column)
        return None if date is None else midnight(date)

    return opens


def _the_row_it_names(reference: Reference) -> Rule:
    return lambda row, clocks: clocks.rows_known.get(reference.table, {}).get(row[reference.key])


def _never(row: RawRow, clocks: Clocks) -> Moment:  # noqa: ARG001
    return None
