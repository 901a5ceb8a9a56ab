"""What a check found, by task: plain values for the card, and its section of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from clinseek.evals.benchmarks.leaks.check import Checked, Finding

_FEW = 3


def told_of(checked: Checked) -> dict[str, Any]:
    """By profile and task: rows, those with something visible, those answered, and the score.

    `unasked` and `altered` name the rows that the record does not ask, and those that say what
    neither their task nor their case gives.

    `score` is the mean over all rows, one that no look-up answers counting 0; `by` says which
    look-ups answered how often, `seen` which found something, of the most frequent ones.
    """
    profiles = dict.fromkeys(each.profile for each in checked.findings)
    return {
        "unasked": checked.unasked,
        "altered": {each.qid: list(each.altered) for each in checked.findings if each.altered},
        "profiles": {
            profile: _profile([each for each in checked.findings if each.profile == profile])
            for profile in profiles
        },
    }


def visible(checked: Checked) -> list[Finding]:
    """The rows that tell something under `available`, where none may."""
    return [each for each in checked.findings if each.profile == "available" and each.shown]


def _profile(findings: Sequence[Finding]) -> dict[str, Any]:
    tasks = dict.fromkeys(each.task for each in findings)
    return {
        **_counted(findings),
        "tasks": {
            task: _counted([each for each in findings if each.task == task]) for task in tasks
        },
    }


def _counted(findings: Sequence[Finding]) -> dict[str, Any]:
    by = Counter(each.by for each in findings if each.by is not None)
    seen = Counter(name for each in findings for name in each.shown)
    return {
        "rows": len(findings),
        "visible": sum(bool(each.shown) for each in findings),
        "answered": sum(each.by is not None for each in findings),
        "score": round(sum(each.score for each in findings) / len(findings), 4),
        "by": dict(by.most_common(_FEW)),
        "seen": dict(seen.most_common(_FEW)),
    }


def check_lines(told: dict[str, Any]) -> Iterator[str]:
    """The section of a card's page."""
    yield from ("", "## Checked row by row", "")
    for profile, found in told["profiles"].items():
        yield (
            f"- `{profile}`: the answer, what tells it, or anything to come is visible in "
            f"{found['visible']:,} of {found['rows']:,} rows; look-ups answer "
            f"{found['answered']:,} and win {_percent(found['score'])}."
        )
    if told["unasked"]:
        yield f"- Not asked by this store's record: {len(told['unasked']):,} rows."
    if told["altered"]:
        yield f"- Altered since they were built: {len(told['altered']):,} rows."
    else:
        yield "- Question, candidates and packaged evidence of every row are those of its case."
    yield ""
    yield (
        "*Visible*: a look-up that would drop the row, one that answers its task, or a sweep over "
        "every table for moments, stays, orders, doses, notes and codes to come. *Won*: the mean "
        "score of the first look-up that answers, 0 where none does; under `reference` it is the "
        "ceiling that the published cutoff rule alone gives away."
    )
    yield ""
    profiles = list(told["profiles"])
    yield "| task | rows |" + "".join(f" `{p}` visible | answered | won |" for p in profiles)
    yield "|---|---:|" + "---:|---:|---:|" * len(profiles)
    for task, first in told["profiles"][profiles[0]]["tasks"].items() if profiles else ():
        cells = [
            f" {held['visible']:,} | {held['answered']:,} | {_percent(held['score'])} |"
            for held in (told["profiles"][profile]["tasks"][task] for profile in profiles)
        ]
        yield f"| {task} | {first['rows']:,} |{''.join(cells)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
