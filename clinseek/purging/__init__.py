"""Removing every trace of a run, of a patient or of cases left behind, and proving it.

    with purge_of_thread("ask-1f2e") as purge:
        purge.removals                   # what there is: what, where, how many
        purged = purge.carry_out()       # removed, then looked for in the bytes that remain
        purged.searched.left             # empty, or the files that still hold a trace

Looked into are CLINSEEK_HOME (threads, cases, web archives, locks) and the folders that are named.
Stores stay: what a hospital's record holds is not a trace of a run.
"""

from clinseek.purging.purge import (
    Purge,
    Purged,
    purge_of_cases,
    purge_of_patient,
    purge_of_run_folder,
    purge_of_thread,
)
from clinseek.purging.removal import Removal
from clinseek.purging.searching import Found, Mark, Searched, search

__all__ = [
    "Found",
    "Mark",
    "Purge",
    "Purged",
    "Removal",
    "Searched",
    "purge_of_cases",
    "purge_of_patient",
    "purge_of_run_folder",
    "purge_of_thread",
    "search",
]
