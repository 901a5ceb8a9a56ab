"""A curated run as the published systems made it: one turn, no system role, an answer trailer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from langchain_core.messages import HumanMessage

from clinseek.errors import SettingError
from clinseek.evals.rows import Row
from clinseek.evals.runner.asking import input_of
from clinseek.evals.runner.run_folder import RunPlan
from clinseek.evals.runner.seeking import Job, Made, ModelOf, recorded
from clinseek.models import HostFacts, facts_of
from clinseek.models.gate import Gates
from clinseek.models.images import without_images
from clinseek.models.prices import price_of
from clinseek.nodes.answers import salvage
from clinseek.nodes.bench import Means
from clinseek.nodes.hearing import reasoning_apart, reasoning_of
from clinseek.nodes.pictures import attach, reports_of
from clinseek.nodes.turn import Turn, added_timings, added_usage, take_turn, used_in
from clinseek.prompts import unmarked
from clinseek.records import NO_TIME, NO_USAGE, ImageAttached, RunError
from clinseek.scratch import scratch_folder

_TRAILER = (
    "Think first. Then end your reply with your final answer, as JSON between tags, one entry for "
    'each item: <answer>{"response": ["..."]}</answer>. Where candidates are given, answer only '
    "with candidates, spelled as they are given."
)


class _Told(NamedTuple):
    """The one message of a run, and the images that came with it."""

    message: HumanMessage
    attached: list[ImageAttached]

    def to(self, facts: HostFacts) -> list[HumanMessage]:
        """As it is sent: a host without images is told their paths."""
        if facts.takes_images is not False:
            return [self.message]
        paths = {each["shown"]: each["path"] for each in self.attached if each["shown"]}
        return without_images([self.message], paths=paths)


class PackagedRuns:
    """Makes the runs of a folder whose protocol is the paper's and whose setting is curated.

    A run is a single turn, so there is nothing to go on with: one that was cut off is made anew.
    """

    def __init__(self, plan: RunPlan, *, means: Means, model_of: ModelOf) -> None:
        self._plan, self._means, self._model_of = plan, means, model_of
        self._gates: Gates = means.gates

    async def run(self, job: Job) -> Made:
        """The run's record, failed where the model could not be asked."""
        model = self._model_of(job.epoch)
        facts, price = facts_of(model), price_of(self._plan.settings.model)
        room = self._gates.of(facts.address, most=facts.concurrency) if facts.address else None
        try:
            told = await asyncio.to_thread(self._told, job.row)
        except SettingError as error:
            return Made(recorded(_broken(error), job, self._plan, model), may_pass=False)
        turn = await take_turn(model, told.to(facts), room=room, patience=self._means.patience)
        state: dict[str, Any] = {
            "messages": [told.message],
            "usage": added_usage(NO_USAGE, turn, price=price),
            "timings": added_timings(NO_TIME, turn),
            "turns": [used_in(turn, 1)],
            "case": {
                "fingerprint": self._plan.store_fingerprint,
                "profile": self._plan.settings.profile,
                "images": {"attached": told.attached},
            },
        }
        state["timings"]["elapsed"] = turn.model_seconds + turn.waiting_seconds
        state |= _ended(turn, job.row)
        if turn.answer is not None:
            state["messages"] = [told.message, reasoning_apart(turn.answer)]
        return Made(recorded(state, job, self._plan, model), may_pass=True)

    def _told(self, row: Row) -> _Told:
        """The one message of a run, with the first images of its row."""
        settings = self._plan.settings
        with scratch_folder("clinseek-images-") as made:
            root = settings.image_root
            engine = self._means.engines.engine()
            pictured = attach(row.images, root, made=made, engine=engine) if row.images else []
            inlined = settings.reports_inlined
            reports = reports_of(row.reports, root, made=made, inlined=inlined)
        blocks = [each.block for each in pictured if each.block]
        prompt = packaged_prompt(row, reports=[each.text for each in reports if each.text])
        content: Any = [{"type": "text", "text": prompt}, *blocks] if blocks else prompt
        return _Told(HumanMessage(content, id="task"), [each.attached for each in pictured])

    async def forget(self, thread: str) -> None:
        """Nothing is kept of a run but its record."""

    async def threads(self) -> list[str]:
        """None: nothing is kept of a run but its record."""
        return []


def is_packaged(plan: RunPlan) -> bool:
    """Whether the runs of a plan are of this kind."""
    return plan.settings.setting == "curated" and plan.settings.protocol == "paper"


def packaged_prompt(row: Row, *, reports: Sequence[str] = ()) -> str:
    """The text of such a run: task, package, reports, images, candidates, and how to answer."""
    parts = [str(input_of(row, "curated")["question"])]
    parts += [f"<report>\n{unmarked(text)}\n</report>" for text in reports]
    if row.images:
        listed = "\n".join(f"- {unmarked(path)}" for path in row.images)
        parts.append(f"<image_inputs>\n{listed}\n</image_inputs>")
    if row.candidates:
        listed = "\n".join(f"- {name}" for name in row.candidates)
        parts.append(f"<candidates>\n{listed}\n</candidates>")
    return "\n\n".join([*parts, _TRAILER])


def _ended(turn: Turn, row: Row) -> dict[str, Any]:
    """How the run ended, by its only turn."""
    if turn.answer is None:
        said = turn.fault.sentence if turn.fault else "the time limit was reached"
        fault = RunError(where="seek", round=1, number=0, kind="model_error", message=said)
        return {"status": "failed", "stop_reason": "model_error", "errors": [fault]}
    spoken = reasoning_apart(turn.answer)
    read = salvage(
        spoken.text,
        reasoning_of(spoken),
        candidates=row.candidates or (),
        answer_form=row.answer_form,
    )
    answer = read["answer"] if read is not None else []
    return {
        "submission": read,
        "answer": answer,
        "citations": [[] for _ in answer],
        "status": "answered" if answer else "abstained",
        "stop_reason": "stopped_calling",
    }


def _broken(error: SettingError) -> dict[str, Any]:
    """How a run ended that could not be begun: one of its images cannot be read, say."""
    fault = RunError(where="run", round=0, number=0, kind=type(error).__name__, message=str(error))
    return {"status": "failed", "stop_reason": "run_error", "errors": [fault]}
