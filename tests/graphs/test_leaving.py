"""Rows that leave this machine with a model: told to whoever may be listening, and kept."""

import logging

import pytest

from clinseek.models.facts import HostFacts
from tests.graphs.conftest import Ask
from tests.graphs.doubles import ScriptedModel, finishing


class Elsewhere(ScriptedModel):
    """A scripted model whose host is neither this machine nor Bedrock."""

    facts: HostFacts = HostFacts(address="models.lab:80")


@pytest.mark.parametrize("allowed", [False, True])
def test_rows_that_leave_are_told_in_the_log_and_in_the_record(
    ask: Ask, caplog: pytest.LogCaptureFixture, *, allowed: bool
) -> None:
    with caplog.at_level(logging.WARNING, logger="clinseek"):
        record = ask(
            model=Elsewhere(script=[finishing("3.2")]),
            max_revisions=0,
            allow_hosts="models.lab" if allowed else "",
        )

    told = [error["message"] for error in record.errors if error["kind"] == "leaves_machine"]
    assert told == [line.getMessage() for line in caplog.records]
    assert len(told) == (0 if allowed else 1)
    assert all("rows of the patient will be sent to models.lab" in line for line in told)
