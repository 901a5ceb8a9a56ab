"""clinseek: an agent that seeks clinical evidence by itself.

    from clinseek import ask
    record = ask("What was the latest potassium?", store="store", subject_id=10000019,
                 cutoff="2150-03-05 08:00:00")
    record.answer, record.citations

Importing the package loads nothing but this module: each name below is fetched when it is first
used. Research only: clinseek is not a medical device.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clinseek.api import aask, ask, resume, threads
    from clinseek.errors import ClinseekError, UserError
    from clinseek.evals.report.run_page import run_page
    from clinseek.evals.runner.experiments import (
        aevaluate,
        evaluate,
        evaluate_comparative,
        evaluate_existing,
    )
    from clinseek.records import Record
    from clinseek.toolkits.ehr.case import Case, label_known_at, label_visible, open_case
    from clinseek.toolkits.ehr.store import Store, ingest
    from clinseek.toolkits.ehr.synthetic import synthesise
    from clinseek.toolkits.ehr.tools import EhrToolkit
    from clinseek.validity.audit.run import audit

__version__ = "0.1.0"

_HOME_OF = {
    "Case": "clinseek.toolkits.ehr.case",
    "ClinseekError": "clinseek.errors",
    "EhrToolkit": "clinseek.toolkits.ehr.tools",
    "Record": "clinseek.records",
    "Store": "clinseek.toolkits.ehr.store",
    "UserError": "clinseek.errors",
    "aask": "clinseek.api",
    "aevaluate": "clinseek.evals.runner.experiments",
    "ask": "clinseek.api",
    "audit": "clinseek.validity.audit.run",
    "evaluate": "clinseek.evals.runner.experiments",
    "evaluate_comparative": "clinseek.evals.runner.experiments",
    "evaluate_existing": "clinseek.evals.runner.experiments",
    "label_known_at": "clinseek.toolkits.ehr.case",
    "label_visible": "clinseek.toolkits.ehr.case",
    "ingest": "clinseek.toolkits.ehr.store",
    "open_case": "clinseek.toolkits.ehr.case",
    "resume": "clinseek.api",
    "run_page": "clinseek.evals.report.run_page",
    "synthesise": "clinseek.toolkits.ehr.synthetic",
    "threads": "clinseek.api",
}

__all__ = [
    "Case",
    "ClinseekError",
    "EhrToolkit",
    "Record",
    "Store",
    "UserError",
    "__version__",
    "aask",
    "aevaluate",
    "ask",
    "audit",
    "evaluate",
    "evaluate_comparative",
    "evaluate_existing",
    "ingest",
    "label_known_at",
    "label_visible",
    "open_case",
    "resume",
    "run_page",
    "synthesise",
    "threads",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'clinseek' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
