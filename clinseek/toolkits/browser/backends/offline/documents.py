"""The documents of a corpus: rows of JSON Lines, and the text, HTML and PDF files of a folder."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from clinseek.errors import SettingError
from clinseek.toolkits.browser.urls import CORPUS

_TYPES = {
    ".html": "text/html", ".htm": "text/html", ".xhtml": "text/html", ".pdf": "application/pdf",
    ".txt": "text/plain", ".md": "text/plain", ".rst": "text/plain",
}  # fmt: skip
_ROWS = (".jsonl", ".jsonl.gz", ".ndjson")
_URL = ("url", "link", "source_url")
_TITLE = ("title", "question", "focus", "heading", "name")
_TEXT = ("text", "answer", "contents", "content", "body", "abstract", "passage", "html")
_WORDS = ("focus", "question", "synonyms", "keywords", "mesh", "source")


class Document(NamedTuple):
    """One document: its URL, title, type and bytes; `words` are further words to find it by."""

    url: str
    title: str
    mime: str
    body: bytes
    words: str = ""


def files_of(corpora: tuple[Path, ...]) -> list[tuple[str, Path]]:
    """Every file of the corpora that can be read, with its name in the corpus, in order.

    SettingError for a corpus that is absent or holds nothing that can be read.
    """
    found: list[tuple[str, Path]] = []
    for corpus in corpora:
        if not corpus.exists():
            raise SettingError(f"there is no corpus {corpus}; name a JSONL file or a folder")
        inside = sorted(corpus.rglob("*")) if corpus.is_dir() else [corpus]
        readable = [path for path in inside if path.is_file() and _readable(path)]
        if not readable:
            raise SettingError(
                f"the corpus {corpus} holds no .jsonl, .txt, .md, .html or .pdf file"
            )
        root = corpus if corpus.is_dir() else corpus.parent
        label = corpus.name.split(".")[0] or "corpus"
        found += [(f"{label}/{path.relative_to(root).as_posix()}", path) for path in readable]
    return found


def fingerprint_of(files: list[tuple[str, Path]]) -> str:
    """A hash over names and contents: the same corpora have it on every machine."""
    together = sha256()
    for name, path in files:
        together.update(f"{name}\0".encode("utf-8", "replace"))
        with path.open("rb") as opened:
            while chunk := opened.read(1 << 20):
                together.update(chunk)
    return together.hexdigest()


def documents_of(files: list[tuple[str, Path]]) -> Iterator[Document]:
    """The documents, one after the other; URLs that are taken get the row's id behind a `#`."""
    taken: set[str] = set()
    for name, path in files:
        made = _rows(name, path) if path.name.endswith(_ROWS) else _file(name, path)
        for number, (document, row_id) in enumerate(made, start=1):
            url = document.url
            if url in taken:
                url = f"{url.partition('#')[0]}#{quote(row_id or str(number))}"
                if url in taken:
                    url = f"{url}-{number}"
            taken.add(url)
            yield document._replace(url=url)


def _readable(path: Path) -> bool:
    return path.name.endswith(_ROWS) or path.suffix.lower() in _TYPES


def _file(name: str, path: Path) -> Iterator[tuple[Document, str]]:
    mime, body = _TYPES[path.suffix.lower()], path.read_bytes()
    title = _heading(body) if mime == "text/plain" else ""
    url = f"{CORPUS}://{quote(name)}"
    yield Document(url, title or path.stem.replace("_", " "), mime, body), ""


def _heading(body: bytes) -> str:
    """The first line of a text that begins with a title."""
    first = body[:400].decode("utf-8", "replace").strip().partition("\n")[0]
    return first.lstrip("# ").strip() if len(first) <= 160 else ""


def _rows(name: str, path: Path) -> Iterator[tuple[Document, str]]:
    opener = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _row(name, path, number, line)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SettingError(f"the corpus file {path} cannot be read ({error})") from error


def _row(name: str, path: Path, number: int, line: str) -> tuple[Document, str]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise SettingError(
            f"{path}, line {number}: not JSON ({error}); mend or remove it"
        ) from error
    text = _first(row, _TEXT) if isinstance(row, Mapping) else ""
    if not text:
        raise SettingError(
            f"{path}, line {number}: no text; a row is an object with one of {', '.join(_TEXT)}"
        )
    row_id = str(row.get("id") or number)
    url = _first(row, _URL) or f"{CORPUS}://{quote(name)}/{quote(row_id)}"
    title = _first(row, _TITLE) or text[:80]
    mime = "text/html" if text == str(row.get("html")).strip() else "text/plain"
    return Document(url, title, f"{mime}; charset=utf-8", text.encode(), _words(row)), row_id


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    held = (row.get(name) for name in names)
    return next((each.strip() for each in held if isinstance(each, str) and each.strip()), "")


def _words(row: Mapping[str, Any]) -> str:
    words: list[str] = []
    for name in _WORDS:
        held = row.get(name)
        words += (
            [held] if isinstance(held, str) else map(str, held) if isinstance(held, list) else []
        )
    return " ".join(words)
