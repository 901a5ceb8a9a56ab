"""Which tasks a store can give, and in a sentence why it cannot give the others."""

from __future__ import annotations

from collections.abc import Collection

from clinseek.evals.benchmarks.tasks import Task
from clinseek.evals.benchmarks.tasks.code_book import CodeBook
from clinseek.toolkits.ehr.tables import TABLES

_MODULES = {
    "ed": "the emergency department (MIMIC-IV-ED)",
    "icu": "the intensive care module",
    "note": "the notes (MIMIC-IV-Note)",
}


def why_not_given(task: Task, tables: Collection[str], book: CodeBook) -> str | None:
    """Why a store with these tables and this vocabulary cannot give the task; None where it can."""
    lacking = [table for table in task.tables if table not in tables]
    if lacking:
        module = _MODULES.get(TABLES[lacking[0]].module)
        of = f", which is of {module}" if module else ""
        return f"{task.name}: the store has no {lacking[0]}{of}"
    for vocabulary in task.vocabularies:
        if vocabulary not in book.tables:
            return f"{task.name}: the store's vocabulary has no {vocabulary}; {_remedy(vocabulary)}"
        if "atc" in vocabulary and book.drug_code(vocabulary) is None:
            return f"{task.name}: {vocabulary} has no column ndc or code to find a drug's class by"
    return None


def _remedy(vocabulary: str) -> str:
    if vocabulary.startswith("d_"):
        return "ingest the folder that holds it"
    if "ccs" in vocabulary:
        return "ingest with --codes and a folder of HCUP CCS files"
    return "ingest with --vocabulary prescriptions_atc=FILE.csv (code,title: NDC and ATC name)"
