"""PNG and JPEG to pixels."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clinseek.errors import Refusal
from clinseek.toolkits.imaging.reading import read_image
from clinseek.toolkits.imaging.reading.raster import MOST_PIXELS
from clinseek.toolkits.imaging.reading.roots import ImageFile
from tests.toolkits.imaging.drawing import chest, write_png

CHEST = (chest() * 255).astype(np.uint8)


def png_of(values: Any) -> bytes:
    written = io.BytesIO()
    Image.fromarray(values).save(written, "PNG")
    return written.getvalue()


def read(content: bytes, **options: Any) -> Any:
    return read_image(ImageFile("x.png", content, ""), **options)


def header_only(columns: int, rows: int) -> bytes:
    """A PNG that declares a size and holds nothing."""
    body = b"IHDR" + struct.pack(">IIBBBBB", columns, rows, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + body
        + struct.pack(">I", zlib.crc32(body))
        + b"\0\0\0\0IDAT\x35\xaf\x06\x1e"
    )


def test_eight_bits_are_read_as_they_are() -> None:
    picture = read(png_of(CHEST))
    assert np.allclose(picture.pixels, CHEST / 255.0, atol=1e-7)
    assert (picture.kind, picture.bits, picture.colour) == ("PNG", 8, False)


def test_sixteen_bits_keep_their_detail() -> None:
    deep = (chest() * 4095).astype(np.uint16)
    picture = read(png_of(deep))
    assert picture.bits == 16
    assert picture.warnings
    assert np.unique(picture.pixels).size == np.unique(deep).size


def test_a_grey_picture_stored_in_colours_is_grey_also_after_jpeg(tmp_path: Path) -> None:
    colours = np.stack([CHEST] * 3, axis=2)
    Image.fromarray(colours).save(tmp_path / "x.jpg", quality=90)
    picture = read_image(tmp_path / "x.jpg")
    assert picture.kind == "JPEG"
    assert np.abs(picture.pixels - CHEST / 255.0).mean() < 0.01


def test_a_colour_photo_is_refused_unless_colour_was_asked_for() -> None:
    photo = np.stack([CHEST, CHEST // 2, 255 - CHEST], axis=2)
    with pytest.raises(Refusal, match="colour picture"):
        read(png_of(photo))
    assert read(png_of(photo), colour=True).pixels.shape == (*CHEST.shape, 3)


def test_a_picture_that_is_stored_on_its_side_stands_upright(tmp_path: Path) -> None:
    image = Image.fromarray(CHEST)
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "x.jpg", exif=exif)
    assert read_image(tmp_path / "x.jpg").pixels.shape == CHEST.shape[::-1]


@pytest.mark.parametrize(
    "size", [(6_000, 5_001), (20_000, 20_000), (60_000, 40_000), (1, 200_000_000)]
)
def test_a_picture_too_large_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(Refusal, match="images of at most 30,000,000 are read"):
        read(header_only(*size))


READ = """
import sys
from pathlib import Path
from clinseek.toolkits.imaging.reading import read_image
from clinseek.toolkits.imaging.rendering.pictures import View, shown

def most():
    told = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["VmHWM"].split()[0]) * 1024

before = most()
shown(read_image(Path(sys.argv[1]), colour=True).pixels, View(longest=1_000))
print(most() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system tells no peak")
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_largest_picture_is_read_and_drawn_in_less_than_700_megabytes(
    tmp_path: Path, mode: str
) -> None:
    columns, rows = 6_000, 5_000
    assert columns * rows == MOST_PIXELS
    largest = Image.new(mode, (columns, rows), "red" if mode == "RGB" else "white")
    largest.save(tmp_path / "x.png", compress_level=1)
    command = [sys.executable, "-c", READ, str(tmp_path / "x.png")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(ran.stdout) < 700_000_000


def test_a_cut_off_picture_is_refused() -> None:
    whole = png_of(CHEST)
    for cut in (9, 30, len(whole) // 2, len(whole) - 30):
        with pytest.raises(Refusal, match="broken"):
            read(whole[:cut])


def test_several_frames_are_refused() -> None:
    written = io.BytesIO()
    frames = [Image.fromarray(CHEST), Image.fromarray(255 - CHEST)]
    frames[0].save(written, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(Refusal, match="several frames"):
        read(written.getvalue())


@given(content=st.binary(min_size=1, max_size=300), begins=st.sampled_from(["png", "jpg", "dcm"]))
def test_whatever_a_file_holds_the_answer_is_a_picture_or_one_sentence(
    content: bytes, begins: str
) -> None:
    starts = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "dcm": bytes(128) + b"DICM"}
    with pytest.raises(Refusal):
        read(starts[begins] + content)


def test_what_is_neither_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("not an image")
    with pytest.raises(Refusal, match="is no image"):
        read_image(tmp_path / "notes.png")
    (tmp_path / "empty.png").touch()
    with pytest.raises(Refusal, match="0 bytes"):
        read_image(tmp_path / "empty.png")
    with pytest.raises(Refusal, match="cannot be read"):
        read_image(tmp_path / "nowhere.png")


def test_the_hash_is_the_files(tmp_path: Path) -> None:
    import hashlib

    path = write_png(tmp_path / "x.png")
    assert read_image(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def chunk(kind: bytes, held: bytes) -> bytes:
    return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))


def test_a_picture_whose_exif_is_broken_is_read_as_it_is() -> None:
    content = png_of(CHEST)
    for spoilt in (b"", b"II", b"XX*\0\x08\0\0\0", b"II*\0\xff\xff\xff\xff" + b"\x99" * 40):
        held = content[:33] + chunk(b"eXIf", spoilt) + content[33:]
        assert np.allclose(read(held).pixels, CHEST / 255.0, atol=1e-7)
