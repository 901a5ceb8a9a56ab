"""Every field of every availability rule, weakened one at a time."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from clinseek.toolkits.ehr.availability import PROFILES, RULES, Profile, Rule
from clinseek.toolkits.ehr.availability.beside import BESIDE
from clinseek.toolkits.ehr.availability.model import Known, Mask, Reference
from clinseek.toolkits.ehr.case.compose import row_order
from clinseek.toolkits.ehr.case.row_order import RowOrder, event, in_time
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.toolkits.ehr.tables.cxr import LABELS

from .sql_clauses import changes

_EHR = "clinseek.toolkits.ehr"
_HOLDING_RULES = ("availability.rules", "case.composition")
BESIDE_SEEN_IN: dict[str, tuple[str, ...]] = {
    "admission": ("admissions", "diagnoses_icd", "transfers"),
    "death": ("patients",),
    "orders": ("poe_detail", "prescriptions"),
    "pharmacy": ("prescriptions", "emar"),
    "consult": ("poe_detail",),
    "icustay": ("inputevents", "outputevents"),
    "edstay": ("diagnosis", "triage", "medrecon"),
    "study": ("cxr",),
}
"""Of the tables whose rules look at each, those by which a weakening is looked for."""

TIED = ("prescriptions", "inputevents")
"""Tables without a raw key in which several cells open later, each at a moment of its own."""

_LABELS_LIKE_THE_FIRST = frozenset(LABELS[1:])
"""The labels of chest X-rays have one mask; it is weakened on the first of them."""

NOW = ":cutoff"
ALWAYS = "''"


Kind = Literal["rule", "event_time", "join", "beside", "order"]
"""What is weakened: a rule, what it looks at beside its row, or the order of rows."""


class Mutant(NamedTuple):
    """One thing about a table made weaker (or plainly wrong): `patched` says where and by what.

    It is looked for in `tables`.
    """

    kind: Kind
    tables: tuple[str, ...]
    name: str
    """How it is told: `labevents.known.available: always`."""
    patched: tuple[tuple[str, object], ...]

    @classmethod
    def of_rule(cls, field: str, change: str, rule: Rule) -> Mutant:
        """The rule of a table, weakened."""
        rules = MappingProxyType({**RULES, rule.table: rule})
        kinds: dict[str, Kind] = {"event_time": "event_time", "joins": "join"}
        return cls(
            kinds.get(field.partition("[")[0], "rule"),
            (rule.table,),
            f"{rule.table}.{field}: {change}",
            (
                (f"{_EHR}.availability.rules.RULES", rules),
                (f"{_EHR}.case.composition.RULES", rules),
            ),
        )


def all_mutants() -> list[Mutant]:
    """Every weakening of every rule and of what the rules look at, in a fixed order."""
    of_rules = [mutant for table in sorted(RULES) for mutant in _of(RULES[table])]
    return [*of_rules, *_beside(), *_order()]


def _beside() -> Iterator[Mutant]:
    """Every clause of what the rules may look at beside their own row."""
    for name, (columns, sql) in BESIDE.items():
        for change, changed in changes(sql):
            beside = MappingProxyType({**BESIDE, name: (columns, changed)})
            patched = ((f"{_EHR}.case.joins.BESIDE", beside),)
            yield Mutant("beside", BESIDE_SEEN_IN[name], f"beside[{name}]: {change}", patched)


def _order() -> Iterator[Mutant]:
    """The order of rows that become known at one moment."""

    def by_column(events: Sequence[str]) -> list[str]:
        return list(events)

    def last_first(events: Sequence[str]) -> list[str]:
        return in_time(events)[::-1]

    def as_it_lies(rule: Rule, profile: Profile, empty: frozenset[str]) -> RowOrder:
        if rule.key is not None:
            return row_order(rule, profile, empty)
        return RowOrder((rule.known.sql(profile), "r.rowid"), ())

    def whenever(known: str, opens: str, cells: Sequence[str]) -> str:
        return event(known, known, cells)

    place = f"{_EHR}.case.compose"
    for name, weaker in (
        ("in_time", {"column by column": by_column, "the last first": last_first}),
        ("row_order", {"as the raw rows lie": as_it_lies}),
        ("event", {"whenever a cell opens": whenever}),
    ):
        for change, function in weaker.items():
            patched = ((f"{place}.{name}", function),)
            yield Mutant("order", TIED, f"row_order.{name}: {change}", patched)


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
            yield Mutant.of_rule(f"known.{profile}", change, _with(rule, known=known))


def _apart(before: Known, now: Known) -> Known:
    return dataclasses.replace(now, strict=before.sql("strict"), event=before.sql("event"))


def _masks(rule: Rule) -> Iterator[Mutant]:
    for column, mask in rule.masked.items():
        if column in _LABELS_LIKE_THE_FIRST:
            continue
        field = f"masked[{column}]"
        off = {name: each for name, each in rule.masked.items() if name != column}
        unmasked = _with(rule, masked=off, planned={**rule.planned, column: "weakened"})
        yield Mutant.of_rule(field, "off", unmasked)
        weaker = {
            "a NULL means now": f"coalesce({mask.when}, {NOW})",
            "with the row": rule.known.available,
        }
        for change, sql in weaker.items():
            changed = {**rule.masked, column: dataclasses.replace(mask, when=sql)}
            yield Mutant.of_rule(field, change, _with(rule, masked=changed))
        if mask.event is not None:
            as_others = {**rule.masked, column: dataclasses.replace(mask, event=None)}
            yield Mutant.of_rule(field, "event as others", _with(rule, masked=as_others))
        profiles: tuple[Profile, ...] | None = ("event",) if mask.profiles is None else None
        changed = {**rule.masked, column: Mask(mask.when, mask.words, profiles)}
        yield Mutant.of_rule(field, f"profiles {profiles}", _with(rule, masked=changed))


def _cells(rule: Rule) -> Iterator[Mutant]:
    for column in rule.never:
        never = {name: why for name, why in rule.never.items() if name != column}
        shown = (*rule.shown, column)
        yield Mutant.of_rule(f"never[{column}]", "off", _with(rule, never=never, shown=shown))
    for column in rule.planned:
        if column in rule.masked:
            continue  # the mask decides; the plan is only the reason why it may lie ahead
        planned = {name: why for name, why in rule.planned.items() if name != column}
        shown = (*rule.shown, column)
        weakened = _with(rule, planned=planned, shown=shown)
        yield Mutant.of_rule(f"planned[{column}]", "off", weakened)
    for column in rule.derived:
        derived = {name: sql for name, sql in rule.derived.items() if name != column}
        weakened = _with(rule, derived=derived, shown=(*rule.shown, column))
        yield Mutant.of_rule(f"derived[{column}]", "the raw cell", weakened)
    for column in rule.shown:
        if TABLES[rule.table].type_of(column) not in ("time", "date"):
            continue
        if f"r.{column}" in rule.known.available:
            continue  # the row waits for it, so it cannot lie ahead whatever it is called
        shown = tuple(name for name in rule.shown if name != column)
        planned = {**rule.planned, column: "weakened"}
        weakened = _with(rule, shown=shown, planned=planned)
        yield Mutant.of_rule(f"shown[{column}]", "may lie ahead", weakened)


def _ids(rule: Rule) -> Iterator[Mutant]:
    for column in rule.numbered:
        numbered = tuple(name for name in rule.numbered if name != column)
        weakened = _with(rule, numbered=numbered, shown=(*rule.shown, column))
        yield Mutant.of_rule(f"numbered[{column}]", "the raw id", weakened)
    for column in rule.renumbered_within:
        within = {name: by for name, by in rule.renumbered_within.items() if name != column}
        weakened = _with(rule, renumbered_within=within, shown=(*rule.shown, column))
        yield Mutant.of_rule(f"renumbered_within[{column}]", "the raw counter", weakened)
    for column, reference in rule.references.items():
        references = {name: to for name, to in rule.references.items() if name != column}
        weakened = _with(rule, references=references, shown=(*rule.shown, column))
        yield Mutant.of_rule(f"references[{column}]", "the raw id", weakened)
        others = [name for name in ("poe", "emar", "radiology") if name != reference.parent]
        wrong = {**rule.references, column: Reference(others[0], reference.by)}  # type: ignore[arg-type]
        weakened = _with(rule, references=wrong)
        yield Mutant.of_rule(f"references[{column}]", f"a row of {others[0]}", weakened)


def _order_and_joins(rule: Rule) -> Iterator[Mutant]:
    if rule.key is not None:
        yield Mutant.of_rule("key", "none", _with(rule, key=None))
    times = [c.name for c in TABLES[rule.table].columns if c.type in ("time", "date")]
    for column in (None, *times):
        if column != rule.event_time:
            change = column or "none"
            yield Mutant.of_rule("event_time", change, _with(rule, event_time=column))
    for join in rule.joins:
        joins = tuple(name for name in rule.joins if name != join)
        yield Mutant.of_rule(f"joins[{join}]", "left out", _with(rule, joins=joins))


def _with(rule: Rule, **changes: Any) -> Rule:
    frozen: dict[str, Any] = {
        name: MappingProxyType(dict(value)) if isinstance(value, Mapping) else value
        for name, value in changes.items()
    }
    changed: Rule = dataclasses.replace(rule, **frozen)
    return changed
