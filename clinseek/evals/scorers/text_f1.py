"""Set F1 of answers in words: as published, with sane spelling, and against a vocabulary."""

from __future__ import annotations

from clinseek.evals.rows import Row
from clinseek.evals.rows.labels import names_of_label
from clinseek.evals.scorers.answer_sets import (
    SetScores,
    difference_told,
    normal_name,
    normal_names,
    set_scores,
)
from clinseek.evals.scorers.resources import Resources
from clinseek.evals.scorers.row_score import Verdict, unscored
from clinseek.evals.scorers.vocabulary import Vocabulary, vocabulary_of
from clinseek.evals.transcripts.submitted import published_answer
from clinseek.records import Record


def published(row: Row, record: Record, _: Resources) -> Verdict:
    """The published sample-wise set F1: lower case and nothing else, no gold is 0."""
    predicted = frozenset(
        item.lower() for item in published_answer(record) if isinstance(item, str)
    )
    gold = frozenset(name.lower() for name in names_of_label(row.label))
    scores = set_scores(predicted, gold)
    return Verdict(scores.f1, difference_told(predicted, gold), scores.parts())


def normalised(row: Row, record: Record, _: Resources) -> Verdict:
    """Set F1 without regard to case, spaces, typographic marks and Unicode composition."""
    predicted, gold = normal_names(record.answer), normal_names(names_of_label(row.label))
    scores = set_scores(predicted, gold)
    return Verdict(scores.f1, difference_told(predicted, gold), scores.parts())


def jaccard(row: Row, record: Record, _: Resources) -> Verdict:
    """What both sets share of all that either holds."""
    predicted, gold = normal_names(record.answer), normal_names(names_of_label(row.label))
    scores = set_scores(predicted, gold)
    return Verdict(scores.jaccard, difference_told(predicted, gold), scores.parts())


def multi_label(row: Row, record: Record, at_hand: Resources) -> Verdict:
    """Set F1 over the titles of a shipped vocabulary (or of the row's candidates).

    Each item is read as the one title that it names: by its words, by a code, or by a spelling
    that is like one title alone. What names none counts as wrong. The gold of other rows is
    never looked at.
    """
    vocabulary = vocabulary_of(row, at_hand)
    if vocabulary is None:
        return unscored(_no_vocabulary(row))
    gold, unknown = _titles(names_of_label(row.label), vocabulary)
    predicted, stray = _titles(record.answer, vocabulary)
    scores = _with_strays(predicted, gold | frozenset(unknown), strays=stray)
    remarks = [difference_told(predicted | frozenset(stray), gold | frozenset(unknown))]
    if stray:
        remarks.append(f"not in {vocabulary.name}: {', '.join(stray[:5])}")
    if unknown:
        remarks.append(f"labels that are not in {vocabulary.name}: {', '.join(unknown[:5])}")
    parts = {**scores.parts(), "unmapped": float(len(stray))}
    return Verdict(scores.f1, "; ".join(remarks), parts)


def _titles(items: list[str], vocabulary: Vocabulary) -> tuple[frozenset[str], list[str]]:
    """The titles that the items name, and the normal names of the items that name none."""
    found = [(item, vocabulary.title_of(item)) for item in items if item.strip()]
    return (
        frozenset(title for _, title in found if title is not None),
        sorted({normal_name(item) for item, title in found if title is None}),
    )


def _with_strays(
    predicted: frozenset[str], gold: frozenset[str], *, strays: list[str]
) -> SetScores:
    # An item outside the vocabulary is a prediction like any other, and a wrong one unless the
    # label has the same words.
    return set_scores(predicted | frozenset(strays), gold)


def _no_vocabulary(row: Row) -> str:
    if row.vocabulary is None:
        return "the row names no vocabulary and no candidates; score it with normalised"
    return (
        f"the vocabulary {row.vocabulary} is not at hand; name the store that ships it (--store), "
        "or score with normalised"
    )
