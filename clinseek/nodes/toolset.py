"""Which tools a run has, and what the names that models write mean."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.candidates.semantic.model_choice import semantic_absence

EHR_TOOLS = (
    "ehr.load_ehr",
    "ehr.get_table_names",
    "ehr.get_column_names",
    "ehr.get_table_description",
    "ehr.get_unique_values",
    "ehr.get_records_by_time",
    "ehr.get_event_counts_by_time",
    "ehr.get_latest_records",
    "ehr.get_records_by_keyword",
    "ehr.get_records_by_value",
    "ehr.run_sql_query",
    "ehr.get_candidates_by_keyword",
    "ehr.get_candidates_by_fuzzy_matching",
    "ehr.get_candidates_by_semantic_similarity",
    "ehr.think",
    "ehr.finish",
)
BROWSER_TOOLS = ("browser.search", "browser.open", "browser.find")
IMAGE_TOOLS = (
    "image.dicom_processor",
    "image.image_visualizer",
    "image.chest_xray_classifier",
    "image.chest_xray_report_generator",
    "image.xray_phrase_grounding",
    "image.chest_xray_segmentation",
)
ALL_TOOLS = EHR_TOOLS + BROWSER_TOOLS + IMAGE_TOOLS
_NOT_IN_PAPER = {
    "ehr.get_unique_values",
    "ehr.get_event_counts_by_time",
    "ehr.get_records_by_keyword",
    "ehr.get_records_by_value",
    "ehr.get_candidates_by_fuzzy_matching",
}
PAPER20 = tuple(name for name in ALL_TOOLS if name not in _NOT_IN_PAPER)
"""The twenty tools of the paper: eleven of the record, three of the web, six of images."""

FINISH = "ehr.finish"
NOT_EVIDENCE = frozenset({"ehr.think", FINISH})
"""Tools whose answer says nothing about the patient."""

NO_RECORD = "no record is open"
"""Why tools of the record are absent where the question names no patient."""
_SEMANTIC = "ehr.get_candidates_by_semantic_similarity"
_ABSENT = {
    "ehr": "not offered here",
    "browser": "not offered here",
    "image": "no images attached",
}


class Chosen(NamedTuple):
    """The tools of one run: schemas as sent to the model, and why others are absent."""

    schemas: list[dict[str, Any]]
    absent: dict[str, str]


def choose(
    at_hand: Mapping[str, BaseTool | Mapping[str, Any]],
    setting: str,
    *,
    no_web: str | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Chosen:
    """The tools of `setting` among those at hand, which are tools or schemas of tools.

    `setting` is `all`, `paper20`, or names parted by commas. SettingError for an unknown name.
    `ehr.finish` is always among them: a run must be able to end. `no_web` is why there is no
    browser, `reasons` why single tools are absent, by name.
    """
    families = {**_ABSENT, "browser": no_web or _ABSENT["browser"]}
    wanted = names_of(setting, known=at_hand.keys())
    absent = {
        name: (reasons or {}).get(name)
        or (name == _SEMANTIC and semantic_absence())
        or families[_family(name)]
        for name in wanted
        if name not in at_hand
    }
    present = {name: at_hand[name] for name in wanted if name in at_hand}
    schemas = [_schema_of(tool) for tool in present.values()]
    return Chosen(schemas, _grouped(absent, partly={_family(name) for name in present}))


def names_images(setting: str) -> bool:
    """Whether a tool setting asks for image tools by name, images attached or not.

    >>> names_images("all"), names_images("ehr.finish, image.image_visualizer")
    (False, True)
    """
    return any(part.strip() in IMAGE_TOOLS for part in setting.split(","))


def _schema_of(tool: BaseTool | Mapping[str, Any]) -> dict[str, Any]:
    return convert_to_openai_tool(tool) if isinstance(tool, BaseTool) else dict(tool)


def names_in(schemas: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of tools, from their schemas."""
    return [schema["function"]["name"] for schema in schemas]


def names_of(setting: str, *, known: Collection[str] = ()) -> tuple[str, ...]:
    """The names that a tool setting stands for, `ehr.finish` among them.

    >>> names_of("ehr.run_sql_query")
    ('ehr.run_sql_query', 'ehr.finish')
    """
    if setting == "all":
        return (*ALL_TOOLS, *(name for name in known if name not in ALL_TOOLS))
    if setting == "paper20":
        return PAPER20
    names = [name for part in setting.split(",") if (name := part.strip())]
    valid = {*ALL_TOOLS, *known}
    for name in names:
        if name not in valid:
            near = difflib.get_close_matches(name, sorted(valid), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise SettingError(
                f"tools: there is no tool {name!r}{hint} Use all, paper20, or names parted by "
                f"commas of: {', '.join(sorted(valid))}"
            )
    return tuple(dict.fromkeys([*names, FINISH]))


def unknown_tool(name: str, known: Sequence[str]) -> str:
    """What a model is told that called a tool which is not there."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"there is no tool {name!r} here.{hint} Tools: {', '.join(known)}"


def _grouped(absent: dict[str, str], *, partly: Collection[str]) -> dict[str, str]:
    """Whole families as `image.*`, single tools by name; `partly` are families with tools here."""
    grouped: dict[str, str] = {}
    for name, reason in absent.items():
        family = _family(name)
        alike = {other for each, other in absent.items() if _family(each) == family} == {reason}
        if reason == NO_RECORD:
            grouped["other ehr.*"] = reason
        elif family in partly or not alike or family == "ehr":
            grouped[name] = reason
        else:
            grouped[f"{family}.*"] = reason
    return grouped


def _family(name: str) -> str:
    return name.partition(".")[0]
