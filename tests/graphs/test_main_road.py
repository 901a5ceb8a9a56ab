"""A question in, a cited answer out."""

from clinseek import api
from clinseek.nodes.steps import Step
from tests.graphs.conftest import Ask
from tests.graphs.doubles import LATEST_LABS, Ward, calling, finishing, labs, scripted


def test_a_question_is_answered_with_the_row_it_stands_on(ask: Ask) -> None:
    record = ask(calling(LATEST_LABS), finishing("3.2", citations=["E1#3"]))

    assert (record.answer, record.citations) == (["3.2"], [["E1#3"]])
    assert (record.status, record.stop_reason) == ("answered", "finish")
    assert record.errors == []


def test_the_first_messages_tell_patient_cutoff_tables_tools_and_candidates(ask: Ask) -> None:
    record = ask(
        finishing("yes"),
        question="Is the potassium low?",
        candidates=["yes", "no"],
        max_revisions=0,
    )

    system, task = record.messages[0]["content"], record.messages[1]["content"]
    assert "ehr.run_sql_query" in system
    assert "patient: subject_id 7" in task
    assert "record as of: 2150-03-05 08:00:00 (nothing later is in it)" in task
    assert "tables: labevents (3 rows)" in task
    assert "image.* (no images attached)" in task
    assert "<task>\nIs the potassium low?\n</task>" in task
    assert "<candidates>\n- yes\n- no\n</candidates>" in task


def test_every_observation_begins_with_its_number_and_is_filed_with_its_rows(ask: Ask) -> None:
    record = ask(calling(labs(), LATEST_LABS), finishing("3.2", citations=["E2#3"]))

    tools = [message for message in record.messages if message["role"] == "tool"]
    assert [message["content"][:5] for message in tools] == ["[E1] ", "[E2] ", "[E3] "]
    first, second, last = record.evidence
    assert (first["tool"], first["table"], first["row_ids"]) == (labs()[0], "labevents", [1, 2, 3])
    assert second["row_ids"] == [3]
    assert (last["tool"], last["refused"]) == ("ehr.finish", False)
    assert first["arguments"] == labs()[1]


def test_the_steps_are_told_as_they_happen(ask: Ask) -> None:
    steps: list[Step] = []

    ask(calling(LATEST_LABS), finishing("3.2", citations=["E1#3"]), on_step=steps.append)

    assert [step.kind for step in steps] == ["case", "turn", "call", "turn", "call", "finish"]
    assert steps[2].evidence == "E1"
    assert steps[2].tool == "ehr.get_latest_records"
    assert steps[2].ms is not None


def test_the_file_of_the_case_is_gone_when_the_run_has_ended(ask: Ask, ward: Ward) -> None:
    ask(finishing("3.2"))

    assert list((ward.folder / "home" / "cases").iterdir()) == []


def test_the_threads_are_listed_newest_first_with_how_they_ended(ask: Ask) -> None:
    ask(finishing("3.2", citations=["E1"]), thread="one")
    ask(finishing(), thread="two")

    listed = api.threads()
    assert [(line["thread"], line["status"]) for line in listed] == [
        ("two", "abstained"),
        ("one", "answered"),
    ]


def test_the_model_gets_the_tools_of_the_run_by_their_published_names(ask: Ask) -> None:
    model = scripted(finishing("3.2"))

    ask(model=model, tools="ehr.run_sql_query,ehr.think")

    assert model.bound[0] == ["ehr.run_sql_query", "ehr.think", "ehr.finish"]
