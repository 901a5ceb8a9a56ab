"""`python -m drills`: run drills and print one table; ends with 1 where a promise was broken.

    python -m drills [--size quick|short|full] [--only NAME]... [--jobs N] [--list]
                     [--json] [--save FILE.json] [--saved FILE.json]... [--markdown FILE.md]

`--save` keeps what came of it, `--saved` reads that again instead of running (of several files, the
last word on a drill counts), and `--markdown` writes docs/drills.md of it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from drills import table
from drills.apart import lines_of, warm_up
from drills.cohort import cohorts_kept
from drills.drill import SIZES, Drill, Line, Size
from drills.machine import circumstances, told
from drills.rooms import UnknownDrillError, drills_named


def main() -> int:
    """Do what the command line says; its exit code."""
    given = _arguments()
    try:
        drills = drills_named(given.only)
    except UnknownDrillError as error:
        print(f"drills: {error}", file=sys.stderr)
        return 2
    if given.list:
        for drill in drills:
            print(f"{drill.name:<20} {drill.promise}")
        return 0
    if given.saved:
        tried = _read(given.saved)
    else:
        tried = _run_or_stop(drills, given)
    if given.markdown:
        given.markdown.write_text(table.as_markdown(tried))
    if given.json:
        print(_as_json(tried))
    elif given.saved:
        print(table.as_text(tried))
    else:
        print(table.closing(tried))
    return 0 if all(each.holds for each in tried) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drills", description=__doc__.split("\n")[0])
    parser.add_argument("--size", choices=SIZES, default="short")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--jobs", type=int, default=1, help="drills at one time")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--json", action="store_true", help="one object on stdout")
    parser.add_argument("--save", type=Path, metavar="FILE.json")
    parser.add_argument("--saved", type=Path, action="append", default=[], metavar="FILE.json")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md")
    return parser.parse_args()


def _run_or_stop(drills: Sequence[Drill], given: argparse.Namespace) -> list[table.Tried]:
    try:
        return _run(drills, given)
    except KeyboardInterrupt:
        print("\ndrills: interrupted; run the same command again", file=sys.stderr, flush=True)
        os._exit(130)  # the drills end with this process


def _run(drills: Sequence[Drill], given: argparse.Namespace) -> list[table.Tried]:
    """Run drills, each line told as it comes; what has ended is kept in `--save` at once."""
    size: Size = given.size
    chosen = [drill for drill in drills if size in drill.sizes]
    if not given.json:
        print(table.heading(), flush=True)
    where = told(circumstances())
    warm_up()
    ended: dict[str, table.Tried] = {}
    with cohorts_kept(), ThreadPoolExecutor(max(1, given.jobs)) as pool:
        # The rooms' order backwards: the attacks are short, and leave no job idle at the end.
        begun = {pool.submit(_lines, drill, given): drill for drill in reversed(chosen)}
        for future in as_completed(begun):
            drill, lines = begun[future], future.result()
            ended[drill.name] = table.Tried(drill.name, drill.promise, size, where, lines)
            if given.save:
                given.save.write_text(_as_json(list(ended.values())))
    return [ended[drill.name] for drill in chosen]


def _lines(drill: Drill, given: argparse.Namespace) -> list[Line]:
    lines = list[Line]()
    for line in lines_of(drill, given.size):
        lines.append(line)
        if not given.json:
            print(table.row(drill.name, line), flush=True)
    return lines


def _as_json(tried: Sequence[table.Tried]) -> str:
    drills = [{**each._asdict(), "lines": [vars(line) for line in each.lines]} for each in tried]
    held = all(each.holds for each in tried)
    return json.dumps({"held": held, "drills": drills}, indent=1)


def _read(files: Sequence[Path]) -> list[table.Tried]:
    """Saved results as one; where several files tell of a drill, the last does."""
    saved = [each for file in files for each in json.loads(file.read_text())["drills"]]
    by_name = {each["name"]: each for each in saved}
    return [
        table.Tried(**{**each, "lines": [Line(**line) for line in each["lines"]]})
        for _, each in sorted(by_name.items())
    ]


if __name__ == "__main__":
    sys.exit(main())
