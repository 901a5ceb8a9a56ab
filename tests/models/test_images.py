"""Images: made small once, told apart by content, and left out where a host takes none."""

import base64
import hashlib
import io
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from PIL import Image

from clinseek.errors import Refusal, SettingError
from clinseek.models import images
from clinseek.models.images import (
    EncodedImage,
    encode,
    image_block,
    images_by_hash,
    with_images,
    without_images,
)
from clinseek.toolkits.imaging.reading import raster


def _file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def _seen(encoded: EncodedImage) -> Image.Image:
    return Image.open(io.BytesIO(encoded.jpeg))


def _pixel(encoded: EncodedImage, at: tuple[int, int] = (0, 0)) -> tuple[int, int, int]:
    pixel = _seen(encoded).getpixel(at)
    assert isinstance(pixel, tuple)
    return pixel[0], pixel[1], pixel[2]


def _near(found: tuple[int, int, int], wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) <= 3 for one, other in zip(found, wanted, strict=True))


@pytest.fixture(scope="session")
def radiograph(open_data: Path) -> Path:
    return open_data / "cxr" / "nih_00000003_000.png"


def test_a_real_radiograph_becomes_a_small_jpeg_of_the_same_size(radiograph: Path) -> None:
    encoded = encode(radiograph)

    seen = _seen(encoded)
    assert (seen.format, seen.mode, seen.size) == ("JPEG", "RGB", (1024, 1024))
    assert (encoded.width, encoded.height) == (1024, 1024)
    assert encoded.source == str(radiograph)
    assert len(encoded.jpeg) < radiograph.stat().st_size / 2
    assert encoded.sha256 == hashlib.sha256(encoded.jpeg).hexdigest()


def test_every_radiograph_at_hand_keeps_its_greys(open_data: Path) -> None:
    files = sorted((open_data / "cxr").glob("*.png"))
    for file in files:
        before = Image.open(file).convert("L").resize((8, 8), Image.Resampling.BOX)
        after = _seen(encode(file)).convert("L").resize((8, 8), Image.Resampling.BOX)
        pairs = zip(before.tobytes(), after.tobytes(), strict=True)
        assert max(abs(one - other) for one, other in pairs) <= 2
    assert len(files) >= 5


