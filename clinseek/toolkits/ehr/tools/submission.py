"""ehr.think and ehr.finish: the two tools that read nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinseek.toolkits.ehr.tools import arguments as takes
from clinseek.toolkits.ehr.tools.records import Answer
from clinseek.toolkits.observation import Observation

if TYPE_CHECKING:
    from clinseek.toolkits.ehr.case import Case

THOUGHT = "The thought is noted."
SUBMITTED = "The answer is submitted."


def think(_: Case, __: takes.Think) -> Answer:
    """A fixed acknowledgement."""
    return THOUGHT, Observation()


def finish(_: Case, __: takes.Finish) -> Answer:
    """A fixed acknowledgement; what was submitted stands in the call's arguments."""
    return SUBMITTED, Observation()
