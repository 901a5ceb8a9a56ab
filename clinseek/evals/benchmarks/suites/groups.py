"""The six groups of the published multimodal table, by a written rule.

The published manifest names no group; its authors had a language model sort the chest X-ray
questions into three. Ours is this rule, in this order, so that anyone gets the same groups:

1. `medmod_decompensation`, `medmod_in_hospital_mortality`, `medmod_phenotyping` are groups of
   their own; `medmod_radiology` is enumeration.
2. A question about two or more studies, or one that speaks of change (compared, previous, newly,
   worsened, ...), is comparison.
3. A question whose label is one polar value (0, 1, yes, no), or that begins with a polar verb and
   has one gold item, is presence.
4. Every other question lists something: enumeration.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

Group = Literal[
    "presence", "enumeration", "comparison", "decompensation", "mortality", "phenotype", "record"
]
"""`record`: a question that needs no image, which the released benchmark does not hold."""

_OF_TASK: dict[str, Group] = {
    "medmod_decompensation": "decompensation",
    "medmod_in_hospital_mortality": "mortality",
    "medmod_phenotyping": "phenotype",
    "medmod_length_of_stay": "record",
    "medmod_radiology": "enumeration",
    "ehrxqa_table": "record",
}
_CHANGE = re.compile(
    r"\b(?:compar\w*|previous\w*|prior|newly|new findings?|disappear\w*|still|change[ds]?|"
    r"improv\w*|wors\w*|second (?:to )?last|between the)\b",
    re.IGNORECASE,
)
_POLAR = frozenset({"0", "1", "yes", "no", "true", "false"})
_POLAR_OPENING = re.compile(
    r"\s*(?:is|are|was|were|does|do|did|has|have|had|can|could)\b", re.IGNORECASE
)


def group_of(task: str, question: str, gold: Sequence[str], *, studies: int) -> Group:
    """The group of a multimodal row; `studies` is how many studies its images are of.

    >>> group_of("ehrxqa_image", "Is there an effusion?", ["1"], studies=1)
    'presence'
    >>> group_of("ehrxqa_image", "List all findings.", ["edema", "effusion"], studies=1)
    'enumeration'
    >>> group_of("ehrxqa_image", "Which findings are newly detected?", ["edema"], studies=2)
    'comparison'
    """
    if task in _OF_TASK:
        return _OF_TASK[task]
    if studies > 1 or _CHANGE.search(question):
        return "comparison"
    one = len(gold) == 1
    polar = one and (gold[0].strip().lower() in _POLAR or _POLAR_OPENING.match(question))
    return "presence" if polar else "enumeration"
