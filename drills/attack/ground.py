"""What attacks are tried on: a synthetic store, one patient's case, calls as a graph makes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.messages import ToolMessage

from clinseek.toolkits.observation import Observation
from drills.cohort import cohort_in

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

    from clinseek.toolkits.ehr.case import Case


def case_in(place: Path) -> Case:
    """The case of the store's first patient in the middle of the record."""
    from clinseek.toolkits.ehr.case import open_case

    cohort = cohort_in(place)
    subject = cohort.subjects[0]
    return open_case(cohort.store, subject, cutoff="2199-01-01", folder=place / "cases")


class Answered(NamedTuple):
    """What a tool said, in whatever form, and what it noted."""

    text: str
    seen: Observation


def called(tool: BaseTool, arguments: dict[str, Any]) -> Answered:
    """One call as a graph sends it."""
    message = tool.invoke({"type": "tool_call", "id": "c1", "name": tool.name, "args": arguments})
    assert isinstance(message, ToolMessage)
    assert isinstance(message.artifact, Observation)
    content = message.content
    if not isinstance(content, str):
        content = "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return Answered(content, message.artifact)


def files_under(*places: Path) -> dict[Path, bytes]:
    """Every file with its bytes: equal before and after where nothing was changed."""
    return {
        file: file.read_bytes()
        for place in places
        for file in sorted(place.rglob("*"))
        if file.is_file()
    }
