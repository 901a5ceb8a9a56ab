"""From a rule to the SQL that fills one table of a case. Pure: text in, text out.

First the places: the raw rows known at the cutoff, in the order in which they became known. Then
the rows themselves, cell by cell, in that order.

How the rows run is told in `row_order`.
"""

from __future__ import annotations

from clinseek.toolkits.ehr.availability import PROFILES, Profile, Rule, rule_for
from clinseek.toolkits.ehr.availability.clauses import waits_for
from clinseek.toolkits.ehr.case.joins import joined
from clinseek.toolkits.ehr.case.row_order import RowOrder, event, in_time
from clinseek.toolkits.ehr.tables import TABLES, Table

PARENTS = ("poe", "emar", "discharge", "radiology")
"""Tables whose re-numbered ids others refer to; they are placed before all others."""

SQL_TYPE = {"integer": "INTEGER", "number": "REAL", "text": "TEXT", "time": "TEXT", "date": "TEXT"}
_WIDE = 20
_NOTES = ("discharge", "radiology")
_INDEXED_IDS = (
    "hadm_id", "stay_id", "itemid", "poe_id", "emar_id", "pharmacy_id", "note_id", "icd_code",
)  # fmt: skip


def column_type(table: str, column: str) -> str:
    """The SQLite type in which `table.column` is kept."""
    return SQL_TYPE[TABLES[table].type_of(column)]


def create_statement(table: str) -> str:
    """CREATE TABLE in the case: row_id first, then the table's columns with their types."""
    itself = _row_id_itself(rule_for(table, ()))
    columns = ", ".join(
        f'"{name}" {column_type(table, name)}'
        + (" GENERATED ALWAYS AS (row_id) VIRTUAL" if name in itself else "")
        for name in TABLES[table].column_names
    )
    return f'CREATE TABLE "case"."{table}" (row_id INTEGER PRIMARY KEY, {columns})'


def index_statements(table: str) -> list[str]:
    """CREATE INDEX on the event time and on the ids of `table`."""
    return indexes_on(TABLES[table], rule_for(table, ()).event_time)


def indexes_on(table: Table, event_time: str | None) -> list[str]:
    """CREATE INDEX on the event time and on the ids; an item's index runs on in time."""
    on: list[str] = [] if event_time is None else [f'"{event_time}"']
    on += [
        f'"{name}", "{event_time}"' if name == "itemid" else f'"{name}"'
        for name in table.column_names
        if name in _INDEXED_IDS
    ]
    return [
        f'CREATE INDEX "case"."{table.name}_{number}" ON "{table.name}" ({columns})'
        for number, columns in enumerate(on, start=1)
    ]


def place_statements(
    table: str, profile: Profile, *, empty: frozenset[str] = frozenset()
) -> list[str]:
    """The places of the rows of `table` known at :cutoff, and the new ids if others refer to it.

    Columns in `empty` hold nothing in any raw row, so they decide no order and are left out.
    """
    rule = rule_for(table, TABLES[table].column_names)
    known = rule.known.sql(profile)
    parent = table in PARENTS
    raw_id = f"r.{rule.key}" if parent else "NULL"
    create = (
        f"CREATE TEMP TABLE place_{table} "
        "(seq INTEGER PRIMARY KEY, at INTEGER, known TEXT, raw TEXT, counter INTEGER)"
    )
    place = _place_statement(rule, known, raw_id, row_order(rule, profile, empty))
    if not parent:
        return [create, place]
    create_ids = (
        f"CREATE TEMP TABLE number_{table} "
        "(raw TEXT PRIMARY KEY, seq INTEGER, new TEXT, known TEXT) WITHOUT ROWID"
    )
    number = (
        f"INSERT OR IGNORE INTO temp.number_{table} "
        f"SELECT place.raw, place.seq, {_new_id(table)}, place.known "
        f"FROM temp.place_{table} AS place CROSS JOIN main.{table} AS r ON r.rowid = place.at "
        "WHERE place.raw IS NOT NULL"
    )
    return [create, place, create_ids, number]


