"""The profiles of availability: which clock decides that a row is known."""

from typing import Literal, get_args

from clinseek.errors import SettingError

Profile = Literal["available", "strict", "event"]
"""`available`: when care providers could see it (default). `strict`: the same with cautious
fallbacks. `event`: when it happened, for epidemiology only."""

PROFILES: tuple[Profile, ...] = get_args(Profile)


def profile_named(name: str) -> Profile:
    """The profile called `name`; SettingError names those that exist.

    >>> profile_named("strict")
    'strict'
    """
    for profile in PROFILES:
        if profile == name:
            return profile
    raise SettingError(f"no profile {name!r}; choose one of {', '.join(PROFILES)}")
