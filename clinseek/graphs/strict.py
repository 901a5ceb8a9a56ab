"""A compiled graph that refuses unknown input and context keys instead of dropping them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, cast

from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from clinseek.errors import UserError
from clinseek.graphs.state import Context, Input, Output, State
from clinseek.nodes.gate import check_keys

_OPTIONAL = tuple(name for name in Input.__annotations__ if name != "question")


class StrictGraph(CompiledStateGraph[State, Context, Input, Output]):
    """The graph behind a gate: input and context are checked before anything runs.

    Every way to run a graph goes through `stream` or `astream`. Optional inputs that are not
    given become None, so that a second question on a thread never inherits those of the first.
    """

    def stream(self, input: Any, config: Any = None, **kwargs: Any) -> Iterator[Any]:  # noqa: A002
        """As langgraph's, behind the gate; SettingError names a key that is not known."""
        with _told():
            checked = _admitted(input, kwargs)
            yield from super().stream(checked, config, **kwargs)

    async def astream(
        self,
        input: Any,  # noqa: A002
        config: Any = None,
        **kwargs: Any,
    ) -> AsyncIterator[Any]:
        """As langgraph's, behind the gate; SettingError names a key that is not known."""
        with _told():
            checked = _admitted(input, kwargs)
            async for part in super().astream(checked, config, **kwargs):
                yield part


def strict(compiled: CompiledStateGraph[State, Context, Input, Output]) -> StrictGraph:
    """`compiled` behind the gate."""
    held = {name: value for name, value in vars(compiled).items() if name != "__orig_class__"}
    return StrictGraph(**held)


@contextmanager
def _told() -> Iterator[None]:
    """A user's mistake is a ValueError too: the server passes on the words of those alone."""
    try:
        yield
    except UserError as error:
        raise _worded(type(error))(str(error)) from error


def _worded(kind: type[UserError]) -> type[UserError]:
    return kind if issubclass(kind, ValueError) else type(kind.__name__, (kind, ValueError), {})


def _admitted(given: Any, kwargs: dict[str, Any]) -> Any:
    context = kwargs.get("context")
    if isinstance(context, Mapping):
        check_keys("context", context, [field.name for field in fields(Context)])
    if context is None:
        kwargs["context"] = Context()
    if given is None or isinstance(given, Command) or not isinstance(given, Mapping):
        return given
    known = [*Input.__annotations__]
    check_keys("input", given, known)
    return cast(Input, {**dict.fromkeys(_OPTIONAL), **given})
