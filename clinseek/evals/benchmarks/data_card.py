"""The card of a built benchmark: what is in it, what was left out and why, and its hashes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from clinseek.evals.benchmarks.building import Built, TaskRows, splits_of
from clinseek.evals.benchmarks.candidates import MOST_CANDIDATES
from clinseek.evals.benchmarks.constant import constant_score
from clinseek.evals.benchmarks.detectable import ALIKE, SPREAD, smallest_difference
from clinseek.evals.benchmarks.examining import PROFILE
from clinseek.evals.benchmarks.leaks import check_lines
from clinseek.evals.benchmarks.tasks import Task
from clinseek.evals.rows import Row
from clinseek.toolkits.ehr.availability import rules_hash
from clinseek.toolkits.ehr.store.manifest import Manifest

_DEMO_ADMISSIONS = "910b9f160ffdf1e08ea673585393f347c773ccc87d66875c627584a903ae8493"
DEMO_ATTRIBUTION = (
    "Derived from the MIMIC-IV Clinical Database Demo 2.2 and, where ED tables are there, the "
    "MIMIC-IV-ED Demo 2.2 (PhysioNet; Johnson et al.), made available under the Open Database "
    "License 1.0. This derived database stands under the same licence."
)
LEAVE_TO_THE_STORE = "These rows hold excerpts of the store's record and stand under its terms."


def card_of(built: Built, rows: bytes) -> dict[str, Any]:
    """The card as plain JSON values; the same build has the same card. `rows` is the file."""
    settings = built.settings
    return {
        "schema_version": 1,
        "settings": {**settings._asdict(), "profile": PROFILE},
        "counts": {
            "tasks": sum(bool(each.rows) for each in built.tasks),
            "rows": len(built.rows),
            "patients": len({row.subject_id for row in built.rows}),
            "splits": splits_of(built.rows),
        },
        "hashes": {
            "store": built.store.fingerprint,
            "vocabulary": _edition(built.store.manifest),
            "rules": rules_hash(PROFILE),
            "tasks": tasks_hash(each.task for each in built.tasks),
            "rows": hashlib.sha256(rows).hexdigest(),
        },
        "attribution": attribution(built.store.manifest),
        "kinds": {kind: _kind(rows) for kind, rows in _by_kind(built.rows).items()},
        "tasks": {each.task.name: _task(each) for each in built.tasks},
    }


def _by_kind(rows: Iterable[Row]) -> dict[str, list[Row]]:
    by_kind: dict[str, list[Row]] = {}
    for row in rows:
        by_kind.setdefault(row.task_type, []).append(row)
    return by_kind | {"all": [row for held in by_kind.values() for row in held]}


def _kind(rows: list[Row]) -> dict[str, Any]:
    return {
        "rows": len(rows),
        "patients": len({row.subject_id for row in rows}),
        "smallest_difference": _difference(rows),
    }


def _difference(rows: Iterable[Row]) -> float | None:
    found = smallest_difference(row.cluster for row in rows)
    return None if found is None else round(found, 4)


def tasks_hash(tasks: Iterable[Task]) -> str:
    """A SHA-256 over the words and look-ups of the definitions."""
    digest = hashlib.sha256()
    for task in tasks:
        told = (
            task.name, task.kind, task.question, task.form, task.anchor, task.cutoff, task.label,
            task.exclusions, task.pool, tuple((each.name, each.sql) for each in task.drops),
            task.one_a_patient,
        )  # fmt: skip
        digest.update(repr(told).encode())
    return digest.hexdigest()


def attribution(manifest: Manifest) -> str:
    """Whose record it is, where the store is the open demo; else that the store's terms hold."""
    admissions = manifest.tables.get("admissions")
    of_demo = admissions is not None and any(
        file.sha256 == _DEMO_ADMISSIONS for file in admissions.files
    )
    return DEMO_ATTRIBUTION if of_demo else LEAVE_TO_THE_STORE


def _edition(manifest: Manifest) -> str | None:
    return None if manifest.vocabulary is None else manifest.vocabulary.edition


def _task(made: TaskRows) -> dict[str, Any]:
    task, found = made.task, made.found
    yes = Counter(str(row.label) for row in made.rows)["yes"]
    return {
        "kind": task.kind,
        "given": made.not_given is None,
        "not_given": made.not_given,
        "looks_ahead": task.looks_ahead,
        "questions": found.asked,
        "patients_with_questions": found.patients,
        "left_out": dict(sorted(found.left_out.items())),
        "examined": made.examined,
        "dropped": dict(sorted(made.dropped.items())),
        "rows": len(made.rows),
        "patients": len({row.subject_id for row in made.rows}),
        "splits": splits_of(made.rows),
        "prevalence_of_questions": _share(found.labels["yes"], found.asked, task),
        "prevalence": _share(yes, len(made.rows), task),
        "constant": round(constant_score(made.rows), 4) if made.rows else None,
        "smallest_difference": _difference(made.rows),
        "names": made.pool,
        "candidates": _offered(made),
        "remarks": made.remarks,
    }


