"""What the nodes work with: models, cases and tools, made on first use and kept while the graph is.

Nothing kept here belongs to the run's state: all of it can be made again from the state alone.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool

from clinseek.errors import UserError
from clinseek.graphs.state import CaseBinding, Context
from clinseek.models import HostFacts, build_model, facts_of
from clinseek.models.gate import Gate, Gates
from clinseek.models.prices import Price, price_of
from clinseek.nodes.casework import OpenCase, reopen
from clinseek.nodes.outside import NOTHING_OUTSIDE, OpenedOutside, Outside
from clinseek.nodes.pictures import Engines, image_tools
from clinseek.nodes.toolset import BROWSER_TOOLS
from clinseek.nodes.turn import Patience
from clinseek.nodes.webs import Webs, absence_of, guards_over, web_choice
from clinseek.records import EvidenceEntry
from clinseek.settings import model_spec
from clinseek.toolkits.ehr.case import Case, open_case
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tools import EhrToolkit
from clinseek.toolkits.observation import WebSource

if TYPE_CHECKING:
    from clinseek.toolkits.browser.reader import Reader

_KEPT = 32


def _ehr_tools(case: Case) -> Sequence[BaseTool]:
    return EhrToolkit(case=case).get_tools()


def _fingerprint(store: str) -> str:
    return Store.open(store).fingerprint


class Host(NamedTuple):
    """A model with what is known of its host: its room, None where nothing is far, its price."""

    model: BaseChatModel
    facts: HostFacts
    room: Gate | None
    price: Price | None


_GATES = Gates()
"""One gate for each host and event loop, whoever asks: that many runs share a host is its point."""
_WEBS = Webs()
"""Archives and backends of the web, shared for the same reason."""
_ENGINES = Engines()
"""The models behind image tools, loaded once in a process."""


@dataclass(frozen=True, kw_only=True)
class Means:
    """Where models, cases and tools come from; tests put scripted ones in their place."""

    build_model: Callable[[str], BaseChatModel] = build_model
    open_case: OpenCase = open_case
    tools_of: Callable[[Case], Sequence[BaseTool]] = _ehr_tools
    fingerprint: Callable[[str], str] = _fingerprint
    patience: Patience = field(default_factory=Patience)
    gates: Gates = _GATES
    webs: Webs = _WEBS
    engines: Engines = _ENGINES
    outside_commands: bool = False
    """Whether an outside server may be a command. A graph behind a port must not start any: who
    reaches the port would run what they like."""


_HERE: ContextVar[Bench] = ContextVar("bench")


def bench_here() -> Bench:
    """The bench of the run that is under way here."""
    return _HERE.get()


@contextmanager
def at_bench(bench: Bench) -> Iterator[None]:
    """Runs that begin inside are made at `bench`."""
    before = _HERE.set(bench)
    try:
        yield
    finally:
        _HERE.reset(before)


class Bench:
    """The means of one graph with what they made last; safe to use from several threads."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._opened: dict[tuple[str, str, asyncio.AbstractEventLoop], OpenedOutside] = {}
        self._lock = threading.Lock()

    def model(self, spec: str | None) -> BaseChatModel:
        """The model of `spec`, one for each event loop (its connections belong to a loop)."""
        named = model_spec(spec)
        key = ("model", named, asyncio.get_running_loop())
        made: BaseChatModel = self._keep(key, lambda: self.means.build_model(named))
        return made

    def host(self, spec: str | None) -> Host:
        """The model of `spec` with the room and the price of its host."""
        model = self.model(spec)
        facts = facts_of(model)
        room = self.means.gates.of(facts.address, most=facts.concurrency) if facts.address else None
        return Host(model, facts, room, price_of(model_spec(spec)))

    def case(self, binding: CaseBinding) -> Case:
        """The bound case, its file made again if it is gone."""
        return reopen(self.means.open_case, binding)

    def tools(self, binding: CaseBinding) -> Mapping[str, BaseTool]:
        """Every tool that can work over the bound case, by name."""
        case = self.case(binding)

        def make() -> dict[str, BaseTool]:
            return {tool.name: tool for tool in self.means.tools_of(case)}

        made: dict[str, BaseTool] = self._keep(("tools", binding["file"]), make)
        return made

    def image_tools(self, binding: CaseBinding) -> Mapping[str, BaseTool]:
        """The tools that can work over the images of a run, by name; {} where it has none.

        SettingError where an image is not the one that the run began with.
        """
        if "images" not in binding:
            return {}
        attached = [(each["path"], each["sha256"]) for each in binding["images"]["attached"]]
        made: dict[str, BaseTool] = self._keep(
            ("images", binding["file"], binding["images"]["root"], *attached),
            lambda: dict(image_tools(binding, self.means.engines.engine())),
        )
        return made

    def browses(self, context: Context) -> bool:
        """Whether a run has a browser of its own."""
        return absence_of(web_choice(context)) is None

    def reader(self, binding: CaseBinding, context: Context) -> Reader:
        """The web as one run sees it, behind guards that know its case. SettingError."""
        choice = web_choice(context)
        key = ("guards", binding["file"], choice.guard, choice.deny)
        guards = self._keep(key, lambda: guards_over(Path(self.case(binding).path), choice))
        return self.means.webs.reader(choice, guards)

    def lines(
        self, context: Context, entry: EvidenceEntry, lines: tuple[int, int]
    ) -> tuple[str, ...]:
        """Lines of the page that evidence shows, from the archive; () where it is gone."""
        from clinseek.toolkits.browser.actions import lines_of

        if "web" not in entry:
            return ()
        try:
            page = self.means.webs.page(web_choice(context), WebSource(**entry["web"]))
        except UserError:  # another archive by now, say: what was shown stands in the messages
            return ()
        return () if page is None else lines_of(page, *lines)

    async def outside(self, binding: CaseBinding, context: Context) -> Outside:
        """The tools of the outside servers of one run, opened once and kept until `leave`."""
        table = context.mcp
        if not table:
            return NOTHING_OUTSIDE
        key = ("outside", binding["file"], asyncio.get_running_loop())
        with self._lock:
            opened = self._opened.setdefault(key, OpenedOutside())
        taken = {*await asyncio.to_thread(self.tools, binding)}
        taken.update(await asyncio.to_thread(self.image_tools, binding))
        taken.update(BROWSER_TOOLS if self.browses(context) else ())
        return await opened.tools(
            table, taken=taken, binding=binding, commands=self.means.outside_commands
        )

    async def leave(self, binding: CaseBinding | None = None) -> None:
        """Close what was opened outside for one run, or for all of this event loop."""
        loop, file = asyncio.get_running_loop(), binding and binding["file"]
        with self._lock:
            keys = [key for key in self._opened if key[2] is loop and file in (None, key[1])]
            left = [self._opened.pop(key) for key in keys]
        for opened in left:
            await opened.close()

    def _keep(self, key: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made
