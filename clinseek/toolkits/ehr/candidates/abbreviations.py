"""Clinical abbreviations and what they stand for.

The table (abbreviations.csv) was compiled by hand for clinseek from general clinical usage in the
United States, in words that ICD titles use; it copies no published list and bears the package's
licence. An abbreviation of several meanings has the one most usual in a problem list.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def abbreviations() -> dict[str, tuple[str, ...]]:
    """Every abbreviation, lower case, with the words it stands for."""
    text = (files(__package__) / "abbreviations.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["abbreviation"]: tuple(row["expansion"].split()) for row in rows}


def expanded(words: Sequence[str]) -> list[str]:
    """The words with each abbreviation among them written out.

    >>> expanded(["acute", "copd"])
    ['acute', 'chronic', 'obstructive', 'pulmonary', 'disease']
    """
    known = abbreviations()
    return [meant for word in words for meant in known.get(word, (word,))]
