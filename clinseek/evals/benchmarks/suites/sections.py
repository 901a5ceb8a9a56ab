"""The tagged sections of a published question: `<task_instruction>`, `<patient_timeline>`, ..."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SECTION = re.compile(r"<(?P<name>[a-z_]+)>\s*(?P<text>.*?)\s*</(?P=name)>", re.DOTALL)


def sections_of(text: str) -> Mapping[str, str]:
    """The sections by name, each with what stands between its tags; of two alike the first.

    >>> sections_of("<task_instruction>Who?</task_instruction> <question> yes or no </question>")
    {'task_instruction': 'Who?', 'question': 'yes or no'}
    """
    found: dict[str, str] = {}
    for section in _SECTION.finditer(text):
        found.setdefault(section["name"], section["text"])
    return found
