"""An audit in words: what was proven, what broke, which rules were not tried."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clinseek.toolkits.ehr.availability import RULES
from clinseek.validity.audit.findings import Violation
from clinseek.validity.audit.run import AuditReport, Progress

_SAYS = {
    "record": "no row or cell is shown before it is known",
    "completeness": "no row or cell known by then is missing",
    "ahead": "no cell carries a moment after the cutoff but a plan",
    "growth": "what was visible stays, under the same id",
    "scramble": "another future changes no byte and no tool's answer",
    "full form": "the same from raw csv through ingest",
    "strangers": "nothing of another patient, in free pages either",
    "vocabulary": "dictionaries and drawn lists are the store's, and of no single patient",
    "ingest": "the store holds what the raw files say",
}
_CLAIM = ("the claim holds on this sample", "THE CLAIM DOES NOT HOLD")
_VERDICTS = {
    "event": (
        "the cases are what the event profile says, which is not what was known",
        "THE CASES ARE NOT WHAT THE EVENT PROFILE SAYS",
    ),
    "reference": (
        "the published rule shows what was known on this sample",
        "what the published rule shows is not what was known",
    ),
}
_EARLY = "a row shown before it is known"
_EACH = 2
_PLACES = 40


def summary_lines(report: AuditReport) -> list[str]:
    """The whole report as lines of text."""
    head = (
        f"{report.store}: profile {report.profile} (rules {report.rules}), {report.times:,} "
        f"prediction times of {report.patients:,} patients, seed {report.seed}, "
        f"{report.seconds:.0f} s"
    )
    lines = [head, f"  {_source(report)}"]
    lines.append(f"  {report.tables} tables and {report.columns} columns, each with a rule")
    lines.append(
        f"  {report.drawn_biting:,} times drawn where a rule bites; at {report.biting:,} of all "
        "something had happened that was not known yet"
    )
    if report.left_out:
        lines.append(f"  {report.left_out:,} patients of the raw files left out on purpose")
    for check, says in _SAYS.items():
        if check in report.done:
            broken = sum(violation.check == check for violation in report.violations)
            verdict = _verdict(report, check, broken)
            lines.append(f"  {check:<13}{report.done[check]:>7,} x  {verdict:<16} {says}")
    lines += _unchecked_lines(report)
    lines += _coverage_lines(report)
    lines += _violation_lines(report.violations)
    holds, breaks = _VERDICTS.get(report.profile, _CLAIM)
    lines.append(f"{len(report.violations):,} violations: {holds if report.holds else breaks}")
    return lines


def _source(report: AuditReport) -> str:
    if report.raw:
        return f"the raw files were read again: {', '.join(report.raw)}"
    return "the store is believed to be what the raw files say; --raw DIR reads them again"


def _verdict(report: AuditReport, check: str, broken: int) -> str:
    if broken:
        return f"{broken:,} VIOLATIONS"
    return "ok but for lists" if check == "vocabulary" and report.supplied else "ok"


def _unchecked_lines(report: AuditReport) -> list[str]:
    """What the check of the vocabulary can say nothing of: it has no row of the store beside it."""
    return [
        f"    {len(names):,} {kind}{'s' if len(names) > 1 else ''}, not checked against patients, "
        f"as ingest recorded: {', '.join(names)}"
        for names, kind in ((report.supplied, "supplied list"), (report.coded, "code table"))
        if names
    ]


def violation_line(violation: Violation) -> str:
    """One violation: where, which row, when it is known, what the rule says."""
    known = "" if violation.known_at is None else f", known {violation.known_at}"
    rule = _rule_words(violation.table, violation.column)
    whose = "the store" if violation.subject_id is None else f"patient {violation.subject_id}"
    at = "" if violation.cutoff == "-" else f" at {violation.cutoff}"
    return (
        f"{violation.check}: {whose}{at}: {violation.place}: {violation.what} "
        f"({violation.row}{known})"
        f"{f' [rule: {rule}]' if rule else ''}"
    )


def _violation_lines(violations: Sequence[Violation]) -> list[str]:
    """The first few of each check and place, and how many more of the kind there are."""
    by_place: dict[tuple[str, str], list[Violation]] = {}
    for violation in violations:
        by_place.setdefault((violation.check, violation.place), []).append(violation)
    lines = []
    for alike in by_place.values():
        alike.sort(key=_weight)
    heaviest = sorted(by_place.items(), key=lambda held: _weight(held[1][0]))
    for (check, place), alike in heaviest[:_PLACES]:
        lines += [violation_line(violation) for violation in alike[:_EACH]]
        if len(alike) > _EACH:
            lines.append(f"{check}: ... {place}: {len(alike) - _EACH:,} more (--json has them all)")
    if len(by_place) > _PLACES:
        lines.append(f"... and {len(by_place) - _PLACES:,} more places (--json has them all)")
    return lines


def _weight(violation: Violation) -> int:
    """What is told first: rows that are early, then cells, then what follows from them."""
    if violation.known_at is None:
        return 3
    if violation.what == _EARLY:
        return 0
    return 1 if violation.is_early else 2


def _rule_words(table: str, column: str | None) -> str:
    rule = RULES.get(table)
    if rule is None:
        return ""
    if column is not None and column in rule.masked:
        return f"empty until {rule.masked[column].words}"
    return rule.never.get(column or "") or rule.known.words


def progress_line(progress: Progress) -> str:
    """How far, and how long still.

    >>> progress_line(Progress(25, 100, 0, 30.0))
    '25 of 100 prediction times, 0 violations, 90 s left'
    """
    left = progress.seconds / max(progress.done, 1) * max(progress.total - progress.done, 0)
    return (
        f"{progress.done:,} of {progress.total:,} prediction times, "
        f"{progress.violations:,} violations, {left:.0f} s left"
    )


def as_json(report: AuditReport) -> dict[str, Any]:
    """The report as one object; `holds` is the verdict."""
    return {
        "store": report.store,
        "fingerprint": report.fingerprint,
        "profile": report.profile,
        "rules": report.rules,
        "seed": report.seed,
        "patients": report.patients,
        "prediction_times": report.times,
        "drawn": report.drawn,
        "drawn_biting": report.drawn_biting,
        "biting": report.biting,
        "raw": report.raw,
        "left_out_on_purpose": report.left_out,
        "supplied_lists": report.supplied,
        "code_tables": report.coded,
        "tables": report.tables,
        "columns": report.columns,
        "checks": report.done,
        "holds": report.holds,
        "violations": [
            {**violation._asdict(), "rule": _rule_words(violation.table, violation.column)}
            for violation in report.violations
        ],
        "exercised": {rule: report.coverage.hidden[rule] for rule in report.coverage.exercised},
        "not_exercised": report.coverage.not_exercised,
        "missed": report.coverage.missed,
        "idle": report.coverage.idle,
        "seconds": round(report.seconds, 1),
    }


def _coverage_lines(report: AuditReport) -> list[str]:
    told = report.coverage
    of_all = len(told.exercised) + len(told.not_exercised)
    lines = [f"  {len(told.exercised)} of {of_all} rules hid something in this sample"]
    for rules, why in (
        (told.missed, "the sample did not reach what they hide"),
        (told.idle, "nothing in the records of these patients for them to hide"),
    ):
        if rules:
            lines.append(f"  not exercised, which is no pass ({why}): {', '.join(rules)}")
    return lines
