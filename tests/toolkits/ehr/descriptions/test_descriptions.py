"""Every table and column is explained, nothing that does not exist is."""

import pytest

from clinseek.errors import Refusal
from clinseek.toolkits.ehr.availability import RULES
from clinseek.toolkits.ehr.descriptions import (
    COMMON_COLUMNS,
    DICTIONARY_LINKS,
    PROSE,
    RECORD_LINKS,
    describe,
)
from clinseek.toolkits.ehr.tables import TABLES


def test_every_table_has_words_and_no_other_has() -> None:
    assert set(PROSE) == set(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_a_sentence_and_no_other_has(table: str) -> None:
    described = describe(table)
    assert [c.name for c in described.columns] == list(TABLES[table].column_names)
    for column in described.columns:
        assert len(column.says) > 10, (table, column.name)
        assert column.says.endswith("."), (table, column.name)
        assert column.says[0].isupper() or column.says[0].isdigit() or " " in column.says
    assert set(PROSE[table].columns) <= set(TABLES[table].column_names)
    assert len(described.row) > 10


def test_common_sentences_speak_of_columns_that_exist() -> None:
    used = {name for table in TABLES.values() for name in table.column_names}
    assert set(COMMON_COLUMNS) <= used


def test_a_common_sentence_is_never_the_wrong_one() -> None:
    for table in TABLES.values():
        if "stay_id" in table.column_names:
            says = next(c.says for c in describe(table.name).columns if c.name == "stay_id")
            assert ("emergency" in says) == (table.module == "ed"), table.name


@pytest.mark.parametrize("table", RULES)
def test_what_a_rule_hides_is_told(table: str) -> None:
    rule, described = RULES[table], describe(table)
    hidden = {column.name: column.hidden for column in described.columns}
    for name in rule.masked:
        assert hidden[name].startswith("empty until"), name
    for name in rule.never:
        assert hidden[name].startswith("always empty here"), name
    assert described.known
    assert described.event_time == rule.event_time


def test_an_outcome_of_a_stay_says_until_when_it_is_empty() -> None:
    hidden = {column.name: column.hidden for column in describe("admissions").columns}
    until = hidden["hospital_expire_flag"]
    assert until.startswith("empty until")
    assert "dischtime" in until
    assert "deathtime" in until


@pytest.mark.parametrize("links", [DICTIONARY_LINKS, RECORD_LINKS])
def test_links_lead_from_columns_that_exist_to_columns_that_exist(links: object) -> None:
    assert isinstance(links, dict)
    for table, table_links in links.items():
        for link in table_links:
            assert set(link.columns) <= set(TABLES[table].column_names)
            assert {*link.keys, *link.shows} <= set(TABLES[link.target].column_names)
            assert len(link.columns) == len(link.keys)
            assert TABLES[link.target].is_dictionary == (links is DICTIONARY_LINKS)


def test_what_a_dictionary_adds_never_hides_a_column_of_the_table() -> None:
    for table, links in DICTIONARY_LINKS.items():
        added = [name for link in links for name in link.shows]
        assert len(added) == len(set(added))
        assert not set(added) & set(TABLES[table].column_names)


def test_every_coded_item_has_a_link() -> None:
    for table in TABLES.values():
        if not table.is_dictionary and {"itemid"} & set(table.column_names):
            assert table.name in DICTIONARY_LINKS


def test_the_text_has_one_line_a_column_and_the_pitfalls() -> None:
    text = describe("prescriptions").text
    assert text.startswith("prescriptions (MIMIC-IV hosp): ")
    assert sum(line.startswith("- ") for line in text.splitlines()) == len(
        TABLES["prescriptions"].columns
    )
    assert "beware: Orders, not administrations" in text
    assert "join: poe_id = poe.poe_id" in text


def test_pitfalls_that_mislead_models_are_named() -> None:
    assert "specimen was taken" in describe("labevents").text
    assert "result was to be had" in describe("labevents").text
    assert "negative culture has org_name NULL" in describe("microbiologyevents").text


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(Refusal, match="no table 'derived'"):
        describe("derived")
