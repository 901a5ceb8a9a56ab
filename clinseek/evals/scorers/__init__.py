"""From a row and the record of its run to a number with an explanation."""

from clinseek.evals.scorers.judging import Judge, judge_of
from clinseek.evals.scorers.resources import NOTHING, Resources, of_store
from clinseek.evals.scorers.row_score import RowScore, ScorerName, ScoreState, Verdict
from clinseek.evals.scorers.score import (
    SCORERS,
    default_scorer,
    missing_score,
    score_record,
    scorer_named,
)
from clinseek.evals.scorers.vocabulary import Vocabulary, shipped_vocabulary

__all__ = [
    "NOTHING",
    "SCORERS",
    "Judge",
    "Resources",
    "RowScore",
    "ScoreState",
    "ScorerName",
    "Verdict",
    "Vocabulary",
    "default_scorer",
    "judge_of",
    "missing_score",
    "of_store",
    "score_record",
    "scorer_named",
    "shipped_vocabulary",
]
