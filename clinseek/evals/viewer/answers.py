"""What the viewer answers to an address: a page, a picture, a style sheet, or nothing."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from clinseek.evals.report.pictures import kind_of, picture_bytes
from clinseek.evals.viewer.choosing import choice_of
from clinseek.evals.viewer.image_files import file_picture
from clinseek.evals.viewer.index import IndexedRun, RunIndex
from clinseek.evals.viewer.pages.frame import page_of
from clinseek.evals.viewer.pages.listing import listing_page
from clinseek.evals.viewer.pages.opened_run import Asked
from clinseek.evals.viewer.pages.side_by_side import side_by_side_page
from clinseek.evals.viewer.pages.transcript import transcript_page

HTML = "text/html; charset=utf-8"
_SHEETS = {
    "viewer.css": "text/css; charset=utf-8",
    "viewer.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    kind: str
    body: bytes


class _NoSuchPage(Exception):  # noqa: N818
    """The address names nothing that there is."""


def answer(index: RunIndex, target: str, *, root: str) -> Answer:
    """The answer to `target`, a path with its query; `root` is the address of the list of runs."""
    asked = urlsplit(target)
    if not asked.path.startswith(root):
        return _nothing(root)
    try:
        return _answered(index, asked.path.removeprefix(root), asked.query, root)
    except _NoSuchPage:
        return _nothing(root)


def _answered(index: RunIndex, path: str, query_string: str, root: str) -> Answer:
    query = parse_qs(query_string, max_num_fields=40)
    if path in _SHEETS:
        return Answer(200, _SHEETS[path], _sheet(path))
    match path.split("/"):
        case [""]:
            return _page(listing_page(index, choice_of(query), root=root))
        case ["run", number]:
            run = _run(index, number)
            return _page(transcript_page(index, run, _asked(query), root=root))
        case ["run", number, "image", name]:
            return _picture(index, _run(index, number), name)
        case ["run", number, "file", at]:
            return _file(index, _run(index, number), at)
        case ["sides", one, other]:
            a, b = _run(index, one), _run(index, other)
            return _page(side_by_side_page(index, a, b, root=root))
    raise _NoSuchPage(path)


def _page(text: str) -> Answer:
    return Answer(200, HTML, text.encode())


def _nothing(root: str) -> Answer:
    from clinseek.evals.report.markup import element

    said = element("main", element("h1", "There is no such page"), id="main")
    return Answer(404, HTML, page_of("no such page", said, root=root).encode())


def _run(index: RunIndex, number: str) -> IndexedRun:
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise _NoSuchPage(number)
    if int(number) >= len(index.runs):
        raise _NoSuchPage(number)
    return index.runs[int(number)]


def _asked(query: dict[str, list[str]]) -> Asked:
    turn = query.get("turn", ["1"])[0]
    first = int(turn) if turn.isascii() and turn.isdigit() and len(turn) < 9 else 1
    whole = query.get("whole", [""])[0]
    listed = choice_of(query)._replace(page=1)
    words = query.get("find", [listed.words if listed.inside else ""])[0]
    return Asked(first=first, whole=whole, words=words, listed=listed)


def _picture(index: RunIndex, run: IndexedRun, name: str) -> Answer:
    picture = picture_bytes(index.read(run)["images"], name)
    if picture is None:
        raise _NoSuchPage(name)
    return Answer(200, kind_of(picture) or "application/octet-stream", picture)


def _file(index: RunIndex, run: IndexedRun, at: str) -> Answer:
    """The picture of a file that came with the question, by its number."""
    number = int(at) if at.isascii() and at.isdigit() and len(at) < 9 else -1
    picture = file_picture(index.read(run), number, index.image_root(run))
    if picture.jpeg is None:
        return Answer(404, "text/plain; charset=utf-8", f"{picture.why_not}\n".encode())
    return Answer(200, "image/jpeg", picture.jpeg)


def _sheet(name: str) -> bytes:
    sheet = files(__package__).joinpath(name).read_bytes()
    if name == "viewer.css":
        return files("clinseek.evals.report").joinpath("run_page.css").read_bytes() + sheet
    return sheet
