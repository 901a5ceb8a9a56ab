"""Which rules an audit tried: a rule that hid nothing in the sample was not proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from clinseek.toolkits.ehr.availability import Profile, rule_for
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.audit.scramble import Future


class Coverage(NamedTuple):
    """By rule (`table` for its rows, `table.column` for a cell), how often it hid something.

    `possible` are those that hide something in the audited patients' records at some cutoff.
    """

    hidden: dict[str, int]
    possible: frozenset[str]

    @property
    def exercised(self) -> list[str]:
        """Rules that hid at least one row or cell."""
        return sorted(rule for rule, count in self.hidden.items() if count)

    @property
    def not_exercised(self) -> list[str]:
        """Rules that hid nothing in this sample: no pass."""
        return sorted(rule for rule, count in self.hidden.items() if not count)

    @property
    def missed(self) -> list[str]:
        """Of these, the ones that would have hidden something at another prediction time."""
        return [rule for rule in self.not_exercised if rule in self.possible]

    @property
    def idle(self) -> list[str]:
        """Of these, the ones to which nothing in the audited records gives occasion."""
        return [rule for rule in self.not_exercised if rule not in self.possible]


def coverage(
    tables: Iterable[str], counted: Counter[str], profile: Profile, *, possible: frozenset[str]
) -> Coverage:
    """How often each rule of `tables` hid something, by what was `counted`."""
    hiding = {rule for table in tables for rule in hiding_rules(table, profile)}
    hidden = {rule: counted[rule] for rule in sorted(hiding | (+counted).keys())}
    return Coverage(hidden, possible)


def hiding_rules(table: str, profile: Profile) -> list[str]:
    """The rules of `table` that can hide anything: its rows, and cells with a time of their own.

    A time for which the row itself waits hides nothing more.

    >>> hiding_rules("omr", "available")
    ['omr']
    >>> hiding_rules("transfers", "available")
    ['transfers', 'transfers.hadm_id', 'transfers.outtime']
    """
    rule = rule_for(table, TABLES[table].column_names)
    masked = [column for column, mask in rule.masked.items() if mask.holds(profile)]
    times = [
        column
        for column in rule.shown
        if column not in masked
        and TABLES[table].type_of(column) in ("time", "date")
        and f"r.{column}" not in rule.known.sql(profile)
    ]
    cells = [*masked, *times, *rule.never, *rule.references]
    rows = [] if rule.known.sql(profile) == "''" else [table]
    return [*rows, *(f"{table}.{column}" for column in cells)]


def hidden_by_rule(future: Future) -> Counter[str]:
    """What was hidden at one cutoff, by rule."""
    counted: Counter[str] = Counter({table: len(rows) for table, rows in future.rows.items()})
    for table, rows in future.cells.items():
        for columns in rows.values():
            counted.update(f"{table}.{column}" for column in columns)
    return counted
