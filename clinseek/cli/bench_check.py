"""`clinseek bench validate ROWS`: does a built benchmark tell its own answers?"""

from __future__ import annotations

from pathlib import Path

import typer

from clinseek.cli.output import emit, emit_json, live_line, say


def validate_rows(file: Path, *, store: Path, limit: int | None, jobs: int, as_json: bool) -> None:
    """Check every row, tell what was found, and write it into the card; exit 1 where one tells."""
    from clinseek.evals.benchmarks.leaks import check_rows, told_of, visible
    from clinseek.evals.benchmarks.writing import add_check
    from clinseek.evals.rows import read_rows
    from clinseek.toolkits.ehr.store import Store

    rows = read_rows(file)[:limit]
    of_store = Store.open(store).fingerprint
    if any(row.metadata.get("store", of_store) != of_store for row in rows):
        say(f"the rows were built over another store than {store}; differences may be its own")
    with live_line("reading cases") as tell:
        checked = check_rows(
            rows, store, jobs=jobs, progress=lambda done, of: tell(f"rows: {done:,} of {of:,}")
        )
    told, telling = told_of(checked), visible(checked)
    page = None if limit is not None else add_check(file, told)
    if as_json:
        emit_json({"rows": str(file), "card": page, **told})
    else:
        for profile, found in told["profiles"].items():
            emit(
                f"{profile}: something of the answer or to come is visible in "
                f"{found['visible']:,} of {found['rows']:,} rows; look-ups answer "
                f"{found['answered']:,} and win {100 * found['score']:.1f} %"
            )
        for each in telling[:10]:
            emit(f"visible at the cutoff: {each.qid} ({'; '.join(each.shown)})")
        for qid in checked.unasked[:10]:
            emit(f"not asked by this store's record, or with another answer: {qid}")
        for qid, parts in list(told["altered"].items())[:10]:
            emit(f"altered since it was built: {qid} ({'; '.join(parts)})")
        if page is not None:
            emit(f"{page}: now says so")
    if telling or checked.unasked or told["altered"]:
        raise typer.Exit(1)
