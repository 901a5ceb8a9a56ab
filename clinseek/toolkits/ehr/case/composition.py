"""What fills a case: the SQL of a profile, be it of the rules or of the published systems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from clinseek.toolkits.ehr.availability import RULES, CaseProfile, Profile, rule_for
from clinseek.toolkits.ehr.case import compose
from clinseek.toolkits.ehr.case.reference import PublishedRule
from clinseek.toolkits.ehr.tables import TABLES, Table


class Composition(Protocol):
    """The statements that fill one case over a sheet (see `sheet`), and what they make.

    `place` makes `temp.place_TABLE (seq, at)`: the number and the raw row of each row shown.
    """

    @property
    def ranked(self) -> bool:
        """Whether the sheet must rank rows by content and prepare the rules' joins."""
        ...

    def schema(self, table: str) -> Table:
        """The table's columns as the case holds them."""
        ...

    def event_time(self, table: str) -> str | None:
        """The one column by which the table is read in time."""
        ...

    def parents_first(self, tables: Sequence[str]) -> list[str]:
        """The tables in the order in which their rows are placed."""
        ...

    def place(self, table: str, *, empty: frozenset[str]) -> list[str]:
        """Find the rows shown at :cutoff; columns in `empty` hold nothing in any raw row."""
        ...

    def create(self, table: str) -> str:
        """CREATE TABLE in the case."""
        ...

    def fill(self, table: str) -> str:
        """INSERT ... SELECT of the placed rows."""
        ...

    def indexes(self, table: str) -> list[str]:
        """CREATE INDEX on event time and ids."""
        ...

    def placed_rows(self, table: str) -> str:
        """FROM the placed rows, with the raw row under the alias `r`."""
        ...

    def waiting(self, table: str) -> dict[str, str]:
        """The cells that may be hidden in a row that is shown, by column, as SQL."""
        ...

    def first_known(self, table: str) -> str:
        """SELECT of the first moment at which anything of the table is shown."""
        ...

    def words(self, table: str) -> str:
        """When a row is shown, in words."""
        ...

    def place_parents(self) -> list[str]:
        """Place, at :cutoff, the rows that other tables refer to; `moment` needs them."""
        ...

    def moment(self, table: str, column: str | None) -> str:
        """The first moment at which a row, or its cell in `column`, is shown, as SQL."""
        ...

    def raw_rows(self, table: str) -> str:
        """FROM every raw row of the table, shown or not, with all that `moment` looks at."""
        ...


@dataclass(frozen=True)
class ByRules:
    """The availability rules as `profile` reads them."""

    profile: Profile
    ranked = True

    def schema(self, table: str) -> Table:
        """The table's columns, as MIMIC has them."""
        return TABLES[table]

    def event_time(self, table: str) -> str | None:
        """The column that the rule names; None for a table without a rule."""
        rule = RULES.get(table)
        return rule.event_time if rule is not None else None

    def parents_first(self, tables: Sequence[str]) -> list[str]:
        """Tables whose new ids others refer to before all others, present or not."""
        return sorted(
            {*tables, *compose.PARENTS}, key=lambda name: (name not in compose.PARENTS, name)
        )

    def place(self, table: str, *, empty: frozenset[str]) -> list[str]:
        """The rows known at :cutoff in the order of known."""
        return compose.place_statements(table, self.profile, empty=empty)

    def create(self, table: str) -> str:
        """CREATE TABLE in the case."""
        return compose.create_statement(table)

    def fill(self, table: str) -> str:
        """INSERT ... SELECT, each cell as it stood at :cutoff."""
        return compose.fill_statement(table, self.profile)

    def indexes(self, table: str) -> list[str]:
        """CREATE INDEX on event time and ids."""
        return compose.index_statements(table)

    def placed_rows(self, table: str) -> str:
        """FROM the placed rows, with all that a cell may be made of."""
        return compose.placed_rows(rule_for(table, TABLES[table].column_names))

    def waiting(self, table: str) -> dict[str, str]:
        """Cells that are masked, always empty, of another row, or times of their own."""
        rule = rule_for(table, TABLES[table].column_names)
        waits = [*rule.masked, *rule.never, *rule.references]
        waits += [c for c in rule.shown if compose.opening(rule, c, self.profile) is not None]
        return {column: compose.cell(rule, column, self.profile) for column in waits}

    def first_known(self, table: str) -> str:
        """SELECT of the first known moment."""
        return compose.first_known_statement(table, self.profile)

    def words(self, table: str) -> str:
        """When a row is known, in the rule's words."""
        return rule_for(table, TABLES[table].column_names).known.words

    def place_parents(self) -> list[str]:
        """Place and number the rows whose new ids others refer to."""
        nothing: frozenset[str] = frozenset()
        return [
            statement
            for table in compose.PARENTS
            for statement in compose.place_statements(table, self.profile, empty=nothing)
        ]

    def moment(self, table: str, column: str | None) -> str:
        """The rule's known, and the cell's own moment where that is later."""
        return compose.shown_from(rule_for(table, ()), column, self.profile)

    def raw_rows(self, table: str) -> str:
        """FROM every raw row, with the rule's joins."""
        return compose.raw_rows(rule_for(table, ()))


def composition_of(profile: CaseProfile) -> Composition:
    """What fills a case of `profile`."""
    return PublishedRule() if profile == "reference" else ByRules(profile)
