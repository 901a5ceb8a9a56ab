"""Whether a model can do what a run asks of it: reached, one call, two at once, an image.

Costs a few short turns and opens no record. Nothing but made-up sums and a plain square is sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from clinseek.models import build_model, check_model, close_model, facts_of, parameters_of
from clinseek.models.facts import HostFacts
from clinseek.models.spec_file import named_model
from clinseek.nodes.hearing import heard, reasoning_of
from clinseek.nodes.turn import Patience, Turn, take_turn

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

Ended = Literal["works", "fails", "not tried"]

_TOOL = "clinseek.add"
_SCHEMA: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": _TOOL,
        "description": "The sum of two whole numbers.",
        "parameters": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "required": ["a", "b"],
        },
    },
}
_ONE = "Use the tool to add 1917 and 2325. Do not reckon yourself; call the tool."
_TWO = (
    "Use the tool twice in this one turn, as two calls side by side: add 11 and 12, and add 300 "
    "and 400. Do not reckon yourself; make both calls now."
)
_COLOUR = "What colour is this square? Answer with one word."
_PATIENCE = Patience(busy=3, passing=1)


@dataclass(frozen=True)
class Trial:
    """One thing that was tried: how it ended, and what was seen."""

    what: str
    ended: Ended
    seen: str
    needed: bool = True


@dataclass(frozen=True)
class ModelCheck:
    """What is known of a model after trying it. `sound`: a run can be made with it."""

    spec: str
    parameters: dict[str, Any]
    facts: HostFacts
    dialect: str | None
    trials: tuple[Trial, ...]

    @property
    def sound(self) -> bool:
        """True when nothing that a run needs failed."""
        return all(trial.ended != "fails" or not trial.needed for trial in self.trials)


async def check_spec(spec: str) -> ModelCheck:
    """Try the model of `spec`; ModelError where it cannot be named or reached."""
    named = named_model(spec)
    model = build_model(named)
    try:
        check_model(model)
        if named.provider in ("offline", "replay"):
            trials: tuple[Trial, ...] = (Trial("a call", "not tried", _NO_MODEL[named.provider]),)
            return ModelCheck(str(named), parameters_of(model), facts_of(model), None, trials)
        one, dialect = await _one_call(model)
        trials = (one, await _two_calls(model), await _image(model))
        return ModelCheck(str(named), parameters_of(model), facts_of(model), dialect, trials)
    finally:
        await close_model(model)


_NO_MODEL = {
    "offline": "a fixed policy in this process; it answers questions about a record only",
    "replay": "says the turns of a record again",
}


async def _one_call(model: BaseChatModel) -> tuple[Trial, str | None]:
    """One call, its observation, and an answer that holds it."""
    from langchain_core.messages import HumanMessage, ToolMessage

    what, asked = "a call and its answer", HumanMessage(_ONE)
    turn = await _turn(model, [asked])
    if turn.answer is None:
        return Trial(what, "fails", _fault(turn)), None
    found = heard(turn.answer, tools=[_SCHEMA], taken=(), round_=1)
    calls = found.spoken.tool_calls
    dialect = next((kind for kind in found.repairs if kind.startswith("dialect:")), "native")
    dialect = dialect.removeprefix("dialect:")
    if not calls or calls[0]["name"] != _TOOL:
        return Trial(what, "fails", f"no call of the tool; it said {_said(found.spoken)}"), None
    if calls[0]["args"] != {"a": 1917, "b": 2325}:
        return Trial(what, "fails", f"wrong arguments: {calls[0]['args']}"), dialect
    answers = [ToolMessage("4242", tool_call_id=str(call["id"])) for call in calls]
    second = await _turn(model, [asked, found.spoken, *answers])
    if second.answer is None:
        return Trial(what, "fails", f"the call came; its answer: {_fault(second)}"), dialect
    if "4242" not in re.sub(r"[^\d]", "", second.answer.text):
        said = _said(second.answer)
        return Trial(what, "fails", f"the call came; its answer was not read: {said}"), dialect
    reasoned = "with" if reasoning_of(found.spoken) else "without"
    counted = "counted" if not turn.tokens.estimated else "not counted"
    seconds = turn.model_seconds + second.model_seconds
    seen = f"{dialect} call, {reasoned} reasoning, tokens {counted} by the host, {seconds:.1f} s"
    return Trial(what, "works", seen), dialect


async def _two_calls(model: BaseChatModel) -> Trial:
    from langchain_core.messages import HumanMessage

    what = "two calls in one turn"
    turn = await _turn(model, [HumanMessage(_TWO)])
    if turn.answer is None:
        return Trial(what, "fails", _fault(turn), needed=False)
    calls = heard(turn.answer, tools=[_SCHEMA], taken=(), round_=1).spoken.tool_calls
    sums = sorted(sum(value for value in call["args"].values() if isinstance(value, int))
                  for call in calls)  # fmt: skip
    if sums == [23, 700]:
        return Trial(what, "works", f"both came, {turn.model_seconds:.1f} s", needed=False)
    made = "one call" if len(calls) == 1 else f"{len(calls)} calls"
    return Trial(what, "fails", f"{made} came; a run then takes more rounds", needed=False)


async def _image(model: BaseChatModel) -> Trial:
    from langchain_core.messages import HumanMessage

    what = "an image"
    if facts_of(model).takes_images is False:
        return Trial(what, "not tried", "the host takes none; a run shows paths", needed=False)
    block = _red_square()
    if block is None:
        return Trial(what, "not tried", "needs Pillow: pip install pillow", needed=False)
    content: list[Any] = [{"type": "text", "text": _COLOUR}, block]
    turn = await _turn(model, [HumanMessage(content)], tools=False)
    if turn.answer is None:
        return Trial(what, "fails", _fault(turn), needed=False)
    if "red" in turn.answer.text.lower():
        return Trial(what, "works", "it saw a red square", needed=False)
    return Trial(what, "fails", f"it did not see it: {_said(turn.answer)}", needed=False)


def _red_square() -> dict[str, Any] | None:
    try:
        from io import BytesIO

        from PIL import Image

        from clinseek.models.images import encode, image_block
    except ModuleNotFoundError:
        return None
    drawn = BytesIO()
    Image.new("RGB", (64, 64), "red").save(drawn, format="PNG")
    block: dict[str, Any] = image_block(encode(drawn.getvalue()))
    return block


async def _turn(model: BaseChatModel, sent: list[BaseMessage], *, tools: bool = True) -> Turn:
    bound = model.bind_tools([_SCHEMA]) if tools else model
    return await take_turn(bound, sent, patience=_PATIENCE)


def _fault(turn: Turn) -> str:
    return turn.fault.sentence if turn.fault is not None else "no answer"


def _said(answer: AIMessage) -> str:
    said = " ".join(answer.text.split())
    return repr(said[:100]) if said else "nothing"
