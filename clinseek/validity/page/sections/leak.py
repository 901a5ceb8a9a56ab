"""What the published rule shows too early: rows, cells, and which tables come out clean."""

from __future__ import annotations

from datetime import timedelta

from clinseek.toolkits.ehr.availability.published import PUBLISHED, cut_column
from clinseek.validity.page.early import TEXT_OF_ADMISSIONS, Early, Tally, total_of
from clinseek.validity.page.markdown import count, minutes, names, paragraph, share, table
from clinseek.validity.page.measure import Figures

HEAD = """\
## What the published cutoff rule shows too early

The published systems keep of each table the rows whose first time or date column lies before the
cutoff, and mask nothing (`clinseek availability --profile reference` tells it exactly). What is
shown from one moment on and known from a later one on is shown too early at every cutoff between
the two, so no cutoff has to be chosen: each raw row, and each cell in it, is compared once with
what the second reading says of it under `available`.

- *too early*: shown before it was known. *Median* and *90 %*: how many minutes before, of those
  that become known at all. *Never*: shown although it never counts as known.
- *withheld*: rows shown later than they were known, or not at all: orders that wait for their
  start, dates that wait for 23:59, tables that are always emptied.
- A table without such a column is shown whole (*whole*). Its minutes count from the patient's
  first admission or ED arrival, for nobody asks about a patient before.
- A cell is counted where its own moment is later than its row's, such as the discharge time in
  the row of an admission; the other cells of a late row count with the row, not again. An id that
  names a row of another table waits for that row, and for ever where the record has none.
- `admissions.text`, which the published systems add, is the beginning of the discharge summary;
  each admission with a summary counts as a row of it.
- Early is by the rules, and these lean to the late side where a clock is missing or moves with
  later edits: the limits and open questions below say where.
- Not counted, for no single cell holds it: what the gaps of raw ids and an anchor year to come
  tell.
"""

_LARGEST = "chartevents"
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def rows_and_cells(name: str, figures: Figures) -> str:
    """The figures of one source: in words, by table the rows, by table the cells."""
    parts = [
        f"### {name}: shown too early",
        paragraph(_in_words(figures)),
        _rows_table(figures),
        _cells_table(figures),
        *map(paragraph, _remarks(figures)),
    ]
    return "\n\n".join(parts) + "\n"


def _in_words(figures: Figures) -> str:
    """The headline, and where `chartevents` has a third of the rows, once more without it."""
    total = _total(figures)
    told = [_rows_in_words(total, "Of"), _cells_in_words(total, figures)]
    charted = figures.early[_LARGEST].rows.total if _LARGEST in figures.tables else 0
    if 3 * charted > total.rows.total:
        rest = total_of(figures.early[name] for name in figures.tables if name != _LARGEST)
        told.append(
            f"`{_LARGEST}` has {share(charted, total.rows.total)} of all rows, so here are the "
            f"others alone: {_rows_in_words(rest, 'of')}"
        )
    return " ".join(told)


def _rows_in_words(early: Early, of: str) -> str:
    rows = early.rows
    return (
        f"{of} {count(rows.total)} rows the published rule shows {count(rows.early)} "
        f"({share(rows.early, rows.total)}) before they were known: "
        f"{share(rows.beyond(_HOUR), rows.total)} of all by more than an hour, "
        f"{share(rows.beyond(_DAY), rows.total)} by more than a day."
    )


def _cells_in_words(early: Early, figures: Figures) -> str:
    """Cells that come after their row apart from those that never come at all."""
    cells = early.cells
    later = cells.early - cells.never
    told = (
        f"In {count(later)} cells ({share(later, cells.total)} of those that are "
        "filled) it shows what came later than their row"
    )
    if not cells.never:
        return f"{told}."
    most = max(figures.tables, key=lambda name: figures.early[name].cells.never)
    return (
        f"{told}, and in {count(cells.never)} more what never counts as known, such as a state at "
        f"the time of extraction ({count(figures.early[most].cells.never)} of them in `{most}`)."
    )


def _total(figures: Figures) -> Early:
    """All tables of the record together, without what the published systems add to it."""
    return total_of(figures.early[name] for name in figures.tables)


def _rows_table(figures: Figures) -> str:
    early = figures.early
    listed = [name for name in figures.tables if early[name].rows.early or early[name].withheld]
    if TEXT_OF_ADMISSIONS in early:
        listed.append(TEXT_OF_ADMISSIONS)
    lines = [
        [_named(name), *_tally(early[name].rows), count(early[name].withheld)] for name in listed
    ]
    total = _total(figures)
    lines.append(["**all tables**", *_tally(total.rows), count(total.withheld)])
    columns = ["table", "rows", "too early", "share", "median", "90 %", "never", "withheld"]
    return table(columns, lines)


def _cells_table(figures: Figures) -> str:
    early = figures.early
    lines = [
        [f"`{name}`", _columns_of(early[name]), *_tally(early[name].cells)]
        for name in figures.tables
        if early[name].cells.early
    ]
    lines.append(["**all tables**", "", *_tally(_total(figures).cells)])
    columns = ["table", "which", "filled cells", "too early", "share", "median", "90 %", "never"]
    return table(columns, lines, words=2)


def _tally(tally: Tally) -> list[str]:
    return [
        count(tally.total),
        count(tally.early),
        share(tally.early, tally.total),
        minutes(tally.by.minutes(0.5)),
        minutes(tally.by.minutes(0.9)),
        count(tally.never),
    ]


def _columns_of(early: Early) -> str:
    ranked = sorted(early.columns.items(), key=lambda column: (-column[1], column[0]))
    return ", ".join(f"`{name}` {count(number)}" for name, number in ranked)


def _named(name: str) -> str:
    if name == TEXT_OF_ADMISSIONS:
        return f"`{name}` *added*"
    return f"`{name}`" if cut_column(PUBLISHED[name]) else f"`{name}` *whole*"


def _remarks(figures: Figures) -> list[str]:
    """Which tables come out clean, and which figures are to be read with care."""
    told = [_clean(figures)]
    by_a_minute = [
        name
        for name in figures.tables
        if (tally := figures.early[name].rows).early and (tally.by.minutes(0.9) or 0) <= 1
    ]
    if by_a_minute:
        told.append(
            f"In {names(by_a_minute)} at least nine early rows in ten are early by a minute or "
            "less: the published rule puts them a minute before an end, or at 23:59 of their day."
        )
    guessed = figures.clocks.never_stored
    if guessed:
        told.append(
            f"No row of {names(guessed)} has a storetime here, so its minutes are not measured: "
            "they are those of the fallback in its rule."
        )
    return told


def _clean(figures: Figures) -> str:
    early = figures.early
    clean = [
        name for name in figures.tables if not early[name].rows.early + early[name].cells.early
    ]
    emptied = [name for name in clean if early[name].withheld == early[name].rows.total > 0]
    told = f"Nothing is too early in {len(clean)} of {len(figures.tables)} tables: {names(clean)}."
    if emptied:
        told += f" ({names(emptied)}: because the published systems always empty it.)"
    return told
