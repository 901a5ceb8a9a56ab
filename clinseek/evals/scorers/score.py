"""Scoring one run: which scorer its row asks for, and what becomes of a scorer that fails."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import get_args

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label
from clinseek.evals.scorers import single_answers, text_f1
from clinseek.evals.scorers.gold_evidence import evidence
from clinseek.evals.scorers.groundedness import groundedness
from clinseek.evals.scorers.judging import judged
from clinseek.evals.scorers.moments import read_moment
from clinseek.evals.scorers.multimodal import published_multimodal
from clinseek.evals.scorers.policy import policy
from clinseek.evals.scorers.resources import NOTHING, Resources
from clinseek.evals.scorers.row_score import (
    RowScore,
    ScorerName,
    Verdict,
    inapplicable,
    unscored,
)
from clinseek.evals.transcripts.submitted import confidence_of
from clinseek.records import Record

Scorer = Callable[[Row, Record, Resources], Verdict]

SCORERS: dict[ScorerName, Scorer] = {
    "published": text_f1.published,
    "normalised": text_f1.normalised,
    "yes_no": single_answers.yes_no,
    "number": single_answers.number,
    "date": single_answers.date,
    "choice": single_answers.choice,
    "multi_label": text_f1.multi_label,
    "jaccard": text_f1.jaccard,
    "published_multimodal": published_multimodal,
    "judge": judged,
    "groundedness": groundedness,
    "evidence": evidence,
    "policy": policy,
}
OF_THE_ROAD = frozenset[ScorerName]({"groundedness", "evidence", "policy"})
"""Scorers of how an answer was come by: they need no label, and a failed run has a road too."""
_SETS = frozenset[ScorerName]({"normalised", "multi_label", "jaccard"})


def score_record(
    row: Row, record: Record, scorer: ScorerName = "default", *, at_hand: Resources = NOTHING
) -> RowScore:
    """The score of one run by `scorer`, or by the one that its row asks for.

    A failed run counts 0, a row without a label has no score. A scorer that raises, or gives a
    value that is no number, leaves the run unscored and says so; it never ends the scoring, and
    what it says can be written whatever characters the answer holds.
    """
    rule = default_scorer(row) if scorer == "default" else scorer
    return _row_score(row, record.epoch, scorer, rule, _verdict(row, record, rule, at_hand), record)


def missing_score(row: Row, epoch: int, scorer: ScorerName = "default") -> RowScore:
    """The score of a run that is not there: 0 for its answer, nothing for its road."""
    rule = default_scorer(row) if scorer == "default" else scorer
    if rule in OF_THE_ROAD:
        verdict = Verdict(None, "there is no record of this run", state="missing")
    elif row.label is None:
        verdict = inapplicable("the row has no label")
    else:
        verdict = Verdict(0.0, "there is no record of this run", state="missing")
    return _row_score(row, epoch, scorer, rule, verdict, None)


def default_scorer(row: Row) -> ScorerName:
    """The scorer that a row's answer form and label ask for."""
    if row.answer_form in ("yes_no", "number", "choice"):
        return row.answer_form
    if isinstance(row.label, float):
        return "number"
    if row.vocabulary is not None or (row.candidates and row.answer_form == "list"):
        return "multi_label"
    names = names_of_label(row.label)
    if row.answer_form != "list" and len(names) == 1:
        if names[0].strip().lower() in ("yes", "no"):
            return "yes_no"
        if len(names[0]) >= len("2150-03-05") and read_moment(names[0]):
            return "date"
    return "normalised"


def scorer_named(name: str) -> ScorerName:
    """The scorer of that name; SettingError with the names that there are."""
    for known in get_args(ScorerName):
        if name == known:
            return known  # type: ignore[no-any-return]
    raise SettingError(f"there is no scorer {name!r}; scorers: {', '.join(get_args(ScorerName))}")


def _verdict(row: Row, record: Record, rule: ScorerName, at_hand: Resources) -> Verdict:
    if rule not in OF_THE_ROAD:
        settled = _settled(row, record, rule)
        if settled is not None:
            return settled
    try:
        verdict = SCORERS[rule](row, record, at_hand)
    except Exception as error:  # one run that cannot be scored must not cost the others
        return unscored(f"the scorer {rule} failed ({type(error).__name__}: {error})")
    numbers = [*verdict.parts.values(), 0.0 if verdict.value is None else verdict.value]
    if not all(map(math.isfinite, numbers)):
        return unscored(f"the scorer {rule} gave {verdict.value}, which is no score")
    return verdict


def _settled(row: Row, record: Record, rule: ScorerName) -> Verdict | None:
    """What needs no scorer: a row without a label, a run that failed, an answer of nothing."""
    if row.label is None:
        return inapplicable("the row has no label")
    if record.status == "failed":
        why = record.errors[-1]["message"] if record.errors else record.stop_reason
        return Verdict(0.0, f"the run failed: {why}", state="failed")
    if rule in ("published", "published_multimodal"):
        return None
    if row.label == []:
        right = not record.answer
        told = "rightly abstained" if right else "answered what the record does not tell"
        return Verdict(float(right), told)
    if not record.answer and rule not in _SETS:
        return Verdict(0.0, f"abstained ({record.stop_reason})", _gold_parts(row, rule))
    return None


def _gold_parts(row: Row, rule: ScorerName) -> dict[str, float]:
    truth = single_answers.read_truth((names_of_label(row.label) or [""])[0])
    return {"gold": float(truth)} if rule == "yes_no" and truth is not None else {}


def _row_score(
    row: Row,
    epoch: int,
    scorer: ScorerName,
    rule: ScorerName,
    verdict: Verdict,
    record: Record | None,
) -> RowScore:
    return RowScore(
        qid=row.qid,
        epoch=epoch,
        subject_id=row.cluster,
        task=row.task,
        task_type=row.task_type,
        group=row.group,
        scorer=scorer,
        rule=rule,
        value=verdict.value,
        state=verdict.state,
        explanation=_writable(verdict.explanation),
        parts=dict(verdict.parts),
        answered=record is not None and bool(record.answer),
        confidence=None if record is None else confidence_of(record),
    )


def _writable(text: str) -> str:
    r"""A text with lone surrogates written out: half a character, which no file can hold.

    >>> _writable("right: \ud800")
    'right: \\ud800'
    """
    return text.encode("utf-8", "backslashreplace").decode()
