"""A probe in words: the rows of its table, and what the table cannot say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from clinseek.validity.outcomes import OUTCOMES
from clinseek.validity.probe.intervals import Share
from clinseek.validity.probe.report import MUST_HOLD, ProbeReport
from clinseek.validity.probe.signals import SIGNIFICANT, Structure

COLUMNS = ("outcome", "profile", "asked", "answered", "right (95 %)", "majority (95 %)")
STRUCTURE_COLUMNS = ("AUROC (95 %)", "p")
NUMBERS = ("asked", "answered", "right (95 %)", "majority (95 %)", *STRUCTURE_COLUMNS)
LOOK_UP_COLUMNS = ("outcome", "profile", "look-up", "answered", "right", "nothing", "failed")


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
            with_interval(found.right), with_interval(found.majority),
        )  # fmt: skip
        told = structure.get((found.outcome, found.profile))
        cells = _structure_cells(told, star=report.independent) if report.structure else ()
        rows.append((*row, *cells))
    return rows


def _structure_cells(found: Structure | None, *, star: bool) -> tuple[str, str]:
    if found is None or found.auroc is None or found.low is None or found.high is None:
        return "-", "-"
    return (
        f"{found.auroc:.2f} [{found.low:.2f}, {found.high:.2f}]",
        f"{found.p_corrected:.2g}{'*' if star and found.significant else ''}",
    )


def look_up_rows(report: ProbeReport) -> list[tuple[str | int, ...]]:
    """One row a look-up, for LOOK_UP_COLUMNS."""
    return [
        (
            OUTCOMES[found.outcome].title, found.profile, each.name, each.answered, each.right,
            each.nothing, each.failed,
        )
        for found in report.direct
        for each in found.look_ups
    ]  # fmt: skip


def note_lines(report: ProbeReport) -> Iterator[str]:
    """What the table cannot say, one sentence a line; the verdict comes last."""
    yield (
        f"{report.store}: {report.patients:,} patients (seed {report.seed}), {report.cases:,} "
        f"cases, {report.seconds:.0f} s. right and majority are shares of all questions asked."
    )
    yield from _settled(report)
    yield from (f"skipped, no pass: {name}: {why}" for name, why in report.skipped.items())
    yield from _failed(report)
    yield from _structure(report)
    yield from _verdict(report)


def _settled(report: ProbeReport) -> Iterator[str]:
    settled = {found.outcome: found.settled for found in report.direct if found.settled}
    if settled:
        told = ", ".join(f"{name} {count:,}" for name, count in settled.items())
        yield f"not asked, since the record tells the answer by then as a fact: {told}"


def _failed(report: ProbeReport) -> Iterator[str]:
    by_error: dict[str, Counter[str]] = defaultdict(Counter)
    for found in report.direct:
        for look_up in found.look_ups:
            for error, count in look_up.errors.items():
                by_error[error][found.profile] += count
    for error, counts in by_error.items():
        told = ", ".join(f"{count:,} under {profile}" for profile, count in counts.items())
        yield f"look-ups that failed, which is not to find nothing: {error}: {told}"


def _structure(report: ProbeReport) -> Iterator[str]:
    if not report.structure:
        return
    if not report.independent:
        yield (
            "AUROC is of structure alone. It cannot tell a leak from illness here: that takes a "
            "cohort of synth --outcomes independent, and --independent"
        )
    else:
        yield f"* a signal: p below {SIGNIFICANT}, corrected for the outcomes of its profile"
    told = {found.outcome: OUTCOMES[found.outcome].follows for found in report.structure}
    for name, follows in told.items():
        if follows is not None:
            yield f"{name} follows from {follows}, whatever the cohort: a signal there is no leak"
    untold: dict[str, list[str]] = defaultdict(list)
    for found in report.structure:
        if found.untold is not None:
            untold[found.untold].append(f"{found.outcome} ({found.profile})")
        elif report.independent and found.significant and found.cells:
            yield f"{found.profile}, {found.outcome}: {_cells(found)}"
    for why, places in untold.items():
        yield f"structure not probed, no pass: {why}: {', '.join(places)}"


def _cells(found: Structure) -> str:
    return "; ".join(
        f"{cell.name}{f' and {cell.alike} alike' if cell.alike else ''} "
        f"(AUROC {cell.auroc:.2f} for {cell.answer}, p {cell.p:.2g})"
        for cell in found.cells
    )


def _verdict(report: ProbeReport) -> Iterator[str]:
    yield from report.failures
    if not report.holds:
        yield f"THE CLAIM DOES NOT HOLD: {len(report.failures):,} ways to read the future"
        return
    for profile in report.profiles:
        if profile not in MUST_HOLD:
            continue
        tested = [
            each for each in report.structure if each.profile == profile and each.p is not None
        ]
        structure = f", and no signal in structure for {len(tested)}" if report.independent else ""
        asked = sum(found.profile == profile for found in report.direct)
        yield f"{profile}: no look-up was answered for any of {asked} outcomes{structure}"
