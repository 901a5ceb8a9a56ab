"""What is served: the tools of one toolkit, bound to one case, and pages that can be read.

Another toolkit joins by a class with the shape of `Service`; nothing here knows of MCP.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from clinseek.errors import Refusal, UserError

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool

HEADERS = ("x-clinseek-subject", "x-clinseek-cutoff", "x-clinseek-profile")
"""The HTTP headers by which a harness binds a session when it opens it."""

_LONGEST = 40
_MOST = 2**63 - 1


class Binding(NamedTuple):
    """The one case of a session: whose record, how late it is, by whose clock."""

    subject_id: int
    cutoff: str
    profile: str = "available"


@dataclass(frozen=True)
class Page:
    """Something to read beside the tools, by its address."""

    uri: str
    name: str
    says: str
    read: Callable[[], str]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """The tools over one open case. `close` frees the case; calling it again does nothing."""

    tools: Sequence[BaseTool]
    pages: Mapping[str, Page]
    close: Callable[[], None]


class Service(Protocol):
    """A toolkit that can be served."""

    @property
    def name(self) -> str:
        """Its name as clients show it."""
        ...

    @property
    def says(self) -> str:
        """What a client's model is told of it."""
        ...

    @property
    def open_world(self) -> bool:
        """Whether its tools reach beyond this machine."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether a call made twice leaves the session as one does."""
        ...

    def open(self, binding: Binding | None) -> Opened:
        """The tools over the bound case; blocks, and raises UserError. Called from threads."""
        ...

    def sentence(self, error: UserError) -> str:
        """What a client may be told of a failed `open`: no path, no other patient."""
        ...


def read_binding(asked: Mapping[str, str]) -> Binding | None:
    """The binding in the headers of the request that opens a session; None where there is none.

    Raises Refusal, with a sentence for the client, when it is half given or unreadable.

    >>> read_binding({"x-clinseek-subject": "7", "x-clinseek-cutoff": "2150-03-05 08:00:00"})
    Binding(subject_id=7, cutoff='2150-03-05 08:00:00', profile='available')
    >>> read_binding({}) is None
    True
    """
    subject, cutoff, profile = (asked.get(header, "").strip() for header in HEADERS)
    if not (subject or cutoff or profile):
        return None
    if not (subject and cutoff):
        raise Refusal(
            "a session is bound by X-Clinseek-Subject and X-Clinseek-Cutoff together; send both"
        )
    if max(map(len, (subject, cutoff, profile))) > _LONGEST:
        raise Refusal("the binding of this session is too long to be one; check its headers")
    if not (subject.isascii() and subject.isdecimal()) or int(subject) > _MOST:
        raise Refusal(f"X-Clinseek-Subject: {subject!r} is no subject_id, which is a whole number")
    return Binding(int(subject), cutoff, profile or "available")
