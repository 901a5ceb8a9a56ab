"""What a probe came to, and whether the record held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from clinseek.toolkits.ehr.availability import warning_of
from clinseek.validity.outcomes import OUTCOMES
from clinseek.validity.probe.counts import Direct
from clinseek.validity.probe.signals import Structure

MUST_HOLD = ("available", "strict")
"""Profiles that promise what was known: nothing of the future may be read off them."""


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """One probe of one store. `skipped` says by outcome why it was not asked: that is no pass.

    `independent` is True when the user says that the cohort's outcomes were drawn apart from its
    record, so that a signal in the structure is a leak. `cases` counts those that opened,
    `unopened` those that did not, since nothing was known by then.
    """

    store: str
    fingerprint: str
    profiles: tuple[str, ...]
    independent: bool
    patients: int
    seed: int
    cases: int
    unopened: int
    seconds: float
    direct: tuple[Direct, ...]
    structure: tuple[Structure, ...]
    skipped: dict[str, str]

    @property
    def failures(self) -> list[str]:
        """Every way in which a profile that must hold did not, or the probe failed, in words."""
        return [*self._failed(), *self._answered(), *self._signals()]

    @property
    def holds(self) -> bool | None:
        """True when nothing was read off a profile that must hold.

        None when nothing that must hold was asked, so that there is nothing to say.
        """
        if self.failures:
            return False
        return True if set(self.profiles) & set(MUST_HOLD) else None

    @property
    def not_exercised(self) -> list[str]:
        """The outcomes to which no look-up gave an answer under any profile of this run.

        Of these nobody knows whether a look-up would find the answer if it were there.
        """
        told = {found.outcome for found in self.direct if found.answered.hits}
        return [name for name in dict.fromkeys(f.outcome for f in self.direct) if name not in told]

    def _failed(self) -> Iterator[str]:
        places: dict[tuple[str, str], list[tuple[str, str, int]]] = {}
        for found in self.direct:
            for look_up in found.look_ups:
                for error, times in look_up.errors.items():
                    place = (found.outcome, look_up.name, times)
                    places.setdefault((found.profile, error), []).append(place)
        for (profile, error), failed in places.items():
            outcome, name, _ = failed[0]
            others = f" and {len(failed) - 1:,} more" if len(failed) > 1 else ""
            yield (
                f"{profile}: a look-up that fails proves nothing: {error}, "
                f"{sum(times for _, _, times in failed):,} times, by {name!r} of {outcome}{others}"
            )

    def _answered(self) -> Iterator[str]:
        for found in self.direct:
            if found.profile not in MUST_HOLD:
                continue
            for look_up in found.look_ups:
                if look_up.answered:
                    yield (
                        f"{found.profile}: {found.outcome} can be read off by {look_up.name!r} in "
                        f"{look_up.answered:,} of {look_up.asked:,} questions"
                    )

    def _signals(self) -> Iterator[str]:
        for found in self.structure:
            if not self.independent or found.profile not in MUST_HOLD or not found.significant:
                continue
            if OUTCOMES[found.outcome].follows is not None:
                continue
            auroc = "" if found.auroc is None else f"AUROC {found.auroc:.3f}, "
            where = "; ".join(cell.name for cell in found.cells) or "no single cell"
            yield (
                f"{found.profile}: the structure foretells {found.outcome} "
                f"({auroc}corrected p {found.p_corrected:.2g}): {where}"
            )


def as_json(report: ProbeReport) -> dict[str, Any]:
    """The report as one JSON object; each share with its interval."""
    told = asdict(report)
    told["direct"] = [_direct(found) for found in report.direct]
    told["structure"] = [
        {**asdict(found), "cells": [cell._asdict() for cell in found.cells],
         "significant": found.significant, "weak": found.weak,
         "follows": OUTCOMES[found.outcome].follows}
        for found in report.structure
    ]  # fmt: skip
    warnings = {profile: warning_of(profile) for profile in report.profiles}
    told["warnings"] = {profile: said for profile, said in warnings.items() if said is not None}
    return {
        **told,
        "seconds": round(report.seconds, 1),
        "not_exercised": report.not_exercised,
        "failures": report.failures,
        "holds": report.holds,
    }


def _direct(found: Direct) -> dict[str, Any]:
    outcome = OUTCOMES[found.outcome]
    shares = {
        name: {"share": share.value, **share._asdict()}
        for name, share in (
            ("answered", found.answered),
            ("right", found.right),
            ("majority", found.majority),
        )
    }
    return {
        **asdict(found),
        "title": outcome.title,
        "kind": outcome.kind,
        "prediction_time": outcome.anchor.words,
        "definition": outcome.definition,
        "differs": outcome.differs,
        "one_answer": found.one_answer,
        "untried": found.untried,
        **shares,
    }
