"""The table of drills, as text for a screen and as a page for docs/drills.md."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from drills.drill import Line, Size

TOLD_BREAKS = 3
WIDTH = 100


class Tried(NamedTuple):
    """A drill, its lines, and the machine, day and commit that they are of."""

    name: str
    promise: str
    size: Size
    where: str
    lines: Sequence[Line]

    @property
    def holds(self) -> bool:
        """Whether nothing broke."""
        return not any(line.broken for line in self.lines)


def verdict(line: Line) -> str:
    """What broke, in a few words.

    >>> verdict(Line("x", 3)), verdict(Line("x", 3, broken=["a", "b"]))
    ('nothing', '2 times')
    >>> verdict(Line("x", gap="no Ray here"))
    'not tried: no Ray here'
    """
    if line.gap is not None:
        return f"not tried: {line.gap}"
    if not line.broken:
        return "nothing"
    return "once" if len(line.broken) == 1 else f"{len(line.broken)} times"


def as_text(tried: Sequence[Tried]) -> str:
    """The table for a screen."""
    return "\n".join(_text_lines(tried))


def heading() -> str:
    """The first line of the table."""
    return f"{'drill':<20} {'what was done':<52} {'many':>6}  {'broke':<10} {'s':>7}"


def row(name: str, line: Line) -> str:
    """One line of the table, with what broke under it."""
    broke = "GAP" if line.gap is not None else "BROKEN" if line.broken else "nothing"
    done = textwrap.shorten(line.done, 52, placeholder="…")
    told = [f"{name:<20} {done:<52} {line.count:>6}  {broke:<10} {line.seconds:>7.1f}"]
    said = [line.note] if line.note else []
    if line.gap is not None:
        said.append(f"not tried: {line.gap}")
    said += list(line.broken[:TOLD_BREAKS])
    if len(line.broken) > TOLD_BREAKS:
        said.append(f"... and {len(line.broken) - TOLD_BREAKS} more")
    told += [textwrap.fill(each, WIDTH, initial_indent="    ", subsequent_indent="    ")
             for each in said]  # fmt: skip
    return "\n".join(told)


def closing(tried: Sequence[Tried]) -> str:
    """The last line: how it stands over all."""
    lines = [line for each in tried for line in each.lines]
    broken = [each.name for each in tried if not each.holds]
    gaps = sum(line.gap is not None for line in lines)
    seconds = sum(line.seconds for line in lines)
    verdict = f"BROKEN: {', '.join(broken)}" if broken else "every promise held"
    left = f"; {gaps} not tried here" if gaps else ""
    return f"{len(tried)} drills, {len(lines)} lines, {seconds:.0f} s of drills: {verdict}{left}"


def as_markdown(tried: Sequence[Tried]) -> str:
    """The page docs/drills.md: the same table, and the promise of each drill."""
    parts, where = [_PAGE], ""
    for each in tried:
        if each.where != where:
            where = each.where
            parts.append(f"\n## {where}\n")
        promise = f"{each.promise[0].upper()}{each.promise[1:]}"
        parts.append(f"\n### {each.name}\n\n{promise}. ({each.size} form)\n\n")
        parts.append("| what was done | how many | what broke | seconds |\n|---|---:|---|---:|\n")
        parts += [
            f"| {_cell(line)} | {line.count:,} | {verdict(line)} | {line.seconds:.1f} |\n"
            for line in each.lines
        ]
    parts.append(f"\n{closing(tried)}.\n")
    return "".join(parts)


_PAGE = """# Drills

What happens when things break: processes killed, disks full, hosts gone, two hundred at once. Each
drill is a command that would fail if its promise were false. This page is written by one, never by
hand:

```bash
make drills-quick   # the core of each, 45 s
make drills         # all in short form, minutes
make drills-full    # all of it, and this page
```

`python -m drills --list` tells every drill with its promise, `--only NAME` runs one. Seconds are of
the clock, on a machine that may have had other work.
"""


def _cell(line: Line) -> str:
    said = f"{line.done}. {line.note}" if line.note else line.done
    return said.replace("|", "\\|")


def _text_lines(tried: Sequence[Tried]) -> Iterator[str]:
    yield heading()
    for each in tried:
        yield from (row(each.name, line) for line in each.lines)
    yield closing(tried)
