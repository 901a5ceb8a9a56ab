"""What a tool hands to the harness beside the text that the model reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, kw_only=True)
class WebSource:
    """The part of a page that an observation shows.

    `cursor` is the number under which the page stands in the run's citations `【cursor†L1-L2】`,
    `first` and `last` are the lines shown. `sha256` addresses the whole page in the run's archive,
    as it was retrieved at `retrieved` (UTC, YYYY-MM-DDTHH:MM:SSZ). The URL of a search is empty.
    A look-up in a page has the address of that page and its `pattern`, a source its `mime` type:
    with them what was shown can be made again (clinseek.toolkits.browser.reader.page_shown).
    """

    cursor: int
    kind: str
    url: str
    title: str
    first: int
    last: int
    retrieved: str
    sha256: str
    pattern: str = ""
    mime: str = ""


class ImageBox(NamedTuple):
    """A part of an image in its own pixels, and what is there."""

    label: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, kw_only=True)
class ImageSource:
    """The image that an observation is about: its path in the run, its hash, parts of it.

    The parts are in the order in which the text names them.
    """

    path: str
    sha256: str
    boxes: tuple[ImageBox, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Observation:
    """The artifact of one tool call: where its text came from.

    `row_ids` are the row ids of `table` in the order in which the text shows them (empty where
    the text is not made of one table's rows). `tables` are all tables that were read. `refused`
    is True when the call was answered with a sentence that says what to do instead. `web` is the
    page that the text shows, where it shows one, and `image` the image that it is about.
    """

    tables: tuple[str, ...] = ()
    table: str | None = None
    row_ids: tuple[int, ...] = ()
    refused: bool = False
    web: WebSource | None = None
    image: ImageSource | None = None
