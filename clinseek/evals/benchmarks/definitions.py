"""The definitions of all tasks as a page: docs/benchmarks.md, made from the declared objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clinseek.evals.benchmarks.examining import PROFILE
from clinseek.evals.benchmarks.splits import split_of
from clinseek.evals.benchmarks.tasks import TASKS, Task, TaskKind

_KINDS: dict[TaskKind, tuple[str, str]] = {
    "decision": ("Decision tasks", "The 27 decision-making subtasks of EHR-Bench."),
    "risk": ("Risk tasks", "The 18 risk-prediction subtasks of EHR-Bench."),
    "agentehr": ("AgentEHR", "The six tasks of AgentEHR, of which the paper reports five."),
    "medmod": ("MedMod", "Four tasks in the manner of MedMod, over tables alone."),
}

_HEAD = f"""# The tasks

Research only: clinseek is not a medical device.

`clinseek bench build` makes the rows of these tasks over any store:

```bash
clinseek bench build --store S --tasks all --per-task 40 --seed 42 --out bench
clinseek eval bench/rows.jsonl --store S --model offline --out run
```

This page is made by `clinseek bench tasks --page > docs/benchmarks.md` from the declared tasks, and
a test compares the two. It is meant to be enough for a second reading of every label.

## What holds for all

- Labels are read from the whole raw record (the store, no cutoff), by the tables and columns of
  MIMIC-IV. A raw time with a part of a second counts in full; the cutoff of a row is cut to the
  whole second. A bare date is midnight of that day, unless a task says otherwise. Text is trimmed.
- A cutoff is inclusive. Evidence is the `{PROFILE}` case at the cutoff, and `curated_evidence` is
  packaged from that same case: at most the newest 100 events of the last 24 h, of the thirty
  published kinds and under their published headings (one misspelt, as there). The patient, the last
  discharge note and the last admission stand before them. Codes of a stay or visit have no time of
  their own and are events of its end. Differs: all cells that say something are shown, where the
  published packages choose columns and show neither Hcpcs Events nor Drgcodes.
- *Asked ahead* means that the cutoff is set by looking at the event that is asked for, which a task
  of the next event must. The cutoff of every other task hangs on the anchor's own start or end, and
  on nothing of the outcome.
- *Exclusions* are counted in the raw record, before any case is opened. *Drops* are look-ups over
  the case at the cutoff (SQL over its tables): if one gives a row that is not NULL, the answer, or
  something so near to it that nothing is left to ask, is visible, and the question is dropped.
  A question at whose cutoff nothing at all is known of the patient is dropped too. `:hadm_id`,
  `:stay_id` and `:cutoff` are those of the question, `:moment` is the time of the event that is
  asked for. The card counts both by reason. The SQL of every look-up stands in
  `clinseek bench tasks --json`.
- Names that a task may answer (its pool) come from the whole store, never from the right answer.
  Of a *column*, they are the trimmed names that at least two patients of the store have; a store of
  fewer than 20 patients has none. The vocabularies `microbiologyevents`, `prescriptions`,
  `radiology`, `services` and `transfers` are made by the same rule. A question with a name outside
  of such a pool is left out. A pool of at most 100 names is the row's `candidates`; of a longer one
  the row names the `vocabulary`, or leaves the answer open. `--candidates published` cuts a long
  pool to 100 around the right answer instead: the label, and names drawn by the seed.
- With `--prevalence balanced` (the default, as published) a yes-or-no task has as many rows of each
  answer; `natural` takes them as they come.
- Which questions are taken: first one of every patient, then a second of those who have one, and so
  on; within a turn in the order of a hash of seed, task, patient, cutoff and stay. A dropped
  question is replaced by the next. Rows stand in the file by task, patient and cutoff.
- `metadata.split` is by patient: of the number in [0, 1) that BLAKE2b (8 bytes, the first six as a
  big-endian integer over 2^48) gives for `clinseek patients`, the byte 0x1F, and the subject_id in
  decimal digits, below 0.70 is train, below 0.85 validation, the rest test. Patient 10000032 is
  {split_of(10000032)}. New patients or rows move nobody.
- A row is named `task_subject_stay_cutoff`, where stay is its stay_id, else its hadm_id, else 0.
"""


def definitions_page() -> str:
    """The whole page as Markdown."""
    lines = [_HEAD.rstrip("\n")]
    for kind, (title, words) in _KINDS.items():
        lines += ["", f"## {title}", "", words]
        for task in TASKS.values():
            if task.kind == kind:
                lines += _section(task)
    return "\n".join(lines) + "\n"


def told_of(task: Task) -> dict[str, Any]:
    """A definition as plain JSON values."""
    return {
        "name": task.name,
        "aliases": list(task.aliases),
        "kind": task.kind,
        "question": task.question,
        "answer_form": task.form,
        "anchor": task.anchor,
        "cutoff": task.cutoff,
        "label": task.label,
        "known_at": task.known_at,
        "exclusions": list(task.exclusions),
        "pool": task.pool.__dict__ | {"names": list(task.pool.names)},
        "drops": [{"name": each.name, "sql": each.sql} for each in task.drops],
        "tables": list(task.tables),
        "vocabularies": list(task.vocabularies),
        "looks_ahead": task.looks_ahead,
        "one_a_patient": task.one_a_patient,
        "metric": task.metric,
        "source": task.source,
        "differs": list(task.differs),
    }


def _section(task: Task) -> Iterator[str]:
    yield from ("", f"### {task.name}", "", f"*{task.question}*", "")
    if task.aliases:
        yield f"- Also spelled: {', '.join(task.aliases)}"
    yield f"- Anchor: {task.anchor}"
    yield f"- Cutoff: {task.cutoff}{' (asked ahead)' if task.looks_ahead else ''}"
    yield f"- Label: {task.label}"
    yield f"- The label is known at: {task.known_at}"
    for told in task.exclusions:
        yield f"- Exclusion: {told}"
    yield f"- May be answered: {_pool(task)}"
    yield f"- Drops: {', '.join(each.name for each in task.drops)}"
    yield f"- Counted by: {task.metric}"
    yield f"- Needs: {', '.join((*task.tables, *task.vocabularies))}"
    yield f"- After: {task.source}"
    for told in task.differs:
        yield f"- Differs: {told}"


def _pool(task: Task) -> str:
    if task.pool.names:
        return ", ".join(task.pool.names)
    if task.pool.column is not None:
        return f"the column {'.'.join(task.pool.column)}"
    return f"the vocabulary {task.pool.vocabulary}"
