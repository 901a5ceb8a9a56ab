"""The part of docs/openseek-qa.md that is made from the templates: what each of them means."""

from __future__ import annotations

from collections.abc import Sequence

from clinseek.evals.benchmarks.openseek.template import FAMILIES, Family, Template

_TITLES: dict[Family, str] = {
    "look_up": "Look-ups",
    "trend": "Trends",
    "count": "Counts",
    "join": "Joins",
    "time": "Time",
    "unit_trap": "Unit traps",
    "unanswerable": "Unanswerable",
    "not_yet_known": "Not yet known",
}
_FORMS = {"yes_no": "yes or no", "text": "text", "list": "list", "number": "number"}


def definitions(templates: Sequence[Template]) -> str:
    """Markdown: each template with the form of its answer and its definition, family by family."""
    parts = [
        f"### {_TITLES[family]}\n\n" + "\n".join(map(_line, members))
        for family in FAMILIES
        if (members := [one for one in templates if one.family == family])
    ]
    return "\n\n".join(parts) + "\n"


def _line(template: Template) -> str:
    if template.outcome == "never":
        return f"- `{template.name}`: what `{template.asks_as}` asks; nothing in the record tells."
    if template.outcome == "later":
        return f"- `{template.name}`: what `{template.asks_as}` asks; only what comes later tells."
    return f"- `{template.name}` ({_form(template)}): {template.definition}"


def _form(template: Template) -> str:
    if template.candidates:
        return "one of " + ", ".join(template.candidates)
    told = _FORMS[template.form]
    if template.unit is None:
        return told
    unit = {"{lab_unit}": "the recorded unit", "{unit}": "the unit asked for"}
    return f"{told} in {unit.get(template.unit, template.unit)}"
