"""What a lazy agent reads off the record: the direct probe, outcome by outcome."""

from __future__ import annotations

from clinseek.validity.outcomes import OUTCOMES
from clinseek.validity.page.markdown import count, names, paragraph, share, table
from clinseek.validity.probe.counts import Direct
from clinseek.validity.probe.intervals import Share
from clinseek.validity.probe.report import ProbeReport

HEAD = """\
## What can be read off

For each headline outcome the probe tries the look-ups that a lazy agent would try (discharge
time, death, length of stay, codes, numbers to come), the same ones on the same rows under both
profiles. An answer that is past by the prediction time is not asked for.

- *answered*: a look-up gave an answer; *right*: it was the true one, of all questions asked.
- *constant*: how often the best constant answer is right.
- Few patients are probed here, drawn by lot, so the 95 per cent intervals (patients are clusters)
  are wide. `clinseek probe STORE` takes all of them and adds the structure probe: whether
  presence, empty cells, counts and gaps alone foretell an outcome.
"""


def outcomes(name: str, report: ProbeReport) -> str:
    """The direct probe of one source: a table, and whether the record held."""
    by_profile: dict[str, dict[str, Direct]] = {}
    for found in report.direct:
        by_profile.setdefault(found.outcome, {})[found.profile] = found
    lines = [
        [OUTCOMES[outcome].title, OUTCOMES[outcome].anchor.words, *_line(found)]
        for outcome, found in by_profile.items()
    ]
    columns = ["outcome", "asked", "questions", "constant", "answered by `available`"]
    columns += ["by `reference`", "right by `reference`", "95 %"]
    parts = [
        f"### {name}: read off",
        table(columns, lines, words=2),
        paragraph(_in_words(report)),
    ]
    return "\n\n".join(parts) + "\n"


def _line(found: dict[str, Direct]) -> list[str]:
    available, reference = found["available"], found["reference"]
    return [
        count(available.asked),
        _share(available.majority),
        _share(available.answered),
        _share(reference.answered),
        _share(reference.right),
        f"{reference.right.low:.0%} to {reference.right.high:.0%}".replace("%", " %"),
    ]


def _share(each: Share) -> str:
    return share(each.hits, each.total)


def _in_words(report: ProbeReport) -> str:
    asked = {found.outcome: found.asked for found in report.direct}
    one_answer = [found.outcome for found in report.direct if found.one_answer]
    told = f"{count(report.patients)} patients, {count(sum(asked.values()))} questions. "
    answered = [
        found.outcome
        for found in report.direct
        if found.profile == "available" and any(each.answered for each in found.look_ups)
    ]
    if answered:
        told += f"Under `available` these could be read off: {names(answered)}."
    else:
        told += "Under `available` not one could be answered by a look-up."
    right = [
        found.outcome
        for found in report.direct
        if found.profile == "reference" and found.right.hits == found.right.total
    ]
    if right:
        told += f" Under `reference` every answer was there, and right, to {names(right)}."
    if one_answer:
        told += (
            " All questions left have the same answer, so that to be right proves nothing, in "
            f"{names(dict.fromkeys(one_answer))}."
        )
    if report.not_exercised:
        told += (
            " Not exercised, which is no pass (no look-up answered under either): "
            f"{names(report.not_exercised)}."
        )
    if report.skipped:
        skipped = "; ".join(f"`{name}` ({why})" for name, why in report.skipped.items())
        told += f" Not asked: {skipped}."
    return told
