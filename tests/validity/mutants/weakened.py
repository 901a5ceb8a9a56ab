"""Every field of every availability rule, weakened one at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from clinseek.toolkits.ehr.availability import PROFILES, RULES, Profile, Rule
from clinseek.toolkits.ehr.availability.model import Known, Mask, Reference
from clinseek.toolkits.ehr.tables import TABLES

NOW = ":cutoff"
ALWAYS = "''"


class Mutant(NamedTuple):
    """One rule with one thing about it made weaker (or plainly wrong)."""

    table: str
    field: str
    change: str
    rule: Rule

    @property
    def name(self) -> str:
        """How it is told: `labevents.known.available: always`."""
        return f"{self.table}.{self.field}: {self.change}"


def all_mutants() -> list[Mutant]:
    """Every weakening of every rule, in a fixed order."""
    return [mutant for table in sorted(RULES) for mutant in _of(RULES[table])]


def _of(rule: Rule) -> Iterator[Mutant]:
    yield from _known(rule)
    yield from _masks(rule)
    yield from _cells(rule)
    yield from _ids(rule)
    yield from _order_and_joins(rule)


def _known(rule: Rule) -> Iterator[Mutant]:
    for profile in PROFILES:
        expression = rule.known.sql(profile)
        weaker = {"always": ALWAYS, "a NULL means now": f"coalesce({expression}, {NOW})"}
        times = [c.name for c in TABLES[rule.table].columns if c.type in ("time", "date")]
        weaker |= {f"by {column} alone": f"r.{column}" for column in times}
        other: Profile = "strict" if profile == "available" else "available"
        weaker[f"as {other}"] = rule.known.sql(other)
        for change, sql in weaker.items():
            if sql == expression:
                continue
            known = dataclasses.replace(rule.known, **{profile: sql})
            if profile == "available":  # the profiles that follow it keep what they had
                known = _apart(rule.known, known)
            yield Mutant(rule.table, f"known.{profile}", change, _with(rule, known=known))


def _apart(before: Known, now: Known) -> Known:
    return dataclasses.replace(now, strict=before.sql("strict"), event=before.sql("event"))


def _masks(rule: Rule) -> Iterator[Mutant]:
    for column, mask in rule.masked.items():
        field = f"masked[{column}]"
        off = {name: each for name, each in rule.masked.items() if name != column}
        unmasked = _with(rule, masked=off, planned={**rule.planned, column: "weakened"})
        yield Mutant(rule.table, field, "off", unmasked)
        weaker = {
            "a NULL means now": f"coalesce({mask.when}, {NOW})",
            "with the row": rule.known.available,
        }
        for change, sql in weaker.items():
            changed = {**rule.masked, column: dataclasses.replace(mask, when=sql)}
            yield Mutant(rule.table, field, change, _with(rule, masked=changed))
        if mask.event is not None:
            as_others = {**rule.masked, column: dataclasses.replace(mask, event=None)}
            yield Mutant(rule.table, field, "event as others", _with(rule, masked=as_others))
        profiles: tuple[Profile, ...] | None = ("event",) if mask.profiles is None else None
        changed = {**rule.masked, column: Mask(mask.when, mask.words, profiles)}
        yield Mutant(rule.table, field, f"profiles {profiles}", _with(rule, masked=changed))


def _cells(rule: Rule) -> Iterator[Mutant]:
    for column in rule.never:
        never = {name: why for name, why in rule.never.items() if name != column}
        shown = (*rule.shown, column)
        yield Mutant(rule.table, f"never[{column}]", "off", _with(rule, never=never, shown=shown))
    for column in rule.planned:
        if column in rule.masked:
            continue  # the mask decides; the plan is only the reason why it may lie ahead
        planned = {name: why for name, why in rule.planned.items() if name != column}
        shown = (*rule.shown, column)
        weakened = _with(rule, planned=planned, shown=shown)
        yield Mutant(rule.table, f"planned[{column}]", "off", weakened)
    for column in rule.derived:
        derived = {name: sql for name, sql in rule.derived.items() if name != column}
        weakened = _with(rule, derived=derived, shown=(*rule.shown, column))
        yield Mutant(rule.table, f"derived[{column}]", "the raw cell", weakened)
    for column in rule.shown:
        if TABLES[rule.table].type_of(column) not in ("time", "date"):
            continue
        if f"r.{column}" in rule.known.available:
            continue  # the row waits for it, so it cannot lie ahead whatever it is called
        shown = tuple(name for name in rule.shown if name != column)
        planned = {**rule.planned, column: "weakened"}
        weakened = _with(rule, shown=shown, planned=planned)
        yield Mutant(rule.table, f"shown[{column}]", "may lie ahead", weakened)


def _ids(rule: Rule) -> Iterator[Mutant]:
    for column in rule.numbered:
        numbered = tuple(name for name in rule.numbered if name != column)
        weakened = _with(rule, numbered=numbered, shown=(*rule.shown, column))
        yield Mutant(rule.table, f"numbered[{column}]", "the raw id", weakened)
    for column in rule.renumbered_within:
        within = {name: by for name, by in rule.renumbered_within.items() if name != column}
        weakened = _with(rule, renumbered_within=within, shown=(*rule.shown, column))
        yield Mutant(rule.table, f"renumbered_within[{column}]", "the raw counter", weakened)
    for column, reference in rule.references.items():
        references = {name: to for name, to in rule.references.items() if name != column}
        weakened = _with(rule, references=references, shown=(*rule.shown, column))
        yield Mutant(rule.table, f"references[{column}]", "the raw id", weakened)
        others = [name for name in ("poe", "emar", "radiology") if name != reference.parent]
        wrong = {**rule.references, column: Reference(others[0], reference.by)}  # type: ignore[arg-type]
        weakened = _with(rule, references=wrong)
        yield Mutant(rule.table, f"references[{column}]", f"a row of {others[0]}", weakened)


def _order_and_joins(rule: Rule) -> Iterator[Mutant]:
    if rule.key is not None:
        yield Mutant(rule.table, "key", "none", _with(rule, key=None))
    times = [c.name for c in TABLES[rule.table].columns if c.type in ("time", "date")]
    for column in (None, *times):
        if column != rule.event_time:
            change = column or "none"
            yield Mutant(rule.table, "event_time", change, _with(rule, event_time=column))
    for join in rule.joins:
        joins = tuple(name for name in rule.joins if name != join)
        yield Mutant(rule.table, f"joins[{join}]", "left out", _with(rule, joins=joins))


def _with(rule: Rule, **changes: Any) -> Rule:
    frozen: dict[str, Any] = {
        name: MappingProxyType(dict(value)) if isinstance(value, Mapping) else value
        for name, value in changes.items()
    }
    changed: Rule = dataclasses.replace(rule, **frozen)
    return changed
