"""One call of the run's own browser: over the pages that it has open, behind its guards."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import cast

from clinseek.errors import Refusal
from clinseek.graphs.state import Call, Context
from clinseek.nodes.bench import Bench
from clinseek.nodes.outcomes import Outcome
from clinseek.records import WebShown
from clinseek.toolkits.browser import BrowserState
from clinseek.toolkits.observation import Observation


async def browse(call: Call, context: Context, bench: Bench) -> Outcome:
    """What search, open or find shows, and what it adds to the stack.

    SettingError where the chosen web cannot be: the user mends it, and the run is resumed.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(bench.means.webs.threads(), _browsed, call, context, bench)


def _browsed(call: Call, context: Context, bench: Bench) -> Outcome:
    from clinseek.toolkits.browser.arguments import ARGUMENTS
    from clinseek.toolkits.browser.guards.egress import Egress
    from clinseek.toolkits.browser.session import BrowserSession

    before = BrowserState.from_json(call["browser"])
    session = BrowserSession(bench.reader(call["case"], context), before)
    takes = next(arguments for arguments in ARGUMENTS if arguments.tool == call["tool"])
    guard = session.reader.guards.egress
    counted = len(guard.stopped) if isinstance(guard, Egress) else 0
    text, origin = session.call(takes, call["arguments"])
    opened = session.state.as_json()[len(before.stack) :]
    stopped = guard.stopped[counted:] if isinstance(guard, Egress) else []
    held_back = tuple(f"{', '.join(each.kinds)} (text {each.digest})" for each in stopped)
    return Outcome(text, origin, opened=tuple(opened), held_back=held_back)


def leads_to(call: Call, context: Context, bench: Bench) -> str | None:
    """The address behind the link that a call opens; None where it opens none."""
    from clinseek.toolkits.browser.arguments import Open, read_arguments

    if call["tool"] != Open.tool:
        return None
    try:
        asked = read_arguments(Open, call["arguments"])
        if isinstance(asked.id, str):
            return asked.id
        stack = BrowserState.from_json(call["browser"])
        links = bench.reader(call["case"], context).page(stack, asked.cursor).links
    except Refusal:  # the call will say so itself
        return None
    return links[asked.id] if 0 <= asked.id < len(links) else None


def shown_by(origin: Observation) -> WebShown | None:
    """What an observation shows of a page, as the ledger keeps it."""
    return None if origin.web is None else cast(WebShown, asdict(origin.web))
