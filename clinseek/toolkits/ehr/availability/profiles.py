"""The profiles of availability: which clock decides that a row is known."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from clinseek.errors import SettingError

Profile = Literal["available", "strict", "event"]
"""The profiles that the rules are written for. `available`: when care providers could see it
(default). `strict`: the same with cautious fallbacks. `event`: when it happened, for epidemiology
only."""

CaseProfile = Literal["available", "strict", "event", "reference"]
"""What a case may be opened with: a profile of the rules, or `reference`, the cutoff rule of the
published systems (see `published`), which knows no rule record."""

PROFILES: tuple[Profile, ...] = get_args(Profile)
CASE_PROFILES: tuple[CaseProfile, ...] = get_args(CaseProfile)

WARNINGS: Mapping[CaseProfile, str] = MappingProxyType(
    {
        "event": "profile event shows each row from the moment it happened, before anyone could "
        "know of it: for epidemiology, not for prediction",
        "reference": "profile reference shows what the published cutoff rule lets through, later "
        "facts such as discharge, death and codes among them: for comparison and for measuring "
        "that leak, never as what was known",
    }
)
"""What people are told of everything that was made with a profile other than what was known."""


def profile_named(name: str) -> CaseProfile:
    """The profile called `name`; SettingError names those that exist.

    >>> profile_named("strict")
    'strict'
    """
    for profile in CASE_PROFILES:
        if profile == name:
            return profile
    raise SettingError(f"no profile {name!r}; choose one of {', '.join(CASE_PROFILES)}")


def warning_of(name: str) -> str | None:
    """What a person must be told who looks at something made with profile `name`, if anything.

    >>> warning_of("available") is None
    True
    """
    return next((said for profile, said in WARNINGS.items() if profile == name), None)
