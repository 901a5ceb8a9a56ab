"""Calls and reasoning that models write as text: read from every family's form, written in two."""

from clinseek.models.dialects.calls import Dialect, Repair, TextCall, TextCalls
from clinseek.models.dialects.reading import read_calls

__all__ = ["Dialect", "Repair", "TextCall", "TextCalls", "read_calls"]
