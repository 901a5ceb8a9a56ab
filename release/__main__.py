"""`python -m release`: is this commit fit to be given out? Ends with 1 where it is not.

    python -m release [--commit HEAD] [--only EXTRA]... [--folder DIR] [--keep] [--list]

The wheel and the sdist are built of the commit, as a stranger would build them; what lies in the
wheel, and its metadata, are looked at; then the core and each extra are installed from nothing, in
an environment of their own, one after the other, and used. Needs a package index, git, about 4 GB
of disk at a time, and half an hour. At its end stands one table.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from release.distributions import Distributions, built, faults_of_wheel, source_of, tracked_in
from release.environment import Ended, Environment, this_python
from release.trials import CORE, trials_of

ROOT = Path(__file__).parents[1]
TOOLS = ("build", "twine")
OF_DEVELOPMENT = frozenset({"dev"})


class Line(NamedTuple):
    """One line of the table."""

    what: str
    faults: Sequence[str]
    done: str
    seconds: float
    megabytes: int | None = None


def main() -> int:
    """Do what the command line says; its exit code."""
    given = _arguments()
    names = [CORE, *_extras()]
    if given.list:
        print("\n".join(names))
        return 0
    if unknown := set(given.only) - set(names):
        print(f"release: no extra {min(unknown)}; there are {', '.join(names)}", file=sys.stderr)
        return 2
    chosen = [CORE, *(name for name in names[1:] if not given.only or name in given.only)]
    if given.folder and given.folder.exists() and any(given.folder.iterdir()):
        print(
            f"release: --folder {given.folder} is not empty, and is removed at the end; name "
            "a new one",
            file=sys.stderr,
        )
        return 2
    folder = given.folder or Path(tempfile.mkdtemp(prefix="clinseek-release-"))
    try:
        lines = list(_lines(given.commit, chosen, folder))
    finally:
        if not given.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("\n" + "\n".join(_table(lines)))
    return 1 if any(line.faults for line in lines) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__.split("\n")[0])
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--only", action="append", default=[], metavar="EXTRA")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where to work (a new one)")
    parser.add_argument("--keep", action="store_true", help="leave the folder, with dist/, there")
    parser.add_argument("--list", action="store_true", help="the extras, and nothing else")
    return parser.parse_args()


def _extras() -> list[str]:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [name for name in declared["optional-dependencies"] if name not in OF_DEVELOPMENT]


def _lines(commit: str, extras: Sequence[str], folder: Path) -> Iterator[Line]:
    """Each line as soon as it is known; the core first, and nothing beyond its fault."""
    source, workplace = source_of(commit, ROOT, folder / "source"), folder / "workplace"
    shutil.copytree(source / "tests", workplace / "scaffold" / "tests")
    tools = Environment(folder / "tools", workplace)
    made, line = _made(tools, source, folder / "dist")
    yield _said(line)
    if made is None:
        return
    yield _said(_metadata(tools, made))
    constraints = source / ".ci" / "constraints.txt"
    core, *others = extras
    yield (first := _said(_extra(core, made.wheel, constraints, folder)))
    for extra in [] if first.faults else others:
        yield _said(_extra(extra, made.wheel, constraints, folder))


def _made(tools: Environment, source: Path, dist: Path) -> tuple[Distributions | None, Line]:
    ready = tools.installed(*TOOLS)
    if ready.fault:
        return None, Line("build", [ready.fault], " and ".join(TOOLS), ready.seconds)
    try:
        made = built(tools.python, source, dist)
    except subprocess.CalledProcessError as error:
        return None, Line("build", [(error.stdout or "")[-2000:]], "sdist and wheel", 0.0)
    tracked = tracked_in(source)
    done = f"{made.wheel.name}: {len(tracked)} files, {made.wheel.stat().st_size // 1024} kB"
    return made, Line("wheel", faults_of_wheel(made.wheel, tracked), done, ready.seconds)


def _metadata(tools: Environment, made: Distributions) -> Line:
    order = ["python", "-m", "twine", "check", "--strict", str(made.wheel), str(made.sdist)]
    checked = tools.ran(order)
    return Line("metadata", _faults([checked]), "twine check --strict", checked.seconds)


def _extra(extra: str, wheel: Path, constraints: Path, folder: Path) -> Line:
    place = folder / "environment"
    environment = Environment(place, folder / "workplace")
    named = str(wheel) if extra == CORE else f"{wheel}[{extra}]"
    ended = [environment.installed(named, constraints=constraints)]
    installing = ended[0].seconds
    if ended[0].code == 0:
        ended.append(environment.ran(["python", "-m", "pip", "check"]))
        ended += [environment.ran(order) for order in trials_of(extra, environment.workplace)]
    room = environment.megabytes()
    shutil.rmtree(place, ignore_errors=True)
    done = f"installed in {installing:.0f} s, {len(ended) - 1} commands"
    return Line(extra, _faults(ended), done, sum(each.seconds for each in ended), room)


def _faults(ended: Sequence[Ended]) -> list[str]:
    return [each.fault for each in ended if each.fault]


def _said(line: Line) -> Line:
    print(_row(line), flush=True)
    for fault in line.faults:
        print("    " + fault.replace("\n", "\n    "), flush=True)
    return line


def _table(lines: Sequence[Line]) -> list[str]:
    heading = f"{'what':<12} {'holds':<6} {'s':>6} {'MB':>6}  Python {this_python()}"
    return [heading, *(_row(line) for line in lines)]


def _row(line: Line) -> str:
    room = "" if line.megabytes is None else f"{line.megabytes:,}"
    holds = "NO" if line.faults else "yes"
    return f"{line.what:<12} {holds:<6} {line.seconds:>6.0f} {room:>6}  {line.done}"


if __name__ == "__main__":
    sys.exit(main())
