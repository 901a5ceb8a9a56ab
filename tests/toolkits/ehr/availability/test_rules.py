"""The rule records themselves: complete, in agreement with the page, refusing what they lack."""

from pathlib import Path

import pytest

from clinseek.errors import RuleError, SettingError
from clinseek.toolkits.ehr.availability import (
    CASE_PROFILES,
    RULES,
    profile_named,
    rule_for,
    rules_hash,
    warning_of,
)
from clinseek.toolkits.ehr.availability.model import Rule
from clinseek.toolkits.ehr.availability.page import availability_page
from clinseek.toolkits.ehr.availability.published_page import published_page
from clinseek.toolkits.ehr.tables import TABLES, Table

PATIENT_TABLES = [table for table in TABLES.values() if not table.is_dictionary]


@pytest.mark.parametrize("table", PATIENT_TABLES, ids=lambda table: table.name)
def test_every_column_of_a_patient_table_stands_in_exactly_one_place_of_its_rule(
    table: Table,
) -> None:
    rule = RULES[table.name]
    places = [
        *rule.shown,
        *rule.masked,
        *rule.never,
        *(column for column in rule.planned if column not in rule.masked),
        *rule.derived,
        *rule.numbered,
        *rule.renumbered_within,
        *rule.references,
    ]
    assert sorted(places) == sorted(table.column_names)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.table)
def test_a_rule_reads_its_table_in_time_by_one_of_its_times(rule: Rule) -> None:
    if rule.event_time is not None:
        assert TABLES[rule.table].type_of(rule.event_time) in ("time", "date")


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.table)
def test_every_rule_says_where_it_comes_from_and_when_a_row_is_known(
    rule: Rule,
) -> None:
    assert rule.source
    assert rule.known.words


def test_a_table_without_a_rule_is_refused() -> None:
    with pytest.raises(RuleError, match="'discharge_summary' has no availability rule"):
        rule_for("discharge_summary", ["subject_id"])


def test_a_column_without_a_rule_is_refused_with_its_name() -> None:
    with pytest.raises(RuleError, match="labevents: no availability rule for column 'seen_by'"):
        rule_for("labevents", [*TABLES["labevents"].column_names, "seen_by"])


def test_an_unknown_profile_is_refused_with_those_that_exist() -> None:
    with pytest.raises(SettingError, match=r"'avail'.*available, strict, event, reference"):
        profile_named("avail")


def test_each_profile_has_a_hash_of_its_own() -> None:
    assert len({rules_hash(profile) for profile in CASE_PROFILES}) == len(CASE_PROFILES)


def test_the_page_on_availability_is_the_one_that_the_rules_make() -> None:
    page = Path(__file__).parents[4] / "docs" / "availability.md"
    assert page.read_text(encoding="utf-8") == availability_page(), (
        "docs/availability.md is stale: run `clinseek availability --out docs/availability.md`"
    )


def test_the_page_speaks_of_every_patient_table() -> None:
    page = availability_page()
    assert all(f"## {table.module}.{table.name}\n" in page for table in PATIENT_TABLES)


def test_the_profiles_that_show_what_was_not_known_have_a_warning_each() -> None:
    warned = [profile for profile in CASE_PROFILES if warning_of(profile) is not None]
    assert warned == ["event", "reference"]


def test_the_published_page_speaks_of_every_patient_table() -> None:
    page = published_page()
    assert all(f"| {table.module}.{table.name} | " in page for table in PATIENT_TABLES)
