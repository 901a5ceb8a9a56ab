"""The templates of OpenSeek-QA, as they are declared."""

import re
from pathlib import Path
from string import Formatter

import pytest

from clinseek.evals.benchmarks.openseek import TEMPLATES, Template
from clinseek.evals.benchmarks.openseek.page import definitions
from clinseek.evals.benchmarks.openseek.raw_keys import KEYS
from clinseek.evals.benchmarks.openseek.template import FAMILIES, bound
from clinseek.toolkits.ehr.tables import TABLES
from tests.evals.benchmarks.openseek.pandas_reading import ANSWERS

_DOCS = Path(__file__).parents[4] / "docs" / "openseek-qa.md"
_BY_NAME = {template.name: template for template in TEMPLATES}


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_there_are_many_templates_in_every_family() -> None:
    assert len(_BY_NAME) == len(TEMPLATES) >= 30
    for family in FAMILIES:
        assert sum(template.family == family for template in TEMPLATES) >= 4


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_a_template_has_four_wordings_that_differ(template: Template) -> None:
    assert len(set(template.wordings)) == len(template.wordings) >= 4
    assert all(wording[0].isupper() and wording[-1] in ".?" for wording in template.wordings)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_every_wording_says_every_parameter(template: Template) -> None:
    said = [_fields(wording) for wording in template.wordings]
    assert all(fields == said[0] for fields in said)
    for parameters in template.pool.fixed:
        assert said[0] <= set(parameters)


_OF_DRAWS_SINCE_ADMISSION = (
    *("first_lab_of_admission", "lab_peak", "lab_above_first", "lab_percent_change", "lab_count"),
    *("unit_of_lowest_lab", "lab_span", "first_abnormal"),
)
"""Draws in the emergency department carry the hadm_id of the stay that follows: "of this stay"
would leave open whether they count."""


@pytest.mark.parametrize("name", _OF_DRAWS_SINCE_ADMISSION)
def test_a_window_that_begins_with_the_admission_is_said_to_begin_there(name: str) -> None:
    begins = re.compile(r"since admission|after admission|from admission|patient was admitted")
    assert [each for each in _BY_NAME[name].wordings if not begins.search(each.lower())] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_an_answer_stands_on_rows_whose_raw_key_is_known(template: Template) -> None:
    named = {table for table in KEYS if f"AS {table}" in template.sql}
    assert named
    for table in named:
        assert set(KEYS[table]) <= set(TABLES[table].column_names)


def test_what_cannot_be_answered_is_asked_in_the_words_of_what_can() -> None:
    untold = [template for template in TEMPLATES if template.outcome != "told"]
    assert {template.family for template in untold} == {"unanswerable", "not_yet_known"}
    for template in untold:
        asked = _BY_NAME[template.question_of]
        assert asked.outcome == "told"
        assert (asked.wordings, asked.form, asked.unit) == (
            template.wordings,
            template.form,
            template.unit,
        )


def test_yes_and_no_are_asked_for_equally_often() -> None:
    polar = [template for template in TEMPLATES if template.form == "yes_no"]
    assert len(polar) >= 3
    assert {template.most_alike for template in polar} == {0.5}


def test_every_definition_has_a_second_reading_and_no_other_has() -> None:
    assert set(ANSWERS) == {template.question_of for template in TEMPLATES}


def test_the_page_holds_the_definitions_as_they_are() -> None:
    assert definitions(TEMPLATES) in _DOCS.read_text(encoding="utf-8")


def test_a_parameter_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        bound("SELECT :nobody", {})
