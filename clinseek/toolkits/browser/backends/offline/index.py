"""The index of the passages of a corpus: built once, read from disk by any number of processes.

BM25 by tantivy, with the title counted three times. Of the libraries tried it alone stays under
150 ms over a million passages without holding them in memory (docs/browser.md).
"""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from clinseek.errors import Refusal, SettingError
from clinseek.toolkits.browser.backends.offline.documents import Document
from clinseek.toolkits.browser.backends.offline.words import related_to, words_of
from clinseek.toolkits.browser.hits import Fetched
from clinseek.toolkits.browser.page import Page
from clinseek.toolkits.browser.reading import page_of

FORMAT = 1
PASSAGE_CHARS = 3_000
_ABOUT = "about.json"
_BOOSTS = {"title": 3.0, "words": 1.0, "text": 1.0}
_RELATED_WEIGHT = 0.5
_HEAP_BYTES = 100_000_000


class Passage(NamedTuple):
    """A passage that was found: its document, the line of the page it begins at, its text."""

    url: str
    title: str
    line: int
    text: str


class Index:
    """An index on disk, open for reading; safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._index = tantivy.Index.open(str(folder))
        self._searcher = self._index.searcher()

    def search(self, query: str, limit: int) -> list[Passage]:
        """The passages that say most of `query`, best first; a tie goes to the earlier one."""
        words = words_of(query)
        if not words:
            return []
        asked = [f'"{word}"' for word in words]
        asked += [f'"{word}"^{_RELATED_WEIGHT}' for word in related_to(words)]
        parsed = self._index.parse_query(" ".join(asked), list(_BOOSTS), field_boosts=_BOOSTS)
        found = self._searcher.search(parsed, limit).hits
        return [_passage(self._searcher.doc(address)) for _, address in found]

    def document(self, url: str) -> Fetched | None:
        """The document at a URL, or None."""
        import tantivy

        query = tantivy.Query.term_query(self._index.schema, "at", url)
        found = self._searcher.search(query, 1).hits
        if not found:
            return None
        held = self._searcher.doc(found[0][1])
        return Fetched(url, held["mime"][0], bytes(held["body"][0]), held["name"][0])


def built(folder: Path, documents: Iterable[Document], *, fingerprint: str) -> Path:
    """The folder of the index under `folder`, made by the first process that needs it.

    Others wait. An index that was not finished is not there.
    """
    place = folder / f"{fingerprint[:16]}-{FORMAT}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (folder / f"{place.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (place / _ABOUT).is_file():
                _build(place, documents)
    except OSError as error:
        raise SettingError(
            f"the index {place} cannot be written ({error.strerror}); set CLINSEEK_HOME to a "
            "folder that you can write"
        ) from error
    return place


def passages_of(page: Page) -> Iterator[tuple[int, str]]:
    """The parts of a page that are found by themselves: first line and text.

    A part ends at an empty line or a heading once it is half full, at any line when it is full.
    """
    begun, held, room = 0, list[str](), PASSAGE_CHARS
    for number, line in enumerate(page.plain_lines):
        ends = not line or line.startswith("#")
        if held and (room <= 0 or (ends and room < PASSAGE_CHARS // 2)):
            yield begun, "\n".join(held)
            begun, held, room = number, [], PASSAGE_CHARS
        held.append(line)
        room -= len(line) + 1
    if any(held):
        yield begun, "\n".join(held)


def _build(place: Path, documents: Iterable[Document]) -> None:
    import tantivy

    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=place.parent))
    try:
        writer = tantivy.Index(_schema(), path=str(draft)).writer(_HEAP_BYTES, 1)
        count = 0
        for document in documents:
            count += 1
            _add(writer, document)
        writer.commit()
        writer.wait_merging_threads()
        (draft / _ABOUT).write_text(json.dumps({"documents": count}))
        shutil.rmtree(place, ignore_errors=True)
        draft.rename(place)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("title", stored=True, tokenizer_name="en_stem")
    builder.add_text_field("words", tokenizer_name="en_stem")
    builder.add_text_field("text", stored=True, tokenizer_name="en_stem")
    builder.add_text_field("url", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("line", stored=True)
    builder.add_text_field("at", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("name", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("mime", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("body", stored=True)
    return builder.build()


def _add(writer: Any, document: Document) -> None:
    import tantivy

    url, title, mime, body, words = document
    try:
        page = page_of(Fetched(url, mime, body, title))
    except Refusal:
        return  # a file that cannot be read is not found; opening it would say why
    title = page.title if mime != "text/plain" else title
    writer.add_document(tantivy.Document(at=url, name=title, mime=mime, body=body))
    for line, text in passages_of(page):
        writer.add_document(
            tantivy.Document(url=url, title=title, words=words, line=line, text=text)
        )


def _passage(held: Any) -> Passage:
    return Passage(held["url"][0], held["title"][0], held["line"][0], held["text"][0])
