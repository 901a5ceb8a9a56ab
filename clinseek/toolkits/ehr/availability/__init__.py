"""What was known when: one declarative rule a table, from which everything else is made."""

from clinseek.toolkits.ehr.availability.model import Known, Mask, Reference, Rule
from clinseek.toolkits.ehr.availability.profiles import (
    CASE_PROFILES,
    PROFILES,
    CaseProfile,
    Profile,
    profile_named,
    warning_of,
)
from clinseek.toolkits.ehr.availability.rules import RULES, rule_for, rules_hash

__all__ = [
    "CASE_PROFILES",
    "PROFILES",
    "RULES",
    "CaseProfile",
    "Known",
    "Mask",
    "Profile",
    "Reference",
    "Rule",
    "profile_named",
    "rule_for",
    "rules_hash",
    "warning_of",
]
