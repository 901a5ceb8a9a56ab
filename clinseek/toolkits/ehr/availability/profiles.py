"""The profiles of availability: which clock decides that a row is known."""

from typing import Literal

Profile = Literal["available", "strict", "event"]
"""`available`: when care providers could see it (default). `strict`: the same with cautious
fallbacks. `event`: when it happened, for epidemiology only."""
