"""What the tables of a probe cannot say, one sentence a line; the verdict comes last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from clinseek.validity.outcomes import OUTCOMES
from clinseek.validity.probe.counts import Direct
from clinseek.validity.probe.report import MUST_HOLD, ProbeReport
from clinseek.validity.probe.signals import FEW, SIGNIFICANT, Structure


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "patient"), counted(1200, "patient")
    ('1 patient', '1,200 patients')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def note_lines(report: ProbeReport) -> Iterator[str]:
    """Every sentence below the tables."""
    yield (
        f"{report.store}: {counted(report.patients, 'patient')} (seed {report.seed}), "
        f"{counted(report.cases, 'case')}, {report.seconds:.0f} s. right and majority are shares "
        "of all questions asked."
    )
    yield from _differing(report)
    yield from _settled(report)
    yield from _one_answer(report)
    yield from _unopened(report)
    yield from (f"skipped, no pass: {name}: {why}" for name, why in report.skipped.items())
    yield from _lacking(report)
    yield from _undated(report)
    yield from _not_exercised(report)
    yield from _structure(report)
    yield from _verdict(report)


def _differing(report: ProbeReport) -> Iterator[str]:
    places: dict[str, list[str]] = defaultdict(list)
    for name in _asked(report):
        for difference in OUTCOMES[name].differs:
            places[difference].append(name)
    if places:
        yield "asked otherwise than published:"
    for difference, names in places.items():
        yield f"  {', '.join(names)}: {difference}"


def _asked(report: ProbeReport) -> list[str]:
    return list(dict.fromkeys(found.outcome for found in report.direct))


def _each(report: ProbeReport) -> list[Direct]:
    """Each outcome once: what is the same under every profile."""
    return list({found.outcome: found for found in report.direct}.values())


def _settled(report: ProbeReport) -> Iterator[str]:
    told = [
        f"{found.outcome} {found.settled:,} of {found.settled + found.asked:,} "
        f"({100 * found.settled / (found.settled + found.asked):.0f} %)"
        for found in _each(report)
        if found.settled
    ]
    if told:
        yield f"not asked, since the record tells the answer by then as a fact: {', '.join(told)}"


def _one_answer(report: ProbeReport) -> Iterator[str]:
    told = [
        f"{found.outcome} ({found.majority_answer})" for found in _each(report) if found.one_answer
    ]
    if told:
        yield (
            "one answer is left among the questions asked, so that to be right proves nothing and "
            f"only an answer under {' or '.join(MUST_HOLD)} would: {', '.join(told)}"
        )


def _unopened(report: ProbeReport) -> Iterator[str]:
    if report.unopened:
        told = ", ".join(
            f"{found.outcome} {found.unopened:,} of {found.asked:,} ({found.profile})"
            for found in report.direct
            if found.unopened
        )
        yield (
            f"{counted(report.unopened, 'more case')} did not open, since nothing was known by "
            f"then: no look-up was tried and no structure seen for {told}"
        )
    for found in report.direct:
        if found.untried is not None:
            yield f"not asked, no pass: {found.outcome} ({found.profile}): {found.untried}"


def _lacking(report: ProbeReport) -> Iterator[str]:
    tables: set[str] = set()
    columns: dict[str, list[str]] = defaultdict(list)
    for found in report.direct:
        for look_up in found.look_ups:
            for what in look_up.lacks:
                if "." in what:
                    columns[what].append(found.outcome)
                else:
                    tables.add(what)
    if tables:
        yield f"the store lacks {', '.join(sorted(tables))}: look-ups there could not be tried"
    for column, names in columns.items():
        told = ", ".join(dict.fromkeys(names))
        yield f"only reference has {column}: one look-up of {told} was tried under it alone"


def _undated(report: ProbeReport) -> Iterator[str]:
    told = [
        found.outcome
        for found in report.direct
        if any(each.undated and each.answered for each in found.look_ups)
    ]
    if told:
        yield (
            f"{', '.join(dict.fromkeys(told))}: some look-ups say yes to whatever comes, without "
            "the limit of the question (undated), so that more is answered than is right; "
            "--look-ups shows how much of what each answered is right, and the lift in points over "
            "the majority answer there"
        )


def _not_exercised(report: ProbeReport) -> Iterator[str]:
    if report.not_exercised:
        yield (
            "not exercised, which is no pass: under no profile of this run a look-up answered "
            f"{', '.join(report.not_exercised)}"
        )


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
    yield from _following(report)
    yield (
        "exchanged: patients who could change places in the permutations, with another who was "
        "asked as often and in the same states"
    )
    weak = [each for each in report.structure if each.weak]
    if weak:
        yield (
            f"a weak test, which finds strong signals only, with fewer than {FEW} exchanged: "
            f"{_places(weak, report)}"
        )
    for found in report.structure:
        if report.independent and found.significant and found.cells:
            yield f"{found.profile}, {found.outcome}: {_cells(found)}"
    untold: dict[str, list[Structure]] = defaultdict(list)
    for found in report.structure:
        if found.untold is not None:
            untold[found.untold].append(found)
    for why, places in untold.items():
        yield f"structure not probed, no pass: {why}: {_places(places, report)}"


def _following(report: ProbeReport) -> Iterator[str]:
    for name in dict.fromkeys(found.outcome for found in report.structure):
        follows = OUTCOMES[name].follows
        if follows is not None:
            yield (
                f"\u2020 {name} follows {follows}, whatever the cohort: a signal in its structure "
                "is no leak; its look-ups count"
            )


def _places(found: Iterable[Structure], report: ProbeReport) -> str:
    """Outcomes, with their profiles where these are not all."""
    profiles: dict[str, list[str]] = defaultdict(list)
    for each in found:
        profiles[each.outcome].append(each.profile)
    return ", ".join(
        name if len(under) == len(report.profiles) else f"{name} ({', '.join(under)})"
        for name, under in profiles.items()
    )


def _cells(found: Structure) -> str:
    return "; ".join(
        f"{cell.name}{f' and {cell.alike} alike' if cell.alike else ''} "
        f"(AUROC {cell.auroc:.2f} for {cell.answer}, p {cell.p:.2g})"
        for cell in found.cells
    )


def _verdict(report: ProbeReport) -> Iterator[str]:
    yield from report.failures
    if report.holds is False:
        ways = counted(len(report.failures), "way")
        yield f"THE CLAIM DOES NOT HOLD: {ways} in which the probe failed or the future was read"
    elif report.holds is None:
        yield (
            f"no verdict: nothing that must hold was asked ({', '.join(report.profiles)} shows the "
            f"future by design); ask --profile {MUST_HOLD[0]}"
        )
    else:
        for profile in report.profiles:
            if profile in MUST_HOLD:
                yield _held(report, profile)
    if report.independent:
        yield (
            "that the outcomes are independent of the record is your statement (--independent): a "
            "store does not say how it was made"
        )


def _held(report: ProbeReport, profile: str) -> str:
    tried = [found for found in report.direct if found.profile == profile and found.untried is None]
    told = f"{profile}: no look-up was answered for {_of(len(tried))} asked"
    if not report.independent:
        return told
    tested = [
        each
        for each in report.structure
        if each.profile == profile and each.p is not None and OUTCOMES[each.outcome].follows is None
    ]
    if not tested:
        return f"{told}; the structure of none could be tested, which is no pass"
    return f"{told}; no signal in the structure for {_of(len(tested))} tested"


def _of(number: int) -> str:
    """Of so many outcomes: "any of 3 outcomes"; of one, "the 1 outcome"."""
    return f"the {counted(number, 'outcome')}" if number == 1 else f"any of {number:,} outcomes"
