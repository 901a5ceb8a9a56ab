"""What was known when: one declarative rule a table, from which everything else is made."""

from clinseek.toolkits.ehr.availability.model import Known, Mask, Reference, Rule
from clinseek.toolkits.ehr.availability.profiles import PROFILES, Profile, profile_named
from clinseek.toolkits.ehr.availability.rules import RULES, rule_for, rules_hash

__all__ = [
    "PROFILES",
    "RULES",
    "Known",
    "Mask",
    "Profile",
    "Reference",
    "Rule",
    "profile_named",
    "rule_for",
    "rules_hash",
]
