"""The published scoring of multimodal answers: one gold item is compared, several are a set F1.

Two things differ from the published scorer, and on purpose. Where a rule can decide that one item
says the same as another (yes and 1, two spellings of a date, equal words) no judge is asked. And
predictions are mapped to a shipped vocabulary, not to the gold names of the rows, unless that is
asked for (`gold_names`).
"""

from __future__ import annotations

import re

from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label
from clinseek.evals.scorers.answer_sets import (
    difference_told,
    normal_name,
    normal_names,
    set_scores,
)
from clinseek.evals.scorers.judging import JudgeKind, ask_judge
from clinseek.evals.scorers.moments import read_moment
from clinseek.evals.scorers.resources import Resources
from clinseek.evals.scorers.row_score import Verdict, inapplicable
from clinseek.evals.scorers.single_answers import read_quantities, read_truth
from clinseek.evals.scorers.vocabulary import vocabulary_of
from clinseek.evals.transcripts.submitted import published_answer
from clinseek.records import Record

_POLAR = frozenset({"yes", "no", "true", "false", "0", "1"})
_LABELLED = frozenset({"medmod_radiology", "medmod_phenotyping", "ehrxqa_image"})
_NEVER_MAPPED = "ehrxqa_table"
_QUESTION_WORDS = re.compile(
    r"\b(?:is|are|was|were|does|do|did|has|have|had|can|could)\b", re.IGNORECASE
)


def published_multimodal(row: Row, record: Record, at_hand: Resources) -> Verdict:
    """Accuracy for one gold item, set F1 for several; rows without gold are not counted."""
    gold = names_of_label(row.label)
    if not gold:
        return inapplicable("the row has no gold items, and the published scorer skips it")
    predicted = [str(item) for item in published_answer(record)]
    if len(gold) > 1:
        return _as_sets(row, predicted, gold, at_hand)
    kind = kind_of(row, gold[0])
    decided = _by_rule(kind, predicted, gold[0])
    if decided is not None:
        return decided
    return ask_judge(row, at_hand, kind=kind, gold=gold, answer=predicted)


def kind_of(row: Row, gold: str) -> JudgeKind:
    """What kind of single answer the gold item is, in the published order."""
    plain = normal_name(gold)
    if plain in _POLAR:
        return "yesno"
    if re.fullmatch(r"\d{4}-\d{1,2}(?:-\d{1,2})?.*", plain) and read_moment(gold):
        return "date_time"
    if row.task == _NEVER_MAPPED and re.fullmatch(r"\d{6,10}", plain):
        return "id"
    if re.fullmatch(r"[-+]?\d+(?:\.\d+)?", plain):
        return "count"
    polar = _QUESTION_WORDS.match(row.question.strip()) is not None
    if (polar and len(plain.split()) <= 3) or row.task in _LABELLED:
        return "label_name"
    return "generic_string"


def _by_rule(kind: JudgeKind, predicted: list[str], gold: str) -> Verdict | None:
    """What needs no judge: None where the words differ and no rule says what that means."""
    if not predicted:
        return Verdict(0.0, "nothing was answered", {"judged": 0.0})
    if normal_names(predicted) == {normal_name(gold)}:
        return Verdict(1.0, "the same words", {"judged": 0.0})
    if len(predicted) != 1:
        return None
    same = _same(kind, predicted[0], gold)
    if same is None:
        return None
    words = "the same" if same else "not the same"
    return Verdict(float(same), f"{predicted[0]!r} is {words} as {gold!r}", {"judged": 0.0})


def _same(kind: JudgeKind, said: str, gold: str) -> bool | None:
    if kind == "yesno":
        one, other = read_truth(said), read_truth(gold)
        return None if one is None or other is None else one == other
    if kind == "date_time":
        moment, right = read_moment(said), read_moment(gold)
        if moment is None or right is None or right.is_finer_than(moment):
            return None
        return moment.cut_to(right.precision) == right
    if kind in ("id", "count"):
        numbers = read_quantities(said)
        return numbers[0][0] == float(gold) if len(numbers) == 1 else None
    return None


def _as_sets(row: Row, predicted: list[str], gold: list[str], at_hand: Resources) -> Verdict:
    raw_predicted, raw_gold = normal_names(predicted), normal_names(gold)
    raw = set_scores(raw_predicted, raw_gold)
    mapped = raw_predicted if row.task == _NEVER_MAPPED else _mapped(row, raw_predicted, at_hand)
    scores = set_scores(mapped, raw_gold)
    parts = {
        **scores.parts(),
        **{f"{name}_raw": value for name, value in raw.parts().items()},
        "vocab_mapped": float(len(mapped - raw_predicted)),
    }
    return Verdict(scores.f1, difference_told(mapped, raw_gold), parts)


def _mapped(row: Row, predicted: frozenset[str], at_hand: Resources) -> frozenset[str]:
    """Predictions as titles of a vocabulary, or as gold names where those are at hand."""
    if at_hand.gold_names is not None:
        meant = at_hand.gold_names.meant(row.task, sorted(predicted))
        return frozenset(normal_name(meant.get(name, name)) for name in predicted)
    vocabulary = vocabulary_of(row, at_hand)
    if vocabulary is None:
        return predicted
    titles = {name: vocabulary.title_of(name) for name in predicted}
    return frozenset(normal_name(titles[name] or name) for name in predicted)
