"""Small files that would unfold into the memory, or run when they are opened."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from clinseek.errors import ClinseekError
from drills.attack.case import Tried, line_of
from drills.attack.measuring import cost_of
from drills.drill import Line, Size

MOST_MEGABYTES = 30
"""What one hostile page or picture may add to the process that opens it."""


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
    from tests.toolkits.browser.servers import Reply, page, site

    packed = {"Content-Encoding": "gzip"}
    once = _gzip_of(1_000)
    replies = {
        "gzip": Reply(once, headers=packed),
        "gzip in many parts": Reply(gzip.compress(b"a" * 10_000_000) * 60, headers=packed),
        "gzip in gzip": Reply(gzip.compress(once, 9), headers=packed),
    }

    def opened(reply: Reply) -> Callable[[], str | None]:
        def held() -> str | None:
            with site({"/": reply, "/plain": page("<main>Potassium</main>")}) as one:
                addresses = Addresses(services=[one.url])
                caps = Caps(size=200_000, seconds=20.0, pause=0.0)
                fetcher = Fetcher(addresses=addresses, caps=caps)
                if isinstance(fetcher.fetch(f"{one.url}/plain"), Failed):
                    return "not even a plain page was read"

                def said() -> str:
                    made = fetcher.fetch(f"{one.url}/")
                    return "" if isinstance(made, Failed) else "was shown"

                return _within(said)

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
    # These two are pictures, and would be opened if nobody asked for their size.
    heads["PNG of a line too many"] = _png_head(6_000, 5_001, body=_zeros(30_100_000))
    heads["PNG that inflates"] = _png_head(12_000, 9_000, body=_zeros(300_000_000))
    heads["PNG with a long text"] = _png_text(200_000_000)
    heads["GIF for PNG"] = b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0" * 20
    heads["SVG"] = (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    )
    readers: dict[str, Callable[[bytes], object]] = {
        "as a tool reads it": lambda content: read_image(ImageFile("x.png", content, "")),
        "as a host is shown it": encode,
    }
    small = _png_head(40, 40, body=zlib.compress(b"\0" * 41 * 40))

    def opened(content: bytes, read: Callable[[bytes], object]) -> Callable[[], str | None]:
        def held() -> str | None:
            read(small)  # what it imports is no cost of the hostile one
            return _within(lambda: _refused(lambda: read(content)) or "")

        return held

    return [
        Tried(f"{name}, {how}", opened(content, read))
        for name, content in heads.items()
        for how, read in readers.items()
    ]


def _within(said: Callable[[], str]) -> str | None:
    """What broke, as `said` tells it in a process of its own, or by the memory it took there."""
    cost = cost_of(said)
    if isinstance(cost, str):
        return cost
    if cost.megabytes > MOST_MEGABYTES:
        return f"took {cost.megabytes} MB"
    return cost.begins or None


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


def _zeros(size: int) -> bytes:
    return zlib.compress(b"\0" * size, 9)


def _gzip_of(megabytes: int) -> bytes:
    """So many megabytes of zeros, packed without ever being held as a whole."""
    packer, million = zlib.compressobj(9, wbits=31), b"\0" * 1_000_000
    return b"".join([*(packer.compress(million) for _ in range(megabytes)), packer.flush()])


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