def test_the_same_image_gives_the_same_bytes_from_a_path_and_from_bytes(radiograph: Path) -> None:
    first, second = encode(radiograph), encode(radiograph.read_bytes())

    assert first.jpeg == second.jpeg
    assert second.source is None


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((4000, 3000), (1568, 1176)),
        ((1000, 3136), (500, 1568)),
        ((1568, 1568), (1568, 1568)),
        ((30, 20), (30, 20)),
        ((1, 1), (1, 1)),
        ((5000, 1), (1568, 1)),
    ],
)
def test_the_longest_side_is_1568_at_most_and_nothing_is_enlarged(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    assert encode(_file(Image.new("L", size, 90)))[2:4] == shown


@pytest.mark.parametrize("deepest", [4095, 65535])
def test_deep_grey_is_spread_and_not_cut_off(deepest: int) -> None:
    row = [0] * 20 + [deepest // 2] * 20 + [deepest] * 20
    deep = Image.frombytes("I;16", (60, 20), struct.pack("<60H", *row) * 20)

    encoded = encode(_file(deep))

    greys = [_pixel(encoded, (x, 10))[0] for x in (5, 30, 55)]
    assert greys[0] <= 3
    assert abs(greys[1] - 127) <= 3
    assert greys[2] >= 252


def test_deep_grey_of_one_value_is_black() -> None:
    assert _pixel(encode(_file(Image.new("I;16", (8, 8), 900)))) == (0, 0, 0)


def test_floating_grey_is_spread_too() -> None:
    floating = Image.new("F", (40, 20), -1.5)
    floating.paste(3.5, (20, 0, 40, 20))

    encoded = encode(_file(floating, "TIFF"))

    assert (_pixel(encoded, (2, 2))[0] <= 3, _pixel(encoded, (37, 2))[0] >= 252) == (True, True)


def test_pixels_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(Refusal, match="no numbers"):
        encode(_file(Image.new("F", (4, 4), float("nan")), "TIFF"))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_can_be_seen_through_stands_on_white(mode: str) -> None:
    clear = Image.new(mode, (16, 16), (0,) * len(Image.new(mode, (1, 1)).getbands()))

    assert _pixel(encode(_file(clear))) == (255, 255, 255)


def test_a_palette_with_a_clear_colour_stands_on_white() -> None:
    painted = Image.new("P", (16, 16), 0)
    painted.putpalette([10, 20, 30] * 256)

    assert _near(_pixel(encode(_file(painted))), (10, 20, 30))
    assert _pixel(encode(_file(painted, transparency=0))) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK"])
def test_every_common_mode_becomes_rgb(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"

    assert _seen(encode(_file(Image.new(mode, (9, 7)), kind))).mode == "RGB"


def test_a_photograph_taken_sideways_is_turned_the_right_way_up() -> None:
    sideways = Image.new("RGB", (40, 20), "black")
    sideways.paste((255, 0, 0), (0, 0, 20, 20))
    orientation = Image.Exif()
    orientation[0x0112] = 6  # to be turned by a quarter, clockwise

    encoded = encode(_file(sideways, "JPEG", exif=orientation, quality=100, subsampling=0))

    assert (encoded.width, encoded.height) == (20, 40)
    assert _near(_pixel(encoded, (5, 3)), (254, 0, 0))
    assert _near(_pixel(encoded, (5, 36)), (0, 0, 0))


def test_what_a_file_says_beside_its_pixels_is_left_behind() -> None:
    told = Image.Exif()
    told[0x010E] = "MRS SECRET, born 1950"
    jpeg = _file(
        Image.new("RGB", (20, 20)), "JPEG", exif=told, comment=b"MRS SECRET", icc_profile=b"SECRET"
    )
    assert b"SECRET" in jpeg

    assert b"SECRET" not in encode(jpeg).jpeg


def test_of_several_frames_the_first_is_shown() -> None:
    frames = [Image.new("L", (8, 8), grey) for grey in (200, 10)]

    encoded = encode(_file(frames[0], "TIFF", save_all=True, append_images=frames[1:]))

    assert _near(_pixel(encoded), (200, 200, 200))


@pytest.mark.parametrize("held", [b"", b"row_id,value\n1,2\n", b"%PDF-1.7", b"%!PS-Adobe-3.0 EPSF"])
def test_what_is_no_image_is_refused_with_a_sentence(held: bytes, tmp_path: Path) -> None:
    file = tmp_path / "labs.png"
    file.write_bytes(held)

    with pytest.raises(Refusal, match=r"labs\.png is no image that can be shown; these can: PNG"):
        encode(file)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="there is no such file"):
        encode(tmp_path / "gone.png")
    with pytest.raises(Refusal, match="cannot be shown"):
        encode(tmp_path)


def test_what_image_tools_read_can_be_shown() -> None:
    """No import may lead from the one to the other, so the same limit stands in both."""
    assert images.MOST_PIXELS == raster.MOST_PIXELS


def test_a_file_that_was_cut_off_is_refused(radiograph: Path) -> None:
    whole = radiograph.read_bytes()

    with pytest.raises(Refusal, match="broken or cut off"):
        encode(whole[: len(whole) // 2])


@pytest.mark.parametrize("side", [5_500, 12_000, 30_000])
def test_a_bomb_is_refused_before_it_is_opened(side: int) -> None:
    small = _file(Image.new("1", (1, 1)))
    size = side.to_bytes(4, "big")
    header = b"IHDR" + size + size + small[24:29]
    bomb = small[:12] + header + zlib.crc32(header).to_bytes(4, "big") + small[33:]

    with pytest.raises(Refusal, match="more than 30,000,000 pixels"):
        encode(bomb)


@settings(max_examples=150, deadline=None)
@given(st.data())
@pytest.mark.filterwarnings("ignore")  # Pillow warns of what it can still read
def test_broken_bytes_are_an_image_or_a_refusal_and_nothing_else(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP"]))
    whole = bytearray(_file(Image.radial_gradient("L").resize((40, 30)), kind))
    for at, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=8)
    ):
        whole[at] = value
    cut = data.draw(st.integers(0, len(whole)))
    try:
        encoded = encode(bytes(whole[:cut]))
    except Refusal:
        return
    assert max(encoded.width, encoded.height) <= 1568


def test_without_pillow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)

    with pytest.raises(SettingError, match=r"install 'clinseek\[imaging\]'"):
        encode(b"")


def _block(grey: int) -> dict[str, Any]:
    return image_block(encode(_file(Image.new("L", (8, 8), grey))))


def _shown(*greys: int, text: str = "[E1] a view") -> ToolMessage:
    blocks: list[str | dict[Any, Any]] = [{"type": "text", "text": text}]
    blocks += [_block(grey) for grey in greys]
    return ToolMessage(blocks, tool_call_id="c1", name="image.image_visualizer", id="m1")


def test_a_block_holds_the_jpeg_as_base64() -> None:
    encoded = encode(_file(Image.new("L", (8, 8), 7)))

    block = image_block(encoded)

    assert (block["type"], block["mime_type"]) == ("image", "image/jpeg")
    assert base64.b64decode(block["base64"]) == encoded.jpeg


def test_a_host_without_images_gets_a_note_with_the_path() -> None:
    encoded = encode(_file(Image.new("L", (8, 8), 7)))
    asked = HumanMessage([{"type": "text", "text": "What is it?"}, image_block(encoded)])

    told = without_images([asked], paths={encoded.sha256: "/cxr/1.png"})[0].content

    assert told == "What is it?\n[image not shown, this model takes none: /cxr/1.png]"


def test_without_a_path_the_note_names_the_content() -> None:
    told = without_images([_shown(7)])[0]

    assert isinstance(told, ToolMessage)
    assert told.tool_call_id == "c1"
    assert "takes none: SHA-256 " in str(told.content)


def test_messages_without_images_are_left_as_they_are() -> None:
    messages: list[BaseMessage] = [
        HumanMessage("?"),
        HumanMessage([{"type": "text", "text": "?"}]),
        AIMessage(""),
    ]

    assert all(a is b for a, b in zip(without_images(messages), messages, strict=True))
    assert images_by_hash(messages) == (messages, {})


@given(st.lists(st.lists(st.sampled_from([0, 90, 255]), max_size=3), max_size=5))
def test_an_image_is_kept_once_and_comes_back_where_it_stood(shown: list[list[int]]) -> None:
    messages = [_shown(*greys, text=f"[E{at}] views") for at, greys in enumerate(shown)]

    named, images = images_by_hash(messages)

    assert len(images) == len({grey for greys in shown for grey in greys})
    assert "base64" not in str([message.content for message in named])
    assert with_images(named, images) == messages
    assert images_by_hash(named) == (named, {})


def test_notes_can_be_made_of_images_that_are_named_only() -> None:
    named, images = images_by_hash([_shown(7)])

    (sha256,) = images
    assert without_images(named)[0].text == without_images([_shown(7)])[0].text
    assert sha256[:16] in without_images(named)[0].text
    assert with_images(named, {}) == named
