"""All rules by table, and the refusal of what has none."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from clinseek.errors import RuleError
from clinseek.toolkits.ehr.availability.beside import BESIDE
from clinseek.toolkits.ehr.availability.codes import CODES
from clinseek.toolkits.ehr.availability.images import IMAGES
from clinseek.toolkits.ehr.availability.infusions import INFUSIONS
from clinseek.toolkits.ehr.availability.model import Rule
from clinseek.toolkits.ehr.availability.notes import NOTES
from clinseek.toolkits.ehr.availability.orders import ORDERS
from clinseek.toolkits.ehr.availability.profiles import CaseProfile
from clinseek.toolkits.ehr.availability.published import published_facts
from clinseek.toolkits.ehr.availability.results import RESULTS
from clinseek.toolkits.ehr.availability.stays import STAYS

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.table: rule for rule in (*STAYS, *CODES, *RESULTS, *ORDERS, *INFUSIONS, *NOTES, *IMAGES)}
)
"""The rule of every patient's table; dictionaries speak of no patient and are always known."""


def rule_for(table: str, columns: Iterable[str]) -> Rule:
    """The rule of `table`; RuleError when it, or one of its `columns`, has none.

    >>> rule_for("omr", ["subject_id", "chartdate"]).event_time
    'chartdate'
    """
    rule = RULES.get(table)
    if rule is None:
        raise RuleError(
            f"table {table!r} has no availability rule, so nothing of it is shown; "
            "leave it out of the store or write its rule"
        )
    unruled = sorted(set(columns) - rule.columns)
    if unruled:
        raise RuleError(
            f"{table}: no availability rule for column {', '.join(map(repr, unruled))}, so the "
            "table is refused; leave the column out of the store or write its rule"
        )
    return rule


def rules_hash(profile: CaseProfile) -> str:
    """A hash of every rule as `profile` reads it; stands in each record made under it.

    That of `reference` is of the published rule: where each table is cut, and what is added to it.
    """
    digest = hashlib.sha256(profile.encode())
    digest.update(repr(sorted(BESIDE.items())).encode())
    if profile == "reference":
        digest.update(repr(published_facts()).encode())
        return digest.hexdigest()[:16]
    for table in sorted(RULES):
        rule = RULES[table]
        parts = (
            rule.table, rule.known.sql(profile), rule.event_time, rule.shown,
            sorted((c, m.sql(profile)) for c, m in rule.masked.items() if m.holds(profile)),
            sorted(rule.never), sorted(rule.planned), sorted(rule.derived.items()), rule.numbered,
            sorted(rule.renumbered_within.items()), sorted(rule.references.items()), rule.key,
            rule.joins,
        )  # fmt: skip
        digest.update(repr(parts).encode())
    return digest.hexdigest()[:16]
