"""Reading a raw file as a stream of bytes, plain or gzipped, hashed on the way."""

from __future__ import annotations

import hashlib
import queue
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

from clinseek.errors import RawRecordError
from clinseek.whole_file import sha256_of

CHUNK = 8 << 20
"""Bytes of csv text that are handed on at a time."""

_READ = 1 << 18
_GZIP = 31
"""zlib's `wbits` for a gzip member with its header and checksum."""


class RawFile:
    """One source file: its csv bytes, how far reading is, and the hash of what was read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = path.stat().st_size
        self.bytes_read = 0
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The hash of the file's bytes as they lie on disk; whole once `chunks` is exhausted."""
        return self._hash.hexdigest()

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The csv text, unpacked, in pieces of about `size` bytes.

        Raises RawRecordError for a gz file that ends early or is damaged.
        """
        held: list[bytes] = []
        length = 0
        for piece in self._unpacked() if self.path.suffix.lower() == ".gz" else self._read():
            held.append(piece)
            length += len(piece)
            if length >= size:
                yield b"".join(held)
                held, length = [], 0
        if held:
            yield b"".join(held)

    def _read(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                while piece := file.read(_READ):
                    self._hash.update(piece)
                    self.bytes_read += len(piece)
                    yield piece
        except OSError as error:
            raise RawRecordError(f"{self.path} cannot be read: {error.strerror}") from error

    def _unpacked(self) -> Iterator[bytes]:
        member = zlib.decompressobj(_GZIP)
        try:
            for packed in self._read():
                piece = packed
                while piece:
                    if member.eof:  # a gz file may consist of several members
                        member = zlib.decompressobj(_GZIP)
                    yield member.decompress(piece, CHUNK)
                    piece = member.unused_data.lstrip(b"\0") or member.unconsumed_tail
            yield member.flush()
        except zlib.error as error:
            raise RawRecordError(
                f"{self.path} is damaged ({error}); fetch it again and compare it with "
                "SHA256SUMS.txt of the download"
            ) from error
        if not member.eof:
            raise RawRecordError(
                f"{self.path} ends in the middle ({self.size:,} bytes: a download that was cut "
                "off?); fetch it again and compare it with SHA256SUMS.txt of the download"
            )


def file_sha256(path: Path) -> str:
    """The hash of a file's bytes, read in pieces."""
    try:
        return sha256_of(path)
    except OSError as error:
        raise RawRecordError(f"{path} cannot be read: {error.strerror}") from error


def ahead(pieces: Iterator[bytes], depth: int = 2) -> Iterator[bytes]:
    """The same pieces, made by a thread of their own up to `depth` in advance.

    Unpacking releases the interpreter lock, so it runs beside the parsing of the piece before.
    """
    waiting: queue.Queue[bytes | BaseException | None] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def offer(item: bytes | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return

    def work() -> None:
        try:
            for piece in pieces:
                offer(piece)
                if stopped.is_set():
                    return
            offer(None)
        except BaseException as error:
            offer(error)

    worker = threading.Thread(target=work, daemon=True, name="clinseek-unpack")
    worker.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        worker.join()
