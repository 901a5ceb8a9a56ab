"""From a row and the settings to what the graph is given. Pure but for the record that is none."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.rows.row import UNKNOWN_MOMENT
from clinseek.evals.runner.settings import RunSettings
from clinseek.graphs.state import Context
from clinseek.nodes.bench import Means
from clinseek.nodes.webs import settled
from clinseek.records import Setting
from clinseek.toolkits.ehr.availability import profile_named
from clinseek.toolkits.ehr.case import Case, CaseKey
from clinseek.toolkits.ehr.store import Store


def input_of(row: Row, setting: Setting) -> dict[str, Any]:
    """What the graph is asked. Packaged evidence stands in it only where the setting shows it.

    >>> row = Row(qid="a", subject_id=1, cutoff="2150-01-01", task="t", question="Will it last?",
    ...           curated_evidence="Potassium 5.9")
    >>> input_of(row, "automated")["question"]
    'Will it last?'
    >>> print(input_of(row, "briefed")["question"])
    Will it last?
    <BLANKLINE>
    <curated_evidence>
    Potassium 5.9
    </curated_evidence>
    """
    question = row.question.strip()
    if setting != "automated":
        question = f"{question}\n\n{_packaged(row)}"
    asked = {
        "subject_id": row.subject_id,
        "cutoff": row.cutoff,
        "question": question,
        "candidates": row.candidates,
        "answer_form": row.answer_form,
    }
    attached = {"images": row.images, "reports": row.reports}
    return asked | {name: list(paths) for name, paths in attached.items() if paths}


def context_of(settings: RunSettings, store: str) -> Context:
    """How the graph is to make a run."""
    return Context(
        store=store,
        model=settings.model,
        profile=settings.profile,
        tools=settings.bound_tools,
        role=settings.role,
        mcp=settings.mcp,
        allow_hosts=settings.allow_hosts,
        web=settings.web,
        web_backend=settings.web_backend,
        web_corpora=list(settings.web_corpora),
        web_archive=settings.web_archive,
        web_guard=settings.web_guard,
        web_deny=settings.web_deny,
        image_root=settings.image_root,
        reports_inlined=settings.reports_inlined,
        max_rounds=settings.max_rounds,
        max_tokens=settings.max_tokens,
        max_dollars=settings.max_dollars,
        max_seconds=settings.max_seconds,
        max_observation_chars=settings.max_observation_chars,
        max_browser_calls=settings.max_browser_calls,
        max_revisions=settings.max_revisions,
    )


def settled_settings(settings: RunSettings) -> RunSettings:
    """The settings with nothing about the web left to the environment of a later sitting."""
    context = settled(context_of(settings, ""))
    return settings.model_copy(
        update={
            "web": context.web,
            "web_backend": context.web_backend,
            "web_corpora": tuple(context.web_corpora),
            "web_archive": context.web_archive,
            "web_guard": context.web_guard,
            "web_deny": context.web_deny,
        }
    )


def check_rows(rows: Sequence[Row], setting: Setting) -> None:
    """SettingError for rows that cannot be run in this setting; better now than one by one."""
    without = [row.qid for row in rows if row.curated_evidence is None]
    if setting != "automated" and without:
        raise SettingError(
            f"--setting {setting}: {_some(without)} no curated evidence; give rows that have it, "
            "or run them automated"
        )
    cohort = [row.qid for row in rows if _asks_of_many(row)]
    if cohort:
        raise SettingError(
            f"{_some(cohort)} scope cohort and no images alone: they ask over many patients, and "
            "the record is open for one at a time; take these rows out"
        )
    timeless = [row.qid for row in rows if row.cutoff == UNKNOWN_MOMENT]
    if timeless:
        raise SettingError(
            f"{_some(timeless)} no cutoff that is known: the whole record, the answer with it, "
            "would be open; take these rows out"
        )


def check_patients(
    rows: Sequence[Row], store: Store, *, too_many: Callable[[int, int], bool]
) -> None:
    """SettingError where the store lacks the patients of too many rows.

    `too_many` says so of how many rows, of how many.
    """
    held: set[int | None] = {None, *store.subjects()}
    lacking = [row for row in rows if row.subject_id not in held]
    if lacking and too_many(len(lacking), len(rows)):
        first = lacking[0]
        raise SettingError(
            f"{len(lacking)} of {len(rows)} rows ask about patients whom {store.path} does not "
            f"hold (first: subject_id {first.subject_id} in row {first.qid}); name with --store "
            "the store over which these rows were made"
        )


def _asks_of_many(row: Row) -> bool:
    """Whether a row needs the records of many patients; images alone need none."""
    return row.scope == "cohort" and not (row.images and row.subject_id is None)


def means_of(setting: Setting, means: Means) -> Means:
    """The means of a setting: a curated run is shown the package, so no record is opened."""
    return replace(means, open_case=_no_record) if setting == "curated" else means


def _packaged(row: Row) -> str:
    return f"<curated_evidence>\n{(row.curated_evidence or '').strip()}\n</curated_evidence>"


def _some(qids: Sequence[str]) -> str:
    """The first qids, with the verb.

    >>> _some(["a"]), _some(["a", "b", "c", "d"])
    ('row a has', '4 rows (a, b, c, ...) have')
    """
    if len(qids) == 1:
        return f"row {qids[0]} has"
    more = ", ..." if len(qids) > 3 else ""
    return f"{len(qids)} rows ({', '.join(qids[:3])}{more}) have"


def _no_record(
    store: str, subject_id: int, *, cutoff: str, profile: str, folder: Path, name: str
) -> Case:
    """A case without a single table: nothing of the record can come into a run over it."""
    with closing(sqlite3.connect(folder / name)) as connection:
        connection.execute("PRAGMA user_version = 1")
    return Case(CaseKey(store, subject_id, cutoff, profile_named(profile)), folder / name, None)