def _share(yes: int, of: int, task: Task) -> float | None:
    return round(yes / of, 4) if task.is_yes_or_no and of else None


def _offered(made: TaskRows) -> str:
    """What a row offers to choose from, in words."""
    if any(row.candidates for row in made.rows) and made.pool > MOST_CANDIDATES:
        return f"{MOST_CANDIDATES} around the right answer (as published), of {made.pool:,}"
    if 0 < made.pool <= MOST_CANDIDATES:
        return f"all {made.pool:,}"
    if made.task.pool.vocabulary is not None and made.pool:
        return f"the vocabulary {made.task.pool.vocabulary} ({made.pool:,} names)"
    return f"an open answer ({made.pool:,} names in the store)" if made.pool else "an open answer"


def card_page(card: dict[str, Any]) -> str:
    """The card as Markdown."""
    checked = check_lines(card["checked"]) if "checked" in card else ()
    parts = (_head(card), _table(card), _shown(card), checked, _reasons(card), _not_given(card))
    return "\n".join(line for part in parts for line in part) + "\n"


def _head(card: dict[str, Any]) -> Iterator[str]:
    counts, settings, hashes = card["counts"], card["settings"], card["hashes"]
    splits = ", ".join(f"{number:,} {split}" for split, number in counts["splits"].items())
    yield "# Data card"
    yield ""
    yield "Research only: not a medical device."
    yield ""
    yield card["attribution"]
    yield ""
    yield (
        f"{counts['rows']:,} rows of {counts['tasks']} tasks about {counts['patients']:,} patients "
        f"({splits}). Patients, not rows, are parted, by a hash of their subject_id."
    )
    yield ""
    yield (
        f"Settings: {settings['per_task']} rows a task at most, seed {settings['seed']}, "
        f"prevalence {settings['prevalence']}, candidates {settings['candidates']}, split "
        f"{settings['split'] or 'all'}, cases of the profile {settings['profile']}."
    )
    yield ""
    yield (
        "Labels are read from the whole raw record, evidence from the case at the cutoff. The "
        "cutoff of a risk task never looks at its outcome; that of a task that asks for the next "
        "event must, since it is set just before it (column *ahead*). Questions are spread over "
        "patients: one of each, then a second."
    )
    yield ""
    yield from (f"- {name}: `{value}`" for name, value in hashes.items())


def _table(card: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield (
        "| task | kind | ahead | questions | yes | left out | examined | dropped | rows | yes | "
        "patients | candidates |"
    )
    yield "|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    for name, task in card["tasks"].items():
        if not task["given"]:
            continue
        cells = (
            name, task["kind"], "yes" if task["looks_ahead"] else "", f"{task['questions']:,}",
            _percent(task["prevalence_of_questions"]), f"{sum(task['left_out'].values()):,}",
            f"{task['examined']:,}", f"{sum(task['dropped'].values()):,}", f"{task['rows']:,}",
            _percent(task["prevalence"]), f"{task['patients']:,}", task["candidates"],
        )  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _shown(card: dict[str, Any]) -> Iterator[str]:
    """What is won by a constant answer, and which differences the rows can show."""
    yield from ("", "## What it can show", "")
    yield (
        "*Constant*: what is won without a look at any record, by the most frequent answer (of "
        "balanced yes and no a half, by their making), or the most frequent names of other "
        "patients' rows (F1). *Difference*: the smallest true difference of two systems on the "
        f"same rows, in points, that is found four times in five at 5 %, if it spreads by {SPREAD} "
        f"from row to row and is alike within a patient by {ALIKE}. A dash: more than 100 points, "
        "or a single patient: nothing shows."
    )
    yield from (
        "",
        "| rows of | rows | patients | constant | difference |",
        "|---|---:|---:|---:|---:|",
    )
    for kind, held in card["kinds"].items():
        yield _shown_line(f"*{kind}*", held, constant=None)
    for name, task in card["tasks"].items():
        if task["rows"]:
            yield _shown_line(name, task, constant=task["constant"])


def _shown_line(name: str, held: dict[str, Any], *, constant: float | None) -> str:
    least = held["smallest_difference"]
    told = "-" if least is None or least >= 1 else f"{100 * least:.0f}"
    counts = f"{held['rows']:,} | {held['patients']:,}"
    return f"| {name} | {counts} | {_percent(constant)} | {told} |"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _reasons(card: dict[str, Any]) -> Iterator[str]:
    for title, key in (
        ("Left out, in the raw record", "left_out"),
        ("Dropped, since the case at the cutoff tells", "dropped"),
    ):
        told = [
            f"- {name}: " + "; ".join(f"{why} {n:,}" for why, n in task[key].items())
            for name, task in card["tasks"].items()
            if task[key]
        ]
        if told:
            yield from ("", f"## {title}", "", *told)


def _not_given(card: dict[str, Any]) -> Iterator[str]:
    told = [task["not_given"] for task in card["tasks"].values() if task["not_given"]]
    told += [remark for task in card["tasks"].values() for remark in task["remarks"]]
    if told:
        yield from ("", "## Not given, or fewer than asked for", "", *(f"- {one}" for one in told))
