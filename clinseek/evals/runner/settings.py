"""How the runs of one evaluation are made: everything that two of them have in common."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from clinseek.graphs.state import WebGuard, WebMode
from clinseek.prompts import Role
from clinseek.records import Setting
from clinseek.toolkits.ehr.availability.profiles import CaseProfile

Protocol = Literal["clinseek", "paper"]


class RunSettings(BaseModel):
    """What decides how a run goes, beside its row and epoch. Equal settings, comparable runs.

    `curated` and `automated` runs differ in nothing but the evidence, unless `protocol` is
    `paper`: then in what the published settings differed in, which stands in `differences`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    parameters: dict[str, Any] = {}
    setting: Setting = "automated"
    tools: str = "all"
    role: Role = "clinseek"
    profile: CaseProfile = "available"
    protocol: Protocol = "clinseek"
    differences: tuple[str, ...] = ()
    mcp: dict[str, Any] = {}
    allow_hosts: str = ""
    web: WebMode | None = None
    web_backend: str | None = None
    web_corpora: tuple[str, ...] = ()
    web_archive: str | None = None
    web_guard: WebGuard | None = None
    web_deny: str | None = None
    image_root: str | None = None
    reports_inlined: bool = True
    max_rounds: int = 200
    max_tokens: int | None = None
    max_dollars: float | None = None
    max_seconds: float | None = None
    max_observation_chars: int = 100_000
    max_browser_calls: int = 40
    max_revisions: int = 1

    @property
    def bound_tools(self) -> str:
        """The tools that are bound: in the curated setting `ehr.finish` alone."""
        return "ehr.finish" if self.setting == "curated" else self.tools
