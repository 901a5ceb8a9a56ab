"""The SQL that the record tools run, composed with SQLAlchemy Core and compiled once a shape.

Every name in a statement comes from the case's own list of tables and columns; every value is a
bound parameter. A page is cut first and joined to its dictionaries afterwards, so that a join
never costs more than the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from clinseek.toolkits.ehr.descriptions import Link
from clinseek.toolkits.ehr.tools.names import ROW_ID, PatientTable

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Executable, FromClause, Select, TableClause

ESCAPE = "\\"

Kind = Literal["all", "between", "latest", "keyword", "equal", "near", "text"]
"""Which rows: all; `by` between :start and :end; at the greatest `by`; some text LIKE :pattern;
`by` equal to :value; between :low and :high (a value as it was shown); equal once trimmed."""


class Choice(NamedTuple):
    """Which rows of a table: `kind`, and the column it speaks of where it needs one."""

    kind: Kind
    by: str | None = None


class Statement(NamedTuple):
    """SQL and the names of its parameters in their order."""

    sql: str
    names: tuple[str, ...]

    def bound(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The parameters in the order in which the SQL names them."""
        return tuple(values[name] for name in self.names)


@lru_cache(maxsize=512)
def page(
    table: PatientTable, choice: Choice, shown: tuple[str, ...], order: str | None
) -> Statement:
    """One page of chosen rows: row_id, the columns `shown`, then `total` and `untimed`.

    Binds what `choice` needs, :limit and :offset. `total` counts all chosen rows, `untimed` those
    of the table without an `order` time.
    """
    import sqlalchemy as sa

    source = _source(table)
    chosen = _chosen(table, source, choice)
    ordered = (source.c[order], source.c[ROW_ID]) if order else (source.c[ROW_ID],)
    total = sa.select(sa.func.count()).select_from(source).where(chosen).scalar_subquery()
    untimed: ColumnElement[Any] = sa.literal_column("0")
    if order:
        untimed = (
            sa.select(sa.func.count())
            .select_from(source)
            .where(source.c[order].is_(None))
            .scalar_subquery()
        )
    cut = (
        sa.select(*source.c)
        .where(chosen)
        .order_by(*ordered)
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .offset(sa.bindparam("offset", type_=sa.Integer))
        .subquery("page")
    )
    joined: Any = cut
    labels: dict[str, Any] = {}
    for link in table.links:
        if set(shown) & set(link.shows):
            dictionary = _dictionary(link)
            joined = joined.outerjoin(dictionary, _matching(cut, dictionary, link))
            labels |= {name: dictionary.c[name] for name in link.shows}
    columns = [labels[name] if name in labels else cut.c[name] for name in shown]
    reordered = (cut.c[order], cut.c[ROW_ID]) if order else (cut.c[ROW_ID],)
    return _compiled(
        sa.select(cut.c[ROW_ID], *columns, total.label("total"), untimed.label("untimed"))
        .select_from(joined)
        .order_by(*reordered)
    )


@lru_cache(maxsize=512)
def extent(table: PatientTable, choice: Choice, order: str | None) -> Statement:
    """How many rows are chosen, how many there are, and the first and last time of them all."""
    import sqlalchemy as sa

    source = _source(table)
    chosen = _chosen(table, source, choice)
    first, last = (
        (sa.func.min(source.c[order]), sa.func.max(source.c[order]))
        if order
        else (sa.null(), sa.null())
    )
    count = sa.select(sa.func.count()).select_from(source).where(chosen).scalar_subquery()
    return _compiled(sa.select(count, sa.func.count(), first, last).select_from(source))


@lru_cache(maxsize=128)
def counts(tables: tuple[tuple[str, str | None, bool], ...], *, bounded: bool) -> Statement:
    """Rows of each table: one line (its place in `tables`, rows, first, last, untimed) a table.

    Each table comes with its time column (None: counted whole) and whether that column is a date.
    Where `bounded`, only rows between :start and :end (:start_day and :end_day) count, and
    `untimed` says how many rows have no time at all; else every row counts.
    """
    import sqlalchemy as sa

    lines = []
    for place, (name, by, is_date) in enumerate(tables):
        source = sa.table(name, *([sa.column(by)] if by else []))
        time: ColumnElement[str] | None = source.c[by] if by else None
        within: ColumnElement[bool] = sa.true()
        if time is not None and bounded:
            start, end = ("start_day", "end_day") if is_date else ("start", "end")
            within = time.between(sa.bindparam(start), sa.bindparam(end))
        lines.append(_counted(source, time, within, place))
    return _compiled(sa.union_all(*lines))


