"""The titles that candidate lists take from patients' rows, by how many patients have them."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from clinseek.toolkits.ehr.candidates.build import FEWEST_PATIENTS
from clinseek.toolkits.ehr.candidates.sources import FEWEST_HOLDERS
from clinseek.toolkits.ehr.store import Store
from clinseek.validity.audit.drawn_lists import DRAWN_LISTS, holders_of_titles

HeldTitles = Counter[Literal["listed", "tipped by one", "left out"]]
"""Titles on lists; of these the ones that go when one patient does; those of too few patients."""


def held_titles(store: Store) -> HeldTitles:
    """How many titles of the store's patients are on its lists; none where there are no lists."""
    counted: HeldTitles = Counter()
    if len(store.subjects()) < FEWEST_PATIENTS:
        return counted
    for drawn in DRAWN_LISTS.values():
        if not drawn.of_patients:
            continue
        for holders in holders_of_titles(store, drawn).values():
            counted["listed"] += holders >= FEWEST_HOLDERS
            counted["tipped by one"] += holders == FEWEST_HOLDERS
            counted["left out"] += holders < FEWEST_HOLDERS
    return counted