def _place_statement(rule: Rule, known: str, raw_id: str, order: RowOrder) -> str:
    cells = f"r.rowid AS at, {known} AS known, {raw_id} AS raw, {_counter(rule, known)} AS counter"
    rows = f"{_source(rule)} WHERE {known} <= :cutoff"
    into = f"INSERT INTO temp.place_{rule.table} (at, known, raw, counter)"
    if not order.late:
        return f"{into} SELECT {cells} {rows} ORDER BY {', '.join(order.first)}"
    first = ", ".join(f"{sql} AS f{number}" for number, sql in enumerate(order.first))
    late = ", ".join(f"{sql} AS e{number}" for number, sql in enumerate(order.late))
    by = [f"f{number}" for number in range(len(order.first))]
    by += in_time([f"e{number}" for number in range(len(order.late))])
    # Several events are compared in order of time, which names each of them many times; so each
    # is worked out once a row.
    kept = "MATERIALIZED" if len(order.late) > 1 else ""
    return (
        f"WITH worked_out AS {kept} (SELECT {cells}, {first}, {late} {rows}) "
        f"{into} SELECT at, known, raw, counter FROM worked_out ORDER BY {', '.join((*by, 'at'))}"
    )


def row_order(rule: Rule, profile: Profile, empty: frozenset[str]) -> RowOrder:
    """How the rows of a table run; columns in `empty` decide nothing."""
    known = rule.known.sql(profile)
    if rule.key is not None:
        return RowOrder((known, f"r.{rule.key}"), ())
    parents = [name for _, name in _referred(rule) if known == f"{name}.known"]
    ranked = content_columns(rule)
    first = [f"{parents[0]}.seq" if parents else known, *(["r.content"] if ranked else [])]
    late: dict[str, list[str]] = {}
    for column in dict.fromkeys((*rule.shown, *rule.planned, *rule.masked)):
        if column in empty or column in ranked or column == "subject_id":
            continue
        opens = opening(rule, column, profile)
        if opens is None or column in waits_for(known):
            first.append(f"r.{column}")
        else:
            late.setdefault(opens, []).append(f"r.{column}")
    for by, name in _referred(rule):
        if name not in parents:
            late[f"{_alias(rule, by)}.known"] = [f"{_alias(rule, by)}.seq"]
    events = [event(known, opens, cells) for opens, cells in late.items()]
    return RowOrder((*first, *([] if events else ["r.rowid"])), tuple(events))


def fill_statement(table: str, profile: Profile) -> str:
    """INSERT ... SELECT of the placed rows, each cell as it stood at :cutoff."""
    rule = rule_for(table, TABLES[table].column_names)
    columns = [name for name in TABLES[table].column_names if name not in _row_id_itself(rule)]
    cells = ", ".join(cell(rule, column, profile) for column in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f'INSERT INTO "case"."{table}" (row_id, {names}) '
        f"SELECT place.seq, {cells} {placed_rows(rule)}"
    )


def placed_rows(rule: Rule) -> str:
    """FROM the placed rows, in their order, with all that a cell may be made of."""
    ranks = " ".join(_rank(rule, column) for column in rule.renumbered_within)
    return (
        f"FROM temp.place_{rule.table} AS place "
        f"CROSS JOIN main.{rule.table} AS r ON r.rowid = place.at {_beside(rule)} {ranks}"
    )


def cell(rule: Rule, column: str, profile: Profile) -> str:
    """What the case shows in `column`: the raw cell, or NULL until its time, or its stand-in."""
    if column in rule.never:
        return "NULL"
    if column in rule.derived:
        return rule.derived[column]
    if column in rule.numbered:
        counts = TABLES[rule.table].type_of(column) == "integer"
        return "coalesce(place.counter, place.seq)" if counts else _new_id(rule.table)
    if column in rule.references:
        counts = TABLES[rule.table].type_of(column) == "integer"
        return f"{_alias(rule, rule.references[column].by)}.{'seq' if counts else 'new'}"
    if column in rule.renumbered_within:
        return f"rank_{column}.place"
    opens = opening(rule, column, profile)
    return f"r.{column}" if opens is None else f"CASE WHEN {opens} <= :cutoff THEN r.{column} END"


def opening(rule: Rule, column: str, profile: Profile) -> str | None:
    """The moment at which the cell opens, as SQL; None where it opens with its row.

    A time that is no plan never shows a moment after the cutoff, whatever else the rule says.
    """
    mask = rule.mask_of(column, profile)
    if mask is not None:
        return mask.sql(profile)
    if column in rule.planned:
        return None
    if TABLES[rule.table].type_of(column) in ("time", "date"):
        return f"r.{column}"
    return None


