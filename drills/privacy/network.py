"""Every command with a spy on its connections, in a namespace that has no network."""

from __future__ import annotations

import importlib.util
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from drills.cohort import cohort_in
from drills.drill import Line, Size
from drills.privacy import spy

ROOT = Path(__file__).parents[2]
CORE = (
    "synth --patients 8 --seed 5 --out raw",
    "ingest raw --codes raw/codes --out store",
    "show store",
    "tools --json",
    "doctor",
    "ask -s store -n SUBJECT -t 2199-01-01 --thread one 'What was the latest potassium?'",
    "resume one",
    "threads",
    "purge --run one --yes",
)
"""The road from raw tables to an answer, and out again."""
SHORTEST = tuple(line for line in CORE if line.split()[0] in {"ask", "purge"})
"""Over a cohort that is there."""
REACHING = ("[imaging pull]", "::test_a_namespace_has_loopback_and_nothing_else")
"""What is there to reach the network: one command (docs/imaging.md), and a test that cannot."""
_ENDED_WELL = (0, 1)
_ANY_ADDRESS = "0.0.0.0"
_STANDS = """
import time
from clinseek.evals.runner.ray_cluster import cluster
with cluster():
    time.sleep(15)
"""
"""As long as an evaluation lasts: Ray asked the clouds some seconds after it had begun."""
_PASSED = re.compile(r"(\d+) passed")
_EXAMPLES = "tests/cli/test_help_examples.py"


def lines(size: Size, place: Path) -> Iterator[Line]:
    """The core by itself; in short form every command's examples; in full every folder of tests."""
    alone = spy.alone()
    if alone is None:
        yield Line("commands without a network", gap="no network namespace can be made here")
    if size == "quick":
        cohort_in(place)
        yield commands(SHORTEST, place, before=alone or ())
        return
    yield commands(CORE, place, before=alone or ())
    yield _cluster(place, before=alone)
    yield _tests("every command's examples", [_EXAMPLES], place, before=alone or ())
    if size == "full" and alone is not None:
        for what, paths in _suite():
            yield _tests(what, paths, place, before=alone)


def _suite() -> Iterator[tuple[str, list[str]]]:
    """The whole suite, folder by folder."""
    tests = ROOT / "tests"
    for folder in sorted(each.name for each in tests.iterdir() if any(each.rglob("test_*.py"))):
        yield f"tests/{folder}", [f"tests/{folder}"]
    yield (
        "tests beside the folders",
        sorted(f"tests/{file.name}" for file in tests.glob("test_*.py")),
    )
    yield "examples in the code", ["clinseek", "drills", "release"]


def commands(typed: Sequence[str], place: Path, *, before: Sequence[str]) -> Line:
    """Run commands one after the other; each must end well and reach nobody."""
    broken = []
    counted = place / "no-route"
    variables = {
        **spy.environment(place),
        "CLINSEEK_HOME": str(place / "home"),
        "DRILL_NO_ROUTE": str(counted),
    }
    for line in typed:
        words = shlex.split(line.replace("SUBJECT", _subject(place)))
        ran = spy.run(
            [*before, sys.executable, "-W", "ignore", "-m", "clinseek", *words],
            cwd=place, variables=variables,
        )  # fmt: skip
        if ran.returncode not in _ENDED_WELL:
            broken.append(f"{line}: ended with {ran.returncode}: {ran.stderr.strip()[-200:]}")
        heard = [f"{line}: reached {each.host}" for each in spy.heard(place)]
        packets = int(counted.read_text()) if before else 0
        tried = [f"{line}: {packets} packets sought a way out"] if packets and not heard else []
        broken += [*heard, *tried]
    where = "in a namespace without network, spied on" if before else "spied on"
    return Line(f"commands {where}", count=len(typed), broken=broken)


def _cluster(place: Path, *, before: Sequence[str] | None) -> Line:
    """A cluster of Ray that stands for a while: its own processes try to reach nobody either."""
    what = "a cluster of Ray in a namespace without network, spied on"
    if importlib.util.find_spec("ray") is None:
        return Line(what, gap="Ray is not installed (extra ray)")
    if before is None:
        return Line(what, gap="no network namespace can be made here")
    ran = spy.run(
        [*before, sys.executable, "-c", _STANDS], cwd=place, variables=spy.environment(place)
    )
    broken = [f"it ended with {ran.returncode}: {ran.stderr[-200:]}"] if ran.returncode else []
    reached = {each.host for each in spy.heard(place)} - {_ANY_ADDRESS}
    return Line(what, 1, [*broken, *(f"reached {host}" for host in sorted(reached))])


def _tests(what: str, paths: Sequence[str], place: Path, *, before: Sequence[str]) -> Line:
    """Run tests of the repository; what a command of theirs reaches is told by the test."""
    ran = spy.run(
        [*before, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         f"--basetemp={place / 'tests'}", *paths],
        cwd=ROOT, variables=spy.environment(place), seconds=6_000,
    )  # fmt: skip
    broken = [line for line in ran.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if ran.returncode and not broken:
        broken = [ran.stdout.strip()[-200:] or ran.stderr.strip()[-200:]]
    reached = {
        each for each in spy.heard(place)
        if not any(named in each.during for named in REACHING) and "invalid" not in each.host
    }  # fmt: skip
    broken += [f"{each.during}: reached {each.host}" for each in sorted(reached)]
    told = ran.stdout.strip().splitlines()
    where = "in a namespace without network, spied on" if before else "spied on"
    passed = _PASSED.search(told[-1]) if told else None
    count = int(passed.group(1)) if passed else 0
    return Line(f"{what} {where}", count=count, broken=broken, note=told[-1] if told else "")


def _subject(place: Path) -> str:
    if not (place / "store" / "manifest.json").is_file():
        return ""
    from clinseek.toolkits.ehr.store import Store

    return str(Store.open(place / "store").subjects()[0])
