"""`clinseek bench prepare openseek`: the questions of OpenSeek-QA over a store."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.openseek.card import card_of
from clinseek.evals.benchmarks.openseek.drawing import ROUNDS, drawn
from clinseek.evals.benchmarks.openseek.raw_check import disagreements
from clinseek.evals.benchmarks.openseek.raw_keys import Keyed
from clinseek.evals.benchmarks.openseek.source import attribution_of
from clinseek.evals.benchmarks.openseek.templates import TEMPLATES
from clinseek.evals.rows import Row, write_rows
from clinseek.toolkits.ehr.store import Store

PER_TEMPLATE = 14
ROWS, CARD, ATTRIBUTION = "openseek-qa.jsonl", "card.json", "ATTRIBUTION.md"


class PreparedOpenSeek(NamedTuple):
    """Where the rows and their card lie. `checked` is how many rows the raw files were asked
    about; None where no raw folder was named.
    """

    rows: int
    file: Path
    card: Path
    checked: int | None


def prepare_openseek(
    store: str | Path,
    out: str | Path,
    *,
    raw: Sequence[str | Path] = (),
    per_template: int = PER_TEMPLATE,
    seed: int = 7,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> PreparedOpenSeek:
    """Write `out/openseek-qa.jsonl` and `out/card.json`; the same seed gives the same bytes.

    With `raw`, the folders from which the store was made, every gold row is looked up in the csv
    files and its moment worked out by the second reading of the record (see docs/validity.md); the
    first disagreement is a SettingError. SettingError too where `out` holds rows already or cannot
    be written, and where the store gives no question; StoreError where there is no store.
    """
    opened, folder = Store.open(store), Path(out)
    file = folder / ROWS
    if file.exists():
        raise SettingError(f"{file} is there already; name a new folder with --out")
    rows = openseek_rows(opened, per_template=per_template, seed=seed, progress=progress)
    if not rows:
        raise SettingError(f"{opened.path} gives no question: no template fits its patients")
    if raw:
        _refuse_disagreements(rows, [Path(each) for each in raw])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        attribution = attribution_of(opened)
        if attribution is not None:
            (folder / ATTRIBUTION).write_text(attribution, encoding="utf-8")
        card = card_of(rows, store=opened, seed=seed, per_template=per_template)
        told = json.dumps(card, indent=1, ensure_ascii=False)
        (folder / CARD).write_text(f"{told}\n", encoding="utf-8")
        write_rows(file, rows)
    except OSError as error:
        raise SettingError(f"--out {folder}: cannot be written ({error.strerror})") from error
    return PreparedOpenSeek(len(rows), file, folder / CARD, len(rows) if raw else None)


def openseek_rows(
    store: Store,
    *,
    per_template: int = PER_TEMPLATE,
    seed: int = 7,
    rounds: int = ROUNDS,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[Row]:
    """The rows over `store`, by template in the order of the templates, then as they were drawn.

    A template of yes-or-no questions keeps as many of the one as of the other, give or take a
    fifth; what is too much is left out.
    """
    found = drawn(
        store, TEMPLATES, per_template=per_template, seed=seed, rounds=rounds, told=progress
    )
    source = "MIMIC-IV demo" if attribution_of(store) is not None else "other"
    rows: list[Row] = []
    for template in TEMPLATES:
        mine = _even([each for each in found if each.asked.template.name == template.name])
        rows += [_row(number, each, source=source) for number, each in enumerate(mine, start=1)]
    return rows


def _even(found: list[Keyed]) -> list[Keyed]:
    """Without what would leave yes or no with more than 60 % of the questions."""
    if not found or found[0].asked.template.form != "yes_no":
        return found
    counts = Counter(str(each.asked.answer) for each in found)
    most = int(1.5 * min(counts["yes"], counts["no"]))
    kept: Counter[str] = Counter()
    left: list[Keyed] = []
    for each in found:
        answer = str(each.asked.answer)
        if kept[answer] < most:
            kept[answer] += 1
            left.append(each)
    return left


def _row(number: int, found: Keyed, *, source: str) -> Row:
    asked, template = found.asked, found.asked.template
    unit = template.unit.format(**asked.parameters) if template.unit else None
    return Row(
        qid=f"openseek_{template.name}_{number:03}",
        subject_id=asked.subject_id,
        hadm_id=asked.hadm_id,
        cutoff=asked.cutoff,
        task=template.name,
        task_type=template.family,
        question=asked.question,
        candidates=list(template.candidates) or _truths(template.form),
        answer_form=template.form,
        label=_label(asked.answer),
        gold_rows=list(found.gold) or None,
        unit=unit,
        tolerance=template.tolerance,
        metadata=_metadata(found, source=source),
    )


def _truths(form: str) -> list[str] | None:
    return ["yes", "no"] if form == "yes_no" else None


def _label(answer: Any) -> Any:
    """The label of an answer; an empty list where to abstain is right."""
    if answer is None:
        return []
    return float(answer) if isinstance(answer, int | float) else answer


def _metadata(found: Keyed, *, source: str) -> dict[str, Any]:
    asked = found.asked
    told: dict[str, Any] = {
        "source": source,
        "question_of": asked.template.question_of,
        "outcome": asked.template.outcome,
        "wording": asked.wording,
        "parameters": dict(asked.parameters),
    }
    if not found.future:
        return told
    return told | {
        "future_answer": asked.future,
        "future_rows": [gold.model_dump() for gold in found.future],
        "future_cell": asked.template.waits_for,
        "known_at": found.known_at,
    }


def _refuse_disagreements(rows: Sequence[Row], raw: Sequence[Path]) -> None:
    found = disagreements(rows, raw)
    if found:
        raise SettingError(
            f"the raw files of {', '.join(map(str, raw))} disagree with the store on "
            f"{len(found)} rows, first {found[0]}; was the store made from them?"
        )
