"""The `browser.*` tools as LangChain tools over the browser of one run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any, Literal

from langchain_core.tools import BaseTool
from langchain_core.tools.base import BaseToolkit
from pydantic import ConfigDict

from clinseek.toolkits.arguments import Arguments, parameters_of
from clinseek.toolkits.browser import arguments as takes
from clinseek.toolkits.browser.session import BrowserSession
from clinseek.toolkits.observation import Observation


class BrowserTool(BaseTool):
    """One `browser.*` tool over one session.

    What a model did wrong, and what the web did, comes back as text with
    `Observation(refused=True)`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    session: BrowserSession
    takes: type[Arguments]
    executor: Executor | None = None

    def _run(self, /, *unnamed: Any, **given: Any) -> tuple[str, Observation]:
        if unnamed:
            return f"{self.name} takes its arguments by name", Observation(refused=True)
        return self.session.call(self.takes, given)

    async def _arun(self, /, *unnamed: Any, **given: Any) -> tuple[str, Observation]:
        call = partial(self._run, *unnamed, **given)
        return await asyncio.get_running_loop().run_in_executor(self.executor, call)

    @property
    def coroutine(self) -> Callable[..., Awaitable[Any]]:
        """Says to whoever asks, as LangChain's own tools do, that `ainvoke` blocks no thread."""
        return self._arun


class BrowserToolkit(BaseToolkit):
    """browser.search, browser.open and browser.find over `session`.

    Pages may be slow, so calls made with `ainvoke` run in `executor` where one is given: the
    threads of the event loop are few, and others need them.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    session: BrowserSession
    executor: Executor | None = None

    def get_tools(self) -> list[BaseTool]:
        """One tool for each of BROWSER_TOOL_NAMES, in that order."""
        return [
            BrowserTool(
                name=arguments.tool,
                description=arguments.says,
                args_schema=parameters_of(arguments),
                session=self.session,
                takes=arguments,
                executor=self.executor,
            )
            for arguments in takes.ARGUMENTS
        ]
