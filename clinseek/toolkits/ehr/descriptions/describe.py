"""Descriptions put together: our prose, the types of the tables, the availability rules."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.availability import RULES, CaseProfile, Rule, published
from clinseek.toolkits.ehr.descriptions import as_published
from clinseek.toolkits.ehr.descriptions.cxr import CXR
from clinseek.toolkits.ehr.descriptions.ed import ED
from clinseek.toolkits.ehr.descriptions.hosp_care import HOSP_CARE
from clinseek.toolkits.ehr.descriptions.hosp_findings import HOSP_FINDINGS
from clinseek.toolkits.ehr.descriptions.icu import ICU
from clinseek.toolkits.ehr.descriptions.links import DICTIONARY_LINKS, RECORD_LINKS
from clinseek.toolkits.ehr.descriptions.model import ColumnDescription, Prose, TableDescription
from clinseek.toolkits.ehr.descriptions.note import NOTE
from clinseek.toolkits.ehr.tables import TABLES

PROSE = MappingProxyType(
    {said.table: said for said in (*HOSP_CARE, *HOSP_FINDINGS, *ICU, *ED, *NOTE, *CXR)}
)
"""Our words on every table, by name."""

COMMON_COLUMNS = MappingProxyType(
    {
        "subject_id": "The patient; the same in every row of a record.",
        "hadm_id": "Id of the hospital stay (see admissions); empty outside one.",
        "stay_id": "Id of the intensive care stay (see icustays).",
        "caregiver_id": "Code of the person who charted.",
        "order_provider_id": "Code of the person who ordered.",
    }
)
"""Columns that mean the same in every table that does not say otherwise."""


@lru_cache(maxsize=128)
def describe(table: str, *, profile: CaseProfile = "available") -> TableDescription:
    """What `table` and each of its columns mean and what is hidden of them; Refusal if unknown.

    >>> describe("labevents").event_time
    'charttime'
    >>> describe("patients", profile="reference").columns[-1].hidden
    ''
    """
    if table not in TABLES:
        raise Refusal(f"no table {table!r} in MIMIC-IV; tables: {', '.join(sorted(TABLES))}")
    if profile == "reference" and table in published.PUBLISHED:
        return _as_published(table)
    said, rule = PROSE[table], RULES.get(table)
    return TableDescription(
        table=table,
        module=TABLES[table].module,
        row=said.row,
        known=rule.known.words if rule else "",
        event_time=rule.event_time if rule else None,
        columns=tuple(
            ColumnDescription(column.name, column.type, _says(said, column.name), hidden)
            for column in TABLES[table].columns
            for hidden in (_hidden(rule, table, column.name),)
        ),
        links=(*DICTIONARY_LINKS.get(table, ()), *RECORD_LINKS.get(table, ())),
        beware=said.beware,
    )


def _as_published(table: str) -> TableDescription:
    """The table as the `reference` profile shows it."""
    said, shown = PROSE[table], published.PUBLISHED[table]
    return TableDescription(
        table=table,
        module=shown.module,
        row=said.row,
        known=as_published.entered(table),
        event_time=published.cut_column(shown),
        columns=tuple(
            ColumnDescription(
                name, type_, as_published.SAYS.get((table, name)) or _says(said, name), ""
            )
            for name, type_ in shown.columns
        ),
        links=(*DICTIONARY_LINKS.get(table, ()), *RECORD_LINKS.get(table, ())),
        beware=(),
    )


def _says(said: Prose, column: str) -> str:
    return said.columns.get(column) or COMMON_COLUMNS[column]


def _hidden(rule: Rule | None, table: str, column: str) -> str:
    """What the availability rule keeps back of a column, in a few words."""
    if rule is None:
        return ""
    if reason := rule.never.get(column):
        return f"always empty here: {reason}"
    if mask := rule.masked.get(column):
        return f"empty until {mask.words}"
    if reason := rule.planned.get(column):
        return f"may lie ahead: {reason}"
    return _renumbered(rule, column) or _ahead(rule, table, column)


def _renumbered(rule: Rule, column: str) -> str:
    if column in rule.references:
        return "re-numbered in this record; empty until the row it names is known"
    own = column in rule.numbered or column in rule.renumbered_within
    return "re-numbered in this record" if own else ""


def _ahead(rule: Rule, table: str, column: str) -> str:
    is_time = TABLES[table].type_of(column) in ("time", "date")
    return "empty while it lies ahead" if is_time and column != rule.event_time else ""
