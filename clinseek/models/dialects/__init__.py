"""Calls and reasoning that models write as text: read from every family's form, written in two."""

from clinseek.models.dialects.calls import Dialect, Repair, TextCall, TextCalls
from clinseek.models.dialects.reading import read_calls
from clinseek.models.dialects.reasoning import Said, split_reasoning
from clinseek.models.dialects.words import (
    PromptDialect,
    call_in_words,
    observation_in_words,
    tools_in_words,
)

__all__ = [
    "Dialect",
    "PromptDialect",
    "Repair",
    "Said",
    "TextCall",
    "TextCalls",
    "call_in_words",
    "observation_in_words",
    "read_calls",
    "split_reasoning",
    "tools_in_words",
]