def _counted(
    source: TableClause,
    time: ColumnElement[str] | None,
    within: ColumnElement[bool],
    place: int,
) -> Select[*tuple[Any, ...]]:
    import sqlalchemy as sa

    # Each figure in a query of its own: SQLite then takes it from the index, not from the rows.
    def figure(of: ColumnElement[Any], where: ColumnElement[bool]) -> ColumnElement[Any]:
        return sa.select(of).select_from(source).where(where).scalar_subquery()

    line_of: ColumnElement[int] = sa.literal_column(str(place))
    rows = figure(sa.func.count(), within)
    if time is None:
        return sa.select(line_of, rows, sa.null(), sa.null(), sa.literal_column("0"))
    return sa.select(
        line_of,
        rows,
        figure(sa.func.min(time), within),
        figure(sa.func.max(time), within),
        figure(sa.func.count(), time.is_(None)),
    )


@lru_cache(maxsize=512)
def distinct(table: PatientTable, column: str) -> Statement:
    """The distinct values of a column, or of a dictionary's label, each with its rows.

    Binds :limit and :offset; the third column, `values`, counts all distinct values.
    """
    import sqlalchemy as sa

    source = _source(table)
    link = table.labels.get(column)
    if link is None or column in table.columns:
        value: ColumnElement[Any] = source.c[column]
        rows: FromClause = source
    else:
        dictionary = _dictionary(link)
        value = dictionary.c[column]
        rows = source.outerjoin(dictionary, _matching(source, dictionary, link))
    return _compiled(
        sa.select(value, sa.func.count().label("rows"), sa.func.count().over().label("values"))
        .select_from(rows)
        .group_by(value)
        .order_by(value)
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .offset(sa.bindparam("offset", type_=sa.Integer))
    )


def _source(table: PatientTable) -> TableClause:
    import sqlalchemy as sa

    return sa.table(table.name, *(sa.column(name) for name in table.columns))


def _dictionary(link: Link) -> TableClause:
    import sqlalchemy as sa

    return sa.table(link.target, *(sa.column(name) for name in (*link.keys, *link.shows)))


def _chosen(table: PatientTable, source: TableClause, choice: Choice) -> ColumnElement[bool]:
    import sqlalchemy as sa

    if choice.kind == "all":
        return sa.true()
    if choice.kind == "keyword":
        return _holding(table, source)
    assert choice.by is not None
    link = table.labels.get(choice.by) if choice.by not in table.columns else None
    if link is not None:
        dictionary = _dictionary(link)
        return _explained(source, dictionary, link, _compared(dictionary.c[choice.by], choice.kind))
    by = source.c[choice.by]
    if choice.kind == "latest":
        return by == sa.select(sa.func.max(by)).select_from(source).scalar_subquery()
    return _compared(by, choice.kind)


def _compared(column: ColumnElement[Any], kind: Kind) -> ColumnElement[bool]:
    import sqlalchemy as sa

    if kind == "between":
        return column.between(sa.bindparam("start"), sa.bindparam("end"))
    if kind == "near":
        return column.between(sa.bindparam("low"), sa.bindparam("high"))
    if kind == "text":
        return sa.func.trim(column) == sa.bindparam("value")
    return column == sa.bindparam("value")


def _holding(table: PatientTable, source: TableClause) -> ColumnElement[bool]:
    import sqlalchemy as sa

    pattern: ColumnElement[str] = sa.bindparam("pattern")
    held: list[ColumnElement[bool]] = [
        source.c[name].like(pattern, escape=ESCAPE) for name in text_columns(table)
    ]
    for link in table.links:
        dictionary = _dictionary(link)
        said = sa.or_(*(dictionary.c[name].like(pattern, escape=ESCAPE) for name in link.shows))
        held.append(_explained(source, dictionary, link, said))
    return sa.or_(sa.false(), *held)


def _explained(
    source: TableClause, dictionary: TableClause, link: Link, condition: ColumnElement[bool]
) -> ColumnElement[bool]:
    """Rows whose code is one of those that `condition` picks from the dictionary."""
    import sqlalchemy as sa

    keys = sa.select(*(dictionary.c[name] for name in link.keys)).where(condition)
    if len(link.columns) == 1:
        return source.c[link.columns[0]].in_(keys)
    return sa.tuple_(*(source.c[name] for name in link.columns)).in_(keys)


def _matching(rows: FromClause, dictionary: TableClause, link: Link) -> ColumnElement[bool]:
    """The ON clause that joins rows to the dictionary that explains them."""
    import sqlalchemy as sa

    pairs = zip(link.columns, link.keys, strict=True)
    return sa.and_(*(rows.c[own] == dictionary.c[key] for own, key in pairs))


def text_columns(table: PatientTable) -> tuple[str, ...]:
    """The columns of a patient's table in which a keyword is looked for."""
    pairs = zip(table.columns, table.types, strict=True)
    return tuple(name for name, type_ in pairs if type_ == "text")


def _compiled(statement: Executable) -> Statement:
    from sqlalchemy.dialects.sqlite import dialect

    compiled = statement.compile(  # type: ignore[attr-defined]
        dialect=dialect(paramstyle="qmark"), compile_kwargs={"render_postcompile": True}
    )
    return Statement(str(compiled), tuple(compiled.positiontup or ()))
