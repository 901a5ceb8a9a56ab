"""The judge decides only what rules cannot, and a reply that cannot be read is no verdict."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clinseek.evals.scorers import Judge, Resources, Vocabulary, score_record
from clinseek.evals.scorers.gold_names import GoldNames
from clinseek.evals.scorers.judging import PROMPT_HASH
from clinseek.evals.scorers.multimodal import kind_of
from clinseek.evals.scorers.verdict_file import remembering
from tests.evals.scorers.made import a_record, a_row


class Replies:
    """A judge that gives these replies in turn, and keeps what it was asked."""

    def __init__(self, replies: Sequence[str]) -> None:
        self.replies, self.asked = list(replies), list[str]()

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.replies.pop(0)

    def at_hand(self) -> Resources:
        return Resources(judge=Judge("made", self))


def test_equal_words_need_no_judge() -> None:
    replies = Replies([])
    score = score_record(a_row("Flu"), a_record(["flu "]), "judge", at_hand=replies.at_hand())
    assert score.value == 1.0
    assert replies.asked == []


def test_the_judge_decides_and_its_prompt_is_known_by_its_hash() -> None:
    replies = Replies(['Well. {"match": true, "reason": "synonym"}'])
    row = a_row("influenza", question="x" * 5000)
    score = score_record(row, a_record(["flu"]), "judge", at_hand=replies.at_hand())
    assert score.value == 1.0
    assert PROMPT_HASH in score.explanation
    assert "x" * 1200 in replies.asked[0]
    assert "x" * 1201 not in replies.asked[0]


def test_a_reply_that_cannot_be_read_is_asked_for_again() -> None:
    replies = Replies(["hm", '{"match": "yes"}', '{"match": false, "reason": "other"}'])
    score = score_record(a_row("flu"), a_record(["cold"]), "judge", at_hand=replies.at_hand())
    assert score.value == 0.0
    assert len(replies.asked) == 3


def test_three_unreadable_replies_leave_the_run_unscored() -> None:
    replies = Replies(["hm"] * 3)
    score = score_record(a_row("flu"), a_record(["cold"]), "judge", at_hand=replies.at_hand())
    assert (score.value, score.state) == (None, "unscored")


def test_a_verdict_is_kept_by_judge_and_prompt_and_an_unreadable_reply_is_not(
    tmp_path: Path,
) -> None:
    def decided(name: str, replies: Replies, answer: str) -> float | None:
        judge = remembering(Judge(name, replies), tmp_path)
        at_hand = Resources(judge=judge)
        return score_record(a_row("flu"), a_record([answer]), "judge", at_hand=at_hand).value

    no, yes = '{"match": false, "reason": "other"}', '{"match": true, "reason": "same"}'
    assert decided("a", Replies(["hm"] * 3), "cold") is None
    assert decided("a", Replies([no]), "cold") == 0.0
    assert decided("a", Replies([]), "cold") == 0.0
    assert decided("b", Replies([yes]), "cold") == 1.0
    assert decided("a", Replies([yes]), "grippe") == 1.0


def test_without_a_judge_the_run_is_unscored_and_says_what_to_name() -> None:
    score = score_record(a_row("flu"), a_record(["cold"]), "judge")
    assert score.state == "unscored"
    assert "--judge" in score.explanation


@pytest.mark.parametrize(
    ("label", "answer", "value"),
    [
        ([{"name": "1", "value": 1}], "yes", 1.0),
        ([{"name": "0"}], "Yes", 0.0),
        ([{"name": "2105-03-04"}], "March 4, 2105", 1.0),
        ([{"name": "17"}], "17 times", 1.0),
        ([{"name": "17"}], "18", 0.0),
        ([{"name": "pleural effusion"}], "Pleural  Effusion", 1.0),
    ],
)
def test_single_multimodal_answers_that_rules_decide(label: Any, answer: str, value: float) -> None:
    row = a_row(label, task="ehrxqa_image", answer_form="list")
    score = score_record(row, a_record([answer]), "published_multimodal")
    assert score.value == value


@pytest.mark.parametrize(
    ("label", "question", "task", "kind"),
    [
        ("yes", "Is there?", "medmod_decompensation", "yesno"),
        ("2105-03-04 10:00:00", "When?", "ehrxqa_table", "date_time"),
        ("20001305", "Which stay?", "ehrxqa_table", "id"),
        ("20001305", "How many?", "ehrxqa_image", "count"),
        ("edema", "Is there edema or effusion?", "other", "label_name"),
        ("left lung", "Where?", "medmod_radiology", "label_name"),
        ("a long sentence of words", "Where?", "other", "generic_string"),
    ],
)
def test_the_kinds_of_single_answers(label: str, question: str, task: str, kind: str) -> None:
    assert kind_of(a_row(label, question=question, task=task), label) == kind


def test_several_gold_items_are_a_set_mapped_to_a_shipped_vocabulary() -> None:
    findings = Vocabulary("findings", ("pleural effusion", "edema", "pneumonia"))
    at_hand = Resources(vocabulary={"findings": findings}.get)
    row = a_row(
        [{"name": "Pleural Effusion"}, {"name": "edema"}],
        task="medmod_radiology",
        vocabulary="findings",
    )
    score = score_record(
        row, a_record(["pleural efusion", "edema"]), "published_multimodal", at_hand=at_hand
    )
    assert score.value == 1.0
    assert score.parts["f1_raw"] == 0.5
    assert score.parts["vocab_mapped"] == 1.0


WORDS = ("effusion", "edema", "pneumonia")


def counted(texts: Sequence[str]) -> Any:
    """A vector of which of three words stand in a text; one of length 0 where none does."""
    held = np.array([[float(word in text.lower()) for word in WORDS] for text in texts])
    return (held / np.maximum(np.linalg.norm(held, axis=1, keepdims=True), 1)).astype(np.float32)


def test_as_published_an_answer_is_read_as_the_nearest_gold_name_of_its_task() -> None:
    label = [{"name": "Pleural Effusion"}, {"name": "Edema"}]
    row = a_row(label, task="medmod_radiology")
    other = a_row([{"name": "Pneumonia"}], qid="q2", task="medmod_phenotyping")
    names = GoldNames([row, other], counted, model="counted")
    assert names.meant(row.task, ["large effusion", "pneumonia"]) == {
        "large effusion": "Pleural Effusion"
    }
    answered = a_record(["Large effusion", "pulmonary edema", "pneumonia"])
    at_hand = Resources(gold_names=names)
    score = score_record(row, answered, "published_multimodal", at_hand=at_hand)
    assert score.value == pytest.approx(0.8)
    assert score.parts["f1_raw"] == 0.0
    assert score.parts["vocab_mapped"] == 2.0
    table = row.model_copy(update={"task": "ehrxqa_table"})
    assert score_record(table, answered, "published_multimodal", at_hand=at_hand).value == 0.0
    assert names.meant("unknown task", ["edema"]) == {}


def test_multimodal_rows_without_gold_are_skipped_as_published() -> None:
    row = a_row([], task="ehrxqa_image")
    score = score_record(row, a_record(["a"]), "published_multimodal")
    assert score.state == "inapplicable"


def test_no_answer_to_a_multimodal_question_is_wrong() -> None:
    row = a_row([{"name": "edema"}], task="ehrxqa_image")
    assert score_record(row, a_record([]), "published_multimodal").value == 0.0