def shown_from(rule: Rule, column: str | None, profile: Profile) -> str:
    """The first moment at which a row, or its cell in `column`, stands in a case, as SQL.

    Over `raw_rows`, with the parents placed. '' is always, NULL never. A cell that is empty in the
    raw row is as it will ever be once its mask lifts, and where it has none, once its row is there.
    """
    known = rule.known.sql(profile)
    if column is None:
        return known
    if column in rule.never:
        return "NULL"
    opens: str | None = None
    if column in rule.references:
        opens = f"{_alias(rule, rule.references[column].by)}.known"
    elif column in rule.shown or column in rule.masked or column in rule.planned:
        opens = opening(rule, column, profile)
    if opens is None:
        return known
    return (
        f"CASE WHEN r.{column} IS NULL THEN max({known}, coalesce({opens}, '')) "
        f"ELSE max({known}, {opens}) END"
    )


def raw_rows(rule: Rule) -> str:
    """FROM every raw row, with all that the rule looks at beside it."""
    return f"FROM main.{rule.table} AS r {_beside(rule)}"


def first_known_statement(table: str, profile: Profile) -> str:
    """The first moment at which anything of `table` is known."""
    rule = rule_for(table, ())
    return f"SELECT min({rule.known.sql(profile)}) {_source(rule)}"


def content_columns(rule: Rule) -> tuple[str, ...]:
    """The columns of a wide table by which rows without a raw key are ranked in the sheet.

    They are those known with the row; the rank is the sheet's column `content`. None for tables
    that have a key, and for narrow ones, which SQL sorts as quickly.
    """
    if rule.key is not None:
        return ()
    columns = tuple(
        column
        for column in (*rule.shown, *rule.planned)
        if column != "subject_id"
        and all(opening(rule, column, profile) is None for profile in PROFILES)
    )
    return columns if len(columns) > _WIDE else ()


def _source(rule: Rule) -> str:
    """The raw rows with what their order needs; a raw key orders without any reference."""
    beside = _beside(rule) if rule.key is None else joined(*rule.joins)
    return f"FROM main.{rule.table} AS r {beside}"


def _beside(rule: Rule) -> str:
    """The joins that the rule and its references need, each at most one row."""
    referred = " ".join(
        f"LEFT JOIN temp.number_{parent} AS {alias} ON {alias}.raw = r.{by}"
        for by, parent in _referred(rule)
        if (alias := _alias(rule, by)) not in rule.joins
    )
    return f"{joined(*rule.joins)} {referred}"


def _referred(rule: Rule) -> list[tuple[str, str]]:
    """Each raw column that holds another row's id, with that row's table."""
    return sorted({(ref.by, ref.parent) for ref in rule.references.values()})


def _alias(rule: Rule, by: str) -> str:
    """The name under which the SQL finds the row that the id in `by` means."""
    parent = next(ref.parent for ref in rule.references.values() if ref.by == by)
    return parent if parent in rule.joins else f"ref_{by}"


def _row_id_itself(rule: Rule) -> tuple[str, ...]:
    """Ids that are the row's place itself; the case keeps them as another name of row_id."""
    return () if rule.table in PARENTS else rule.numbered


def _counter(rule: Rule, known: str) -> str:
    """Notes are counted by type (DS, AD, RR, AR); all else by place."""
    if rule.table not in _NOTES:
        return "NULL"
    return f"row_number() OVER (PARTITION BY r.note_type ORDER BY {known}, r.{rule.key})"


def _new_id(table: str) -> str:
    kind = "r.note_type || '-' || " if table in _NOTES else ""
    return f"r.subject_id || '-' || {kind}coalesce(place.counter, place.seq)"


def _rank(rule: Rule, column: str) -> str:
    """The places 1, 2, ... of a counter's values among visible rows, as they became known."""
    within = rule.renumbered_within[column]
    return (
        f"LEFT JOIN (SELECT r.{within} AS within, r.{column} AS raw, row_number() OVER "
        f"(PARTITION BY r.{within} ORDER BY min(place.known), r.{column}) AS place "
        f"FROM temp.place_{rule.table} AS place CROSS JOIN main.{rule.table} AS r "
        f"ON r.rowid = place.at GROUP BY r.{within}, r.{column}) AS rank_{column} "
        f"ON rank_{column}.within IS r.{within} AND rank_{column}.raw = r.{column}"
    )
