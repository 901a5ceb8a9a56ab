"""A scripted model and a small ward: a patient whose case is written by hand in milliseconds."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field

from clinseek.errors import SubjectError
from clinseek.nodes.bench import Means
from clinseek.nodes.turn import Patience
from clinseek.toolkits.ehr.availability.profiles import Profile
from clinseek.toolkits.ehr.case import Case, CaseKey

SUBJECT = 7
CUTOFF = "2150-03-05 08:00:00"
POTASSIUM, CREATININE = 50971, 50912

Turn = AIMessage | Exception | Callable[[Sequence[BaseMessage]], AIMessage]


class ScriptedModel(BaseChatModel):
    """Says the turns of its script: the n-th after n turns of its own stand in the conversation.

    Asked to conclude, it says its last turn. It remembers nothing between calls, so a resumed run
    hears what an undisturbed one would; `heard` and `bound` collect what it was sent, for tests in
    one process. An exception in the script is raised once, then the next turn follows.
    """

    script: list[Any]
    heard: list[list[BaseMessage]] = Field(default_factory=list)
    bound: list[list[str]] = Field(default_factory=list)
    raised: int = 0

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        self.bound.append([tool["function"]["name"] for tool in tools])
        return cast("Runnable[LanguageModelInput, AIMessage]", self.bind(tools=tools, **kwargs))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.heard.append(messages)
        said = sum(isinstance(message, AIMessage) for message in messages)
        at = -1 if messages[-1].id == "conclude" else said + self.raised
        turn = self.script[min(at, len(self.script) - 1)]
        if isinstance(turn, Exception):
            self.raised += 1
            raise turn
        spoken = turn(messages) if callable(turn) else turn.model_copy(deep=True)
        return ChatResult(generations=[ChatGeneration(message=spoken)])


def scripted(*turns: Turn) -> ScriptedModel:
    """A model that says these turns, the last one for ever."""
    return ScriptedModel(script=list(turns))


def calling(*calls: tuple[str, dict[str, Any]], text: str = "", tag: str = "") -> AIMessage:
    """A turn that makes these calls."""
    return AIMessage(
        text,
        tool_calls=[
            {"name": name, "args": arguments, "id": f"{tag or id(calls)}-{at}", "type": "tool_call"}
            for at, (name, arguments) in enumerate(calls)
        ],
    )


def finishing(*response: str, citations: Any = None, tag: str = "") -> AIMessage:
    """A turn that submits an answer."""
    arguments: dict[str, Any] = {"response": list(response)}
    if citations is not None:
        arguments["citations"] = citations
    return calling(("ehr.finish", arguments), tag=tag)


LATEST_LABS = ("ehr.get_latest_records", {"subject_id": str(SUBJECT), "table_name": "labevents"})


def labs(start: str = "2150-03-01 00:00:00", end: str = CUTOFF) -> tuple[str, dict[str, Any]]:
    """A call for the lab rows of a stretch of time."""
    return (
        "ehr.get_records_by_time",
        {
            "subject_id": str(SUBJECT),
            "table_name": "labevents",
            "start_time": start,
            "end_time": end,
        },
    )


@dataclass
class Ward:
    """One patient's labs as (time, itemid, value); opening a case keeps those up to the cutoff."""

    folder: Path
    labs: list[tuple[str, int, float]] = field(
        default_factory=lambda: [
            ("2150-03-04 06:00:00", CREATININE, 1.3),
            ("2150-03-04 06:00:00", POTASSIUM, 4.1),
            ("2150-03-05 06:00:00", POTASSIUM, 3.2),
            ("2150-03-06 06:00:00", POTASSIUM, 5.9),
        ]
    )
    opened: int = 0
    fingerprint: str = "ward-1"

    def open_case(
        self, store: str, subject_id: int, *, cutoff: str, profile: str, folder: Path, name: str
    ) -> Case:
        """A case with admissions and labevents, equal bytes for equal arguments."""
        if subject_id != SUBJECT:
            raise SubjectError(f"subject_id {subject_id} is not in {store}; it holds {SUBJECT}")
        self.opened += 1
        making, path = folder / f"{name}.making", folder / name
        making.unlink(missing_ok=True)
        with closing(sqlite3.connect(making)) as connection, connection:
            connection.execute(
                "CREATE TABLE labevents (row_id INTEGER PRIMARY KEY, subject_id INTEGER, "
                "itemid INTEGER, charttime TEXT, valuenum REAL)"
            )
            known = [row for row in sorted(self.labs) if row[0] <= cutoff]
            connection.executemany(
                "INSERT INTO labevents VALUES (?, ?, ?, ?, ?)",
                [
                    (at, SUBJECT, item, time, value)
                    for at, (time, item, value) in enumerate(known, 1)
                ],
            )
        making.replace(path)
        key = CaseKey(store, subject_id, cutoff, cast(Profile, profile))
        return Case(key, path, self.vocabulary)

    @property
    def vocabulary(self) -> Path:
        """The dictionary of lab items, made once, whole even where several runs begin at once."""
        path = self.folder / "vocabulary.sqlite"
        if not path.exists():
            draft = path.with_name(f"vocabulary-{uuid.uuid4().hex}")
            with closing(sqlite3.connect(draft)) as connection, connection:
                connection.execute(
                    "CREATE TABLE d_labitems "
                    "(itemid INTEGER, label TEXT, fluid TEXT, category TEXT)"
                )
                connection.executemany(
                    "INSERT INTO d_labitems VALUES (?, ?, 'Blood', 'Chemistry')",
                    [(POTASSIUM, "Potassium"), (CREATININE, "Creatinine")],
                )
            draft.replace(path)
        return path

    def means(self, model: BaseChatModel | None = None, **others: Any) -> Means:
        """The means over this ward, with `model` for every spec."""
        if model is not None:
            others["build_model"] = lambda _: model
        return Means(
            open_case=self.open_case,
            fingerprint=lambda _: self.fingerprint,
            **{"patience": Patience(busy=4, passing=2, pace=0.0), **others},
        )
