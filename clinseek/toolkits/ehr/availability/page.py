"""docs/availability.md, made from the rules: what was known when, for people."""

from __future__ import annotations

from collections.abc import Mapping

from clinseek.toolkits.ehr.availability.model import Rule
from clinseek.toolkits.ehr.availability.profiles import PROFILES
from clinseek.toolkits.ehr.availability.rules import RULES, rules_hash
from clinseek.toolkits.ehr.tables import TABLES

_HEAD = """\
# What was known when

Made by `clinseek availability --out docs/availability.md` from the rules in
`clinseek/toolkits/ehr/availability`; do not edit by hand.

A row is in the record when its *known* moment is not after the cutoff. Of a row that is in, some
cells stay empty until a moment of their own. No time that is not a plan is ever shown before it
has come. When clocks disagree the latest counts, a missing time never means "now", a bare date
means the end of that day, and a billing code means discharge. A table without a section here is
refused, and so is one with a column that its rule does not name.
Dictionaries (`d_items`, `d_labitems`, ...) speak of no patient and are always there.

Profiles: `available` (default) is when care providers could see it; `strict` is the same with
cautious fallbacks; `event` is when it happened, for epidemiology only. A fourth, `reference`, is
no reading of these rules but the cutoff of the published systems, there to be compared with:
`clinseek availability --profile reference` tells it.
"""


def availability_page() -> str:
    """The whole page as Markdown."""
    hashes = ", ".join(f"`{profile}` {rules_hash(profile)}" for profile in PROFILES)
    tables = [name for name, table in TABLES.items() if not table.is_dictionary]
    sections = "\n".join(_section(RULES[name]) for name in tables)
    return f"{_HEAD}\nRules hash: {hashes}.\n\n{sections}"


def _section(rule: Rule) -> str:
    module = TABLES[rule.table].module
    lines = [
        f"## {module}.{rule.table}",
        "",
        f"- **known**: {rule.known.words}",
        f"- **read in time by**: {rule.event_time or 'nothing (no time column)'}",
        *(_masks(rule)),
        *_each("always empty", rule.never),
        *_each("may lie ahead", rule.planned),
        *_each("kept in its last state", rule.suspect),
        *_ids(rule),
        f"- **source**: {rule.source}",
        "",
    ]
    return "\n".join(lines)


def _masks(rule: Rule) -> list[str]:
    by_words: dict[str, list[str]] = {}
    for column, mask in rule.masked.items():
        by_words.setdefault(mask.words, []).append(column)
    return [f"- **empty until** {words}: {_names(*columns)}" for words, columns in by_words.items()]


def _each(title: str, reasons: Mapping[str, str]) -> list[str]:
    return [f"- **{title}**: {_names(column)} ({reason})" for column, reason in reasons.items()]


def _ids(rule: Rule) -> list[str]:
    lines = []
    if rule.derived:
        lines.append(f"- **worked out at the cutoff**: {_names(*rule.derived)}")
    if rule.numbered:
        lines.append(f"- **re-numbered in the order of known**: {_names(*rule.numbered)}")
    for column, within in rule.renumbered_within.items():
        lines.append(f"- **re-numbered within** {_names(within)}: {_names(column)}")
    for column, reference in rule.references.items():
        lines.append(
            f"- **re-numbered, and empty until that row is known**: {_names(column)} "
            f"(of {reference.parent})"
        )
    return lines


def _names(*columns: str) -> str:
    return ", ".join(f"`{column}`" for column in columns)
