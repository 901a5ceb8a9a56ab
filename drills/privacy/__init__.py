"""Privacy: nothing leaves but to the host that was named, and what stays can be told and removed.

Each drill looks with something that the library does not use itself: a spy on every connection of
the process, a network namespace without a way out, the bytes of files. tests/drills/test_privacy.py
shows that each of them fails where its promise is broken.
"""

from __future__ import annotations

from drills.drill import Drill, of_module

DRILLS: tuple[Drill, ...] = (
    Drill(
        "privacy.network",
        "no command reaches anything but the host that it was told, nor needs to",
        of_module("drills.privacy.network", "lines"),
    ),
    Drill(
        "privacy.planted",
        "a patient's name and number lie where THREAT_MODEL.md says, for their owner alone, and "
        "purge removes them",
        of_module("drills.privacy.planted", "lines"),
    ),
)
