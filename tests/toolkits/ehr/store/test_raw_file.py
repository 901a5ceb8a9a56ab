"""Raw files are read whole or refused with what to do; gz and plain text give the same store."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store.raw_file import RawFile, ahead

from .raw_folder import RawFolder, ingested


def read(path: Path, size: int = 1_000) -> bytes:
    """All that a raw file unpacks to."""
    return b"".join(RawFile(path).chunks(size))


def test_a_gz_file_unpacks_to_its_text_and_is_hashed_as_it_lies_on_disk(tmp_path: Path) -> None:
    text = bytes(range(256)) * 20_000
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(text))
    raw = RawFile(path)
    assert b"".join(ahead(raw.chunks())) == text
    assert raw.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert raw.bytes_read == path.stat().st_size


def test_a_gz_file_of_several_members_is_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    assert read(path) == b"one\ntwo\n"


def test_text_that_packs_extremely_well_comes_in_bounded_pieces(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(bytes(50 << 20)))
    assert max(len(piece) for piece in RawFile(path).chunks()) <= 16 << 20


@pytest.mark.parametrize("kept", [0, 5, 20, 0.5, 0.99])
def test_half_a_download_is_refused_with_what_to_do(raw: RawFolder, out: Path, kept: float) -> None:
    path = raw.write("omr", [{"subject_id": 10, "seq_num": number} for number in range(5_000)])
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept if kept >= 1 else kept * len(whole))])
    with pytest.raises(RawRecordError, match=r"ends in the middle .* fetch it again") as refused:
        ingested(raw, out)
    assert str(path) in str(refused.value)


def test_a_page_of_a_web_site_saved_under_the_name_of_a_table_is_refused(
    raw: RawFolder, out: Path
) -> None:
    raw.put("omr", b"", ending=".csv.gz").write_bytes(b"<html>please log in</html>")
    with pytest.raises(RawRecordError, match=r"is damaged .* fetch it again"):
        ingested(raw, out)


def test_an_empty_csv_file_is_refused(raw: RawFolder, out: Path) -> None:
    raw.put("omr", b"", ending=".csv")
    with pytest.raises(RawRecordError, match="the first line has nothing"):
        ingested(raw, out)


def test_a_first_line_without_end_is_refused(raw: RawFolder, out: Path) -> None:
    raw.put("omr", b"x" * 200_000, ending=".csv")
    with pytest.raises(RawRecordError, match="cannot be read as names of columns"):
        ingested(raw, out)


def test_after_a_file_is_mended_the_ingest_goes_on(raw: RawFolder, out: Path) -> None:
    path = raw.write("omr", [{"subject_id": 10}])
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with pytest.raises(RawRecordError):
        ingested(raw, out)
    path.write_bytes(whole)
    _, report = ingested(raw, out)
    assert [each.table for each in report.tables if each.kept] == ["admissions"]


def test_plain_and_packed_files_give_the_same_fingerprint(raw: RawFolder, tmp_path: Path) -> None:
    rows = [{"subject_id": 10, "seq_num": number} for number in range(10)]
    packed = raw.write("omr", rows)
    first, _ = ingested(raw, tmp_path / "packed")
    packed.unlink()
    raw.write("omr", rows, ending=".csv")
    second, _ = ingested(raw, tmp_path / "plain")
    assert first.fingerprint == second.fingerprint


def test_an_error_while_reading_ahead_reaches_the_reader() -> None:
    def failing() -> object:
        yield b"one"
        raise RawRecordError("broken")

    pieces = ahead(failing())  # type: ignore[arg-type]
    assert next(pieces) == b"one"
    with pytest.raises(RawRecordError, match="broken"):
        next(pieces)
