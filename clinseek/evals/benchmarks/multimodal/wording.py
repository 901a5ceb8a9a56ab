"""What rebuilt rows ask, in words of this project; EHRXQA's questions keep their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clinseek.evals.benchmarks.multimodal.sources import ListedTask

_ONE_A_LINE = "Answer with the final text alone, one item a line, without bullets or numbers."
_RECORD = "Use the record and the linked chest X-ray as they stand now"


class Words(NamedTuple):
    """What to do, and what is asked."""

    instruction: str
    question: str


def about_films(question: str) -> Words:
    """A question of EHRXQA about its linked X-rays."""
    looking = "Look at the linked chest X-rays and answer the question about them."
    return Words(f"{looking} {_ONE_A_LINE}", question)


RADIOLOGY = Words(
    f"Use the linked chest X-ray alone. {_ONE_A_LINE}",
    "Which of the 14 labels of CheXpert apply to this chest X-ray? Name every one.",
)
OF_TASK: Mapping[ListedTask, Words] = {
    "decompensation": Words(
        f"{_RECORD}. {_ONE_A_LINE}",
        "Will this patient of the intensive care unit die within the next 24 hours? Answer yes "
        "or no.",
    ),
    "in-hospital-mortality": Words(
        f"{_RECORD}, 48 hours after admission to the intensive care unit. {_ONE_A_LINE}",
        "Will this patient die in hospital during this admission? Answer yes or no.",
    ),
    "phenotyping": Words(
        f"{_RECORD}, at the end of this stay in intensive care. {_ONE_A_LINE}",
        "Which of the 25 phenotypes of the clinical benchmarks of Harutyunyan et al. (2019) will "
        "this hospital stay be coded with? Name every one.",
    ),
}
