"""Which patients a trace is of: the one that its file says, and those that its task names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Any

from clinseek.evals.rows.row import NO_PATIENT
from clinseek.training.traces.trace import Trace, text_in

_NAMED = re.compile(r"\bsubject_id\W{1,4}(\d{1,12})\b")


def named_patients(messages: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """The patients that are named before the model's first turn, where a run says whose it is.

    >>> sorted(named_patients([{"role": "user", "content": "patient: subject_id 7"}]))
    [7]
    """
    opening = takewhile(lambda message: message["role"] != "assistant", messages)
    found = (
        number for message in opening for number in _NAMED.findall(text_in(message["content"]))
    )
    return frozenset(number for number in map(int, found) if number <= NO_PATIENT)


def patients_of(trace: Trace) -> frozenset[int]:
    """Every patient of whom the trace is said to be: one, none where none is known, or several."""
    told = frozenset() if trace.subject_id is None else frozenset({trace.subject_id})
    return told | named_patients(trace.messages)
