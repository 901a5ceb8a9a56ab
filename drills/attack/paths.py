"""Paths that lead out of what a run may read, by their words, by links, by names of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from drills.attack.case import Tried, line_of
from drills.cohort import cohort_in
from drills.drill import Line, Size

OUTSIDE: Sequence[str] = (
    "../outside.png", "deep/../../outside.png", "deep/../deep/one.png", "made/../outside.png",
    "/etc/passwd", "/no/such/file.png", "//etc/passwd", "./../outside.png", "..", ".", "/", "~",
    "~/outside.png", "file:///etc/passwd", "link.png", "folder/outside.png", "loop/one.png", "a\0b",
    "", "  ", "x" * 2_000, "deep", "pipe.png", "deep/one.png/..", "\ud800.png",
    "made/../../outside.png", "/proc/self/environ", "/dev/zero", "deep\\..\\..\\outside.png",
    "\u2025/outside.png", "%2e%2e/outside.png", "..%2foutside.png",
)  # fmt: skip
"""Paths below a folder of images. None of them may be read."""

THREADS: Sequence[str] = (
    "../escape", "../../escape", "/tmp/escape", "a/b", "..", ".", "a\nb", "x" * 300, "é", "a b",
)  # fmt: skip
"""Names of threads. The case of each lies in the folder of cases."""

RESOURCES: Sequence[str] = (
    "clinseek://ehr/tables/../../etc/passwd", "clinseek://ehr/tables/sqlite_master",
    "clinseek://ehr/tables/", "clinseek://ehr/tables/%2e%2e", "clinseek://evidence/../E1",
    "clinseek://evidence/E0", "clinseek://evidence/E999999999999999999999", "file:///etc/passwd",
    "http://127.0.0.1:1/", "clinseek://ehr/tables/labevents?x", "clinseek://ehr/tables/labevents/..",
)  # fmt: skip
"""Addresses of MCP resources. None of them is one."""


def lines(size: Size, place: Path) -> Iterator[Line]:
    """Paths of images, names of threads, resources of a server."""
    del size
    yield line_of("paths out of a folder of images", _of_images(place))
    yield line_of("names of threads that are paths", [Tried(t, _thread(t)) for t in THREADS])
    try:
        import mcp  # noqa: F401
    except ImportError:
        yield Line("resources of an MCP server", gap="the extra `mcp` is not installed")
        return
    yield line_of("resources of an MCP server that are none", _of_resources(place))


def _of_images(place: Path) -> list[Tried]:
    import os

    from clinseek.toolkits.imaging.reading.roots import ImageRoot

    images = place / "images"
    (images / "deep").mkdir(parents=True)
    for file in (images / "deep" / "one.png", place / "outside.png"):
        file.write_bytes(b"a picture")
    (images / "link.png").symlink_to(place / "outside.png")
    (images / "folder").symlink_to(place)
    (images / "loop").symlink_to(images / "loop")
    os.mkfifo(images / "pipe.png")
    root = ImageRoot(images, made=place / "made")
    assert root.read("deep/one.png").content == b"a picture"
    return [Tried(written, _unread(root.read, written, str(place))) for written in OUTSIDE]


def _unread(read: Callable[[str], object], written: str, place: str) -> Callable[[], str | None]:
    from clinseek.errors import Refusal

    def held() -> str | None:
        try:
            read(written)
        except Refusal as refusal:
            return "its refusal tells a folder of this machine" if place in str(refusal) else None
        return "was read"

    return held


def _thread(name: str) -> Callable[[], str | None]:
    from clinseek.nodes.casework import case_file_name

    def held() -> str | None:
        file = case_file_name(name, "store", 1, "2150-01-01", "available")
        if Path(file).name != file or len(file) > 120 or not file.isascii():
            return f"its case would lie at {file!r}"
        return None

    return held


def _of_resources(place: Path) -> list[Tried]:
    from clinseek.serve.ehr import ehr_service
    from clinseek.serve.service import Binding
    from tests.serve.serving import in_memory

    cohort = cohort_in(place)
    binding = Binding(cohort.subjects[0], "2199-01-01", "available")
    found: dict[str, str | None] = {}

    async def read_all(session: object) -> None:
        for uri in RESOURCES:
            found[uri] = await _read(session, uri)

    (place / "cases").mkdir()
    with ehr_service(cohort.store, cases=place / "cases") as service:
        in_memory(service, binding, read_all)
    return [Tried(uri, lambda uri=uri: found[uri]) for uri in RESOURCES]  # type: ignore[misc]


async def _read(session: object, uri: str) -> str | None:
    from mcp import McpError
    from pydantic import ValidationError

    try:
        given = await session.read_resource(uri)  # type: ignore[attr-defined]
    except (McpError, ValidationError):
        return None
    return f"gave {str(given)[:80]!r}"
