"""Small files that would unfold into the memory, or run when they are opened."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import resource
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from clinseek.errors import ClinseekError
from drills.attack.case import Tried, line_of
from drills.drill import Line, Size

MOST_MEMORY = 700_000_000
"""Bytes that opening one hostile file may add to the process."""


def lines(size: Size, place: Path) -> Iterator[Line]:
    """Pickles, archives, pictures, packed pages, nested JSON."""
    del size
    yield line_of("pickles that run something", _pickles(place))
    yield line_of("JSON that is deep, long or no JSON", _json(place))
    yield line_of("pages packed to a thousandth", _pages())
    try:
        yield line_of("pictures that declare what no memory holds", _pictures(place))
    except ImportError as error:
        yield Line("pictures", gap=f"{error.name} is not installed")


def _pickles(place: Path) -> list[Tried]:
    from clinseek.toolkits.imaging.weights.unpickling import read_tensors

    canary = place / "ran"

    class _Runs:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return os.system, (f"touch {canary}",)

    pickled = pickle.dumps(_Runs())
    by_name = {
        name: f"c{name.replace(' ', chr(10))}\n(S'x'\ntR.".encode()
        for name in ("builtins eval", "builtins exec", "builtins getattr", "os system",
                     "posix system", "subprocess Popen", "torch.hub load", "torch load",
                     "pickle loads", "importlib import_module", "shutil rmtree")
    }  # fmt: skip
    files = {"bare": pickled, "in a zip": _zipped({"w/data.pkl": pickled})}
    files |= {name: _zipped({"w/data.pkl": each}) for name, each in by_name.items()}
    files["inflates"] = _zipped({"w/data.pkl": b"\0" * 300_000_000}, how=zipfile.ZIP_DEFLATED)

    def opened(content: bytes) -> Callable[[], str | None]:
        def held() -> str | None:
            file = place / "weights.pt"
            file.write_bytes(content)
            found = _refused(lambda: read_tensors(file))
            return "ran" if canary.exists() else found

        return held

    return [Tried(name, opened(content)) for name, content in files.items()]


def _json(place: Path) -> list[Tried]:
    """Rows, records and conversations that somebody else wrote."""
    from clinseek.evals.rows import read_rows
    from clinseek.record_file import read_records
    from clinseek.training.traces import trace_source

    readers = (("rows", read_rows), ("records", read_records), ("traces", trace_source))
    deep = "[" * 200_000
    texts = {
        "nested": deep + "]" * 200_000 + "\n",
        "nested objects": '{"a":' * 100_000 + "1" + "}" * 100_000 + "\n",
        "a huge number": '{"qid": ' + "9" * 100_000 + "}\n",
        "not closed": deep + "\n",
        "a number of no end": '{"qid": 1e99999999999}\n',
        "half a character": '{"qid": "\\ud800"}\n',
        "not JSON": "\0\0\0\0\n",
    }

    def opened(text: str, read: Callable[[Path], object]) -> Callable[[], str | None]:
        def held() -> str | None:
            file = place / "rows.jsonl"
            file.write_text(f"{text}{text}")
            return _refused(lambda: read(file))

        return held

    return [
        Tried(f"{name}, as {what}", opened(text, read))
        for name, text in texts.items()
        for what, read in readers
    ]


def _pages() -> list[Tried]:
    from clinseek.toolkits.browser.backends.fetching import Caps, Fetcher
    from clinseek.toolkits.browser.guards.addresses import Addresses
    from clinseek.toolkits.browser.hits import Failed
    from tests.toolkits.browser.servers import Reply, site, zipped

    once = gzip.compress(b"\0" * 300_000_000, 9)
    replies = {
        "gzip": zipped(b"\0" * 300_000_000),
        "gzip in many parts": Reply(gzip.compress(b"a" * 10_000_000) * 60,
                                    headers={"Content-Encoding": "gzip"}),
        "gzip in gzip": zipped(once),
    }  # fmt: skip

    def opened(reply: Reply) -> Callable[[], str | None]:
        def held() -> str | None:
            with site({"/": reply}) as one:
                addresses = Addresses(services=[one.url])
                caps = Caps(size=200_000, seconds=20.0, pause=0.0)
                before = _memory()
                made = Fetcher(addresses=addresses, caps=caps).fetch(f"{one.url}/")
            if _memory() - before > MOST_MEMORY:
                return f"took {(_memory() - before) / 1e6:.0f} MB"
            return None if isinstance(made, Failed) else "was shown"

        return held

    return [Tried(name, opened(reply)) for name, reply in replies.items()]


def _pictures(place: Path) -> list[Tried]:
    from clinseek.models.images import encode
    from clinseek.toolkits.imaging.reading.image import read_image
    from clinseek.toolkits.imaging.reading.roots import ImageFile

    del place
    heads = {
        f"PNG of {wide} x {high}": _png_head(wide, high)
        for wide, high in ((20_000, 20_000), (60_000, 40_000), (1, 2**31 - 1), (2**31 - 1, 1))
    }
    heads["PNG that inflates"] = _png_head(
        12_000, 9_000, body=zlib.compress(b"\0" * 300_000_000, 9)
    )
    heads["PNG with a long text"] = _png_text(200_000_000)
    heads["GIF for PNG"] = b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0" * 20
    heads["SVG"] = (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    )

    def opened(content: bytes) -> Callable[[], str | None]:
        def held() -> str | None:
            before = _memory()
            by_tools = _refused(lambda: read_image(ImageFile("x.png", content, "")))
            by_hosts = _refused(lambda: encode(content))
            if _memory() - before > MOST_MEMORY:
                return f"took {(_memory() - before) / 1e6:.0f} MB"
            return by_tools or by_hosts

        return held

    return [Tried(name, opened(content)) for name, content in heads.items()]


def _refused(open_it: Callable[[], object]) -> str | None:
    try:
        open_it()
    except ClinseekError as refusal:
        return None if str(refusal) else "was refused without a word"
    return "was opened"


def _zipped(files: dict[str, bytes], *, how: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + check


def _png_head(wide: int, high: int, *, body: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
    )


def _png_text(size: int) -> bytes:
    text = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * size, 9))
    head = struct.pack(">IIBBBBB", 40, 40, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + text + _chunk(b"IEND", b"")


def _memory() -> int:
    """The most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
