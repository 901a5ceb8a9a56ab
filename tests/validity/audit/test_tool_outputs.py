"""The sweep asks for what a case shows, so that an answer with rows in it is compared too."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from clinseek.toolkits.arguments import Arguments
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tools import EHR_TOOL_NAMES, toolkit
from clinseek.toolkits.ehr.tools import arguments as takes
from clinseek.toolkits.observation import Observation
from clinseek.validity.audit.run import audit
from clinseek.validity.audit.tool_outputs import sweep, tool_outputs
from clinseek.validity.oracle import stored_record

NOT_ASKED = {"ehr.finish", "ehr.get_candidates_by_semantic_similarity"}


@pytest.fixture(scope="module")
def case(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    held = Store.open(store)
    subject_id = held.subjects()[0]
    cutoff = max(str(row["charttime"]) for row in stored_record(held, subject_id)["labevents"])
    folder = tmp_path_factory.mktemp("swept")
    opened = open_case(held, subject_id, cutoff=cutoff[:19], folder=folder)
    yield opened
    opened.close()


def answers(case: Case, tool: str, holding: str) -> list[str]:
    every = tool_outputs(case, lot="1", tables=len(case.tables))
    return [said for call, said in every if call.startswith(f"{tool} ") and holding in call]


def test_every_tool_that_reads_a_case_is_asked(case: Case) -> None:
    asked = {name for name, _ in sweep(case, random.Random("1"), 2)}

    assert asked == set(EHR_TOOL_NAMES) - NOT_ASKED


@pytest.mark.parametrize(
    ("tool", "refused"),
    [
        ("ehr.get_records_by_keyword", "no rows with"),
        ("ehr.get_records_by_value", "no rows with"),
        ("ehr.get_candidates_by_keyword", "no entry holds"),
    ],
)
def test_what_is_asked_for_is_found(case: Case, tool: str, refused: str) -> None:
    asked_for = [said for said in answers(case, tool, "") if "'scrambled'" not in said]
    found = [said for said in asked_for if refused not in said]

    assert len(found) >= (len(case.tables) // 2 if "records" in tool else 3)


def test_each_list_is_hit_and_one_is_asked_by_spelling(case: Case) -> None:
    lists = [name for name in case.dictionaries if name.endswith("_candidates")]

    for name in lists:
        hit, miss = answers(case, "ehr.get_candidates_by_keyword", f"'{name}'")
        assert f"{name}: entries 1-" in hit
        assert "no entry" in miss
    (spelt,) = answers(case, "ehr.get_candidates_by_fuzzy_matching", "")
    assert "entries most like each keyword" in spelt


def test_pages_rows_as_they_stand_and_mistakes_are_asked(case: Case) -> None:
    assert any(
        "rows 2-" in said for said in answers(case, "ehr.get_records_by_time", "'offset': 1")
    )
    assert all("cannot be 0" in said for said in answers(case, "ehr.get_latest_records", "limit"))
    assert all(
        "rows 1-" in said for said in answers(case, "ehr.run_sql_query", '"labevents" LIMIT')
    )
    assert ["syntax error" in said for said in answers(case, "ehr.run_sql_query", "FORM")] == [True]


def test_equal_cases_are_asked_the_same(case: Case) -> None:
    assert tool_outputs(case, lot="1", tables=2) == tool_outputs(case, lot="1", tables=2)
    assert tool_outputs(case, lot="1", tables=2) != tool_outputs(case, lot="2", tables=2)


@pytest.mark.parametrize(
    "tool", [takes.GetRecordsByKeyword, takes.GetRecordsByValue, takes.GetCandidatesByKeyword]
)
def test_a_tool_that_tells_of_the_store_only_where_it_finds_something_is_found(
    store: Path, monkeypatch: pytest.MonkeyPatch, tool: type[Arguments]
) -> None:
    answers = cast("dict[type, Any]", toolkit._ANSWERS)
    honest = answers[tool]

    def leaking(case: Case, asked: object) -> tuple[str, Observation]:
        said, seen = honest(case, asked)
        if said.startswith(str(getattr(asked, "table_name", ""))) and ": no " not in said:
            rows = Store.open(case.key.store).read_subject(case.key.subject_id)
            said += str({table: held.num_rows for table, held in rows.items()})
        return said, seen

    monkeypatch.setitem(answers, tool, leaking)

    report = audit(store, sample=1, full_forms=1)

    assert any(tool.tool in violation.what for violation in report.violations)
