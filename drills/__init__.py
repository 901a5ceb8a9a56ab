"""Drills: the promises of README, tried while things break.

    python -m drills                     every drill in short form (minutes)
    python -m drills --size quick        the core of each (45 s); full: all of it
    python -m drills --only crash        a room, or one drill of it; may be repeated
    python -m drills --list              what there is, and the promise that each would break

One table comes out: the drill, what was done, how often, what broke, seconds. It ends with 1 where
a promise was broken. What could not be tried on this machine says so in its line, and is no pass.

How to add a drill: a room is a folder beside this file, a package whose `__init__.py` holds
`DRILLS`, a tuple of `Drill`; it is found by that, nothing else names it. A drill is a generator:

    def kills(size: Size, place: Path) -> Iterator[Line]:
        for road in ROADS:
            broken = [...]                      # a sentence for each time the promise did not hold
            yield Line(f"{road} killed and run again", count=12, broken=broken)

    DRILLS = (Drill("crash.kills", "a killed command goes on where it stood", kills),)

`place` is a folder of its own that is removed afterwards. Each drill runs in a process of its own,
with CLINSEEK_HOME and TMPDIR in `place`, no CLINSEEK_ variable of the caller, tracing off, and a
limit of time. The frame measures the seconds between lines. Keep what a room's `__init__.py`
imports light: all of them are imported to list them. A drill must be able to fail: say in its
docstring how it was seen to, and how tests/drills shows it.
"""
