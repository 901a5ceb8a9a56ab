"""A probe as tables: one of outcomes, one of look-ups."""

from __future__ import annotations

from clinseek.validity.outcomes import OUTCOMES
from clinseek.validity.probe.counts import Direct, LookUpCount
from clinseek.validity.probe.intervals import Share
from clinseek.validity.probe.report import ProbeReport
from clinseek.validity.probe.signals import Structure

COLUMNS = ("outcome", "profile", "asked", "answered", "right (95 %)", "majority (95 %)")
STRUCTURE_COLUMNS = ("AUROC (95 %)", "p", "exchanged")
NUMBERS = ("asked", "answered", "right (95 %)", "majority (95 %)", *STRUCTURE_COLUMNS)
LOOK_UP_NUMBERS = ("answered", "right", "of answered", "lift", "nothing", "lacking", "failed")
LOOK_UP_COLUMNS = ("outcome", "profile", "look-up", "kind", *LOOK_UP_NUMBERS)
OUTCOME_COLUMNS = ("name", "asked", "what counts")


def percent(share: Share) -> str:
    """A share without its interval.

    >>> percent(Share(1, 8, 0.02, 0.47)), percent(Share(0, 8, 0.0, 0.32))
    ('12.5 %', '0')
    """
    return f"{100 * share.value:.3g} %" if share.hits else "0"


def with_interval(share: Share) -> str:
    """A share with its interval.

    >>> with_interval(Share(1, 8, 0.0224, 0.471))
    '12.5 % [2, 47]'
    """
    return f"{100 * share.value:.3g} % [{100 * share.low:.0f}, {100 * share.high:.0f}]"


def table_rows(report: ProbeReport) -> list[tuple[str | int | None, ...]]:
    """One row an outcome and profile, for COLUMNS and, where there are any, STRUCTURE_COLUMNS."""
    structure = {(found.outcome, found.profile): found for found in report.structure}
    rows: list[tuple[str | int | None, ...]] = []
    before = None
    for found in report.direct:
        title = None if found.outcome == before else OUTCOMES[found.outcome].title
        before = found.outcome
        row = (
            title or "", found.profile, found.asked, percent(found.answered),
            with_interval(found.right), _majority(found),
        )  # fmt: skip
        told = structure.get((found.outcome, found.profile))
        cells = _structure_cells(told, star=report.independent) if report.structure else ()
        rows.append((*row, *cells))
    return rows


def _majority(found: Direct) -> str:
    told = with_interval(found.majority)
    return f"{told} one answer" if found.one_answer else told


def _structure_cells(found: Structure | None, *, star: bool) -> tuple[str, str, int | None]:
    if found is None or found.p_corrected is None:
        return "-", "-", None
    mark = ""
    if star and found.significant:
        mark = "*" if OUTCOMES[found.outcome].follows is None else "\u2020"
    interval = (
        "-"
        if found.auroc is None or found.low is None or found.high is None
        else f"{found.auroc:.2f} [{found.low:.2f}, {found.high:.2f}]"
    )
    return interval, f"{found.p_corrected:.2g}{mark}", found.exchangeable


def look_up_rows(report: ProbeReport) -> list[tuple[str | int | None, ...]]:
    """One row a look-up, for LOOK_UP_COLUMNS."""
    return [
        (
            "" if place else OUTCOMES[found.outcome].title,
            "" if place else found.profile,
            each.name,
            _kind(each),
            each.answered,
            None if each.hint else each.right,
            *_worth(each),
            each.nothing,
            each.lacking,
            each.failed,
        )
        for found in report.direct
        for place, each in enumerate(found.look_ups)
    ]


def _kind(look_up: LookUpCount) -> str:
    if look_up.hint:
        return "hint"
    if look_up.undated:
        return "undated"
    return "reference only" if look_up.reference_only else ""


def _worth(look_up: LookUpCount) -> tuple[str | None, str | None]:
    """How much of what is answered is right, and how much more than the majority answer there."""
    if look_up.hint or not look_up.answered:
        return None, None
    right = 100 * look_up.right / look_up.answered
    constant = 100 * look_up.constant_right / look_up.answered
    return f"{right:.0f} %", f"{right - constant:+.0f}"


def outcome_rows() -> list[tuple[str, str, str]]:
    """One row an outcome that can be asked for, for OUTCOME_COLUMNS."""
    return [(each.name, each.anchor.words, each.definition) for each in OUTCOMES.values()]
