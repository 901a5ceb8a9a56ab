"""The score that is shown while an evaluation runs."""

import pytest

from clinseek.evals.runner.tally import Tally
from tests.evals.scorers.made import a_record, a_row


def test_a_few_right_answers_are_not_certain_in_the_tally() -> None:
    """Of three patients, and of two of which one is right: Wilson, not a normal of nothing."""
    tally = Tally(3, score_of=lambda row, _record: float(row.qid != "wrong"))
    record = a_record(["yes"])
    for patient in (1, 2, 3):
        tally.count(a_row(subject_id=patient), record)
    assert tally.score is not None
    assert tally.score.radius == pytest.approx(0.5615, abs=1e-3)
    half = Tally(2, score_of=lambda row, _record: float(row.qid != "wrong"))
    half.count(a_row(subject_id=1), record)
    half.count(a_row(subject_id=2, qid="wrong"), record)
    assert half.score is not None
    assert half.score.radius == pytest.approx(0.4055, abs=1e-3)
