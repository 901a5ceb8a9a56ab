"""DICOM files to pixels: like pydicom's own pipeline, and never a word of a patient."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from clinseek.errors import Refusal
from clinseek.toolkits.imaging.reading import Window, read_image
from clinseek.toolkits.imaging.reading.levels import windowed
from clinseek.toolkits.imaging.reading.roots import ImageFile
from tests.toolkits.imaging.drawing import SEED, chest, dataset_of, dicom_bytes, write_dicom

pytest.importorskip("pydicom", reason="DICOM files need pydicom, of the imaging extra")

CHEST = (chest() * 4095).astype(np.uint16)


def read(made: Any) -> Any:
    return read_image(ImageFile("chest.dcm", dicom_bytes(made), "0" * 64))


def by_pydicom(made: Any) -> NDArray[np.float64]:
    """pydicom's modality and VOI pipeline, as brightness from 0 to 1."""
    from pydicom.pixels import apply_modality_lut, apply_voi_lut

    values = apply_modality_lut(made.pixel_array, made)
    shown = np.asarray(apply_voi_lut(values, made, index=0), np.float64)
    top = float(2**made.BitsStored - 1)
    slope, intercept = float(made.get("RescaleSlope", 1)), float(made.get("RescaleIntercept", 0))
    return (shown - intercept) / (top * slope)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("rescale", [{}, {"RescaleSlope": 2, "RescaleIntercept": -100}])
def test_windows_are_applied_as_pydicom_applies_them(
    function: str, rescale: dict[str, Any]
) -> None:
    made = dataset_of(
        CHEST, WindowCenter=1800, WindowWidth=2500, VOILUTFunction=function, **rescale
    )
    assert np.allclose(read(made).pixels, by_pydicom(made), atol=2e-4)


@given(
    center=st.floats(-2_000, 6_000),
    width=st.floats(1.5, 9_000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]),
)
def test_any_window_gives_what_pydicom_gives(center: float, width: float, function: Any) -> None:
    from pydicom.pixels import apply_windowing

    values = np.arange(0, 4096, 37, dtype=np.uint16).reshape(1, -1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = dataset_of(values, VOILUTFunction=function)
        made.WindowCenter, made.WindowWidth = f"{center:.6f}", f"{width:.6f}"
        expected = apply_windowing(values, made) / 4095.0
    exact = Window(float(made.WindowCenter), float(made.WindowWidth))
    assert np.allclose(windowed(values, exact, function), expected, atol=2e-3)


def test_of_several_windows_the_first_is_shown() -> None:
    made = dataset_of(CHEST, WindowCenter=[1800, 500], WindowWidth=[2500, 100])
    assert read(made).window == Window(1800.0, 2500.0)
    assert np.allclose(read(made).pixels, by_pydicom(made), atol=2e-4)


def test_a_table_of_the_file_comes_before_its_window() -> None:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    table = Dataset()
    table.LUTDescriptor = [4096, 0, 12]
    table.LUTData = (4095 - np.arange(4096)).astype(np.uint16).tolist()
    made = dataset_of(CHEST, WindowCenter=1, WindowWidth=2)
    made.VOILUTSequence = Sequence([table])
    made.set_original_encoding(False, True)
    made["VOILUTSequence"].value[0]["LUTDescriptor"].VR = "US"
    made["VOILUTSequence"].value[0]["LUTData"].VR = "US"
    assert np.allclose(read(made).pixels, 1.0 - CHEST / 4095.0, atol=1e-4)


def test_a_radiograph_looks_the_same_whichever_way_it_is_stored() -> None:
    plain = read(dataset_of(CHEST, WindowCenter=2048, WindowWidth=4096)).pixels
    inverse = dataset_of(
        4095 - CHEST, photometric="MONOCHROME1", WindowCenter=2048, WindowWidth=4096
    )
    assert np.allclose(read(inverse).pixels, plain, atol=1e-3)


def test_the_presentation_shape_decides_over_the_photometric() -> None:
    entries: dict[str, Any] = {"WindowCenter": 2048, "WindowWidth": 4096}
    plain = read(dataset_of(CHEST, **entries)).pixels
    inverse = dataset_of(CHEST, PresentationLUTShape="INVERSE", **entries)
    twice = dataset_of(CHEST, photometric="MONOCHROME1", PresentationLUTShape="INVERSE", **entries)
    kept = dataset_of(CHEST, photometric="MONOCHROME1", PresentationLUTShape="IDENTITY", **entries)
    assert np.allclose(read(inverse).pixels, 1.0 - plain)
    assert np.allclose(read(twice).pixels, 1.0 - plain)
    assert np.allclose(read(kept).pixels, plain)


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"WindowCenter": 2048},
        {"WindowCenter": 2048, "WindowWidth": 0},
        {"WindowCenter": [], "WindowWidth": []},
        {"WindowCenter": "", "WindowWidth": ""},
    ],
)
def test_without_a_window_that_can_be_the_middle_98_per_cent_are_shown_and_told(
    entries: dict[str, Any],
) -> None:
    picture = read(dataset_of(CHEST, **entries))
    assert picture.window is None
    assert any("1st and the 99th percentile" in warning for warning in picture.warnings)
    assert picture.pixels.min() == 0.0
    assert picture.pixels.max() == 1.0


def test_padding_does_not_stretch_the_range() -> None:
    padded = CHEST.copy()
    padded[:, :40] = 0
    picture = read(dataset_of(padded, PixelPaddingValue=0))
    plain = read(dataset_of(padded))
    assert picture.pixels[:, 60:].std() > plain.pixels[:, 60:].std()


def test_eight_bits_without_a_window_are_shown_as_they_are_stored() -> None:
    values = (chest() * 200).astype(np.uint8)
    picture = read(dataset_of(values, bits=8))
    assert np.allclose(picture.pixels, values / 255.0, atol=1e-6)


def test_signed_values_are_read() -> None:
    values = CHEST.astype(np.int16) - 2048
    made = dataset_of(values, bits=12, WindowCenter=0, WindowWidth=4096)
    assert np.allclose(read(made).pixels, CHEST / 4095.0, atol=1e-3)


@pytest.mark.parametrize("syntax", ["RLELossless", "JPEGLSLossless", "JPEG2000Lossless"])
def test_compressed_pixels_without_loss_are_the_same(syntax: str) -> None:
    import pydicom.uid

    plain = dataset_of(CHEST, WindowCenter=2048, WindowWidth=4096)
    expected = read(plain).pixels
    plain.compress(getattr(pydicom.uid, syntax))
    assert np.array_equal(read(plain).pixels, expected)


def test_jpeg_of_8_bits_is_read() -> None:
    import io

    from PIL import Image
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEGBaseline8Bit

    values = (chest() * 255).astype(np.uint8)
    jpeg = io.BytesIO()
    Image.fromarray(values).save(jpeg, "JPEG", quality=95)
    made = dataset_of(values, bits=8)
    made.PixelData = encapsulate([jpeg.getvalue()])
    made.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    assert np.abs(read(made).pixels - values / 255.0).mean() < 0.01


def test_jpeg_lossless_is_read_where_gdcm_is(tmp_path: Path) -> None:
    gdcm = pytest.importorskip("gdcm", reason="JPEG Lossless needs python-gdcm (imaging extra)")
    plain = write_dicom(tmp_path / "plain.dcm", WindowCenter=2048, WindowWidth=4096)
    reader, change = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax()
    reader.SetFileName(str(plain))
    assert reader.Read()
    syntax = gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1)
    change.SetTransferSyntax(syntax)
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFileName(str(tmp_path / "lossless.dcm"))
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    assert writer.Write()
    picture = read_image(tmp_path / "lossless.dcm")
    assert picture.tags["TransferSyntax"].startswith("JPEG Lossless")
    assert np.array_equal(picture.pixels, read_image(plain).pixels)


def test_pixels_without_a_decoder_are_refused_with_the_name_of_what_they_are() -> None:
    from pydicom.encaps import encapsulate
    from pydicom.uid import MPEG2MPML

    made = dataset_of(CHEST)
    made.PixelData = encapsulate([b"\0" * 64])
    made.file_meta.TransferSyntaxUID = MPEG2MPML
    with pytest.raises(Refusal, match="no decoder for MPEG2"):
        read(made)


def test_spacing_view_and_bits_are_told_and_zeros_tell_nothing() -> None:
    picture = read(dataset_of(CHEST, ViewPosition="ll ", PixelSpacing=[0.143, 0.15]))
    assert picture.spacing is not None
    assert picture.spacing[:2] == (0.143, 0.15)
    assert picture.lateral
    assert picture.bits == 12
    detector = read(dataset_of(CHEST, PixelSpacing=["0.000", "0.000"], ImagerPixelSpacing=[1, 1]))
    assert detector.spacing is not None
    assert "detector" in detector.spacing.measured
    assert read(dataset_of(CHEST, PixelSpacing=["0.000", "0.000"])).spacing is None


def test_burned_in_text_is_warned_of_unless_the_file_denies_it() -> None:
    told = {
        said: read(dataset_of(CHEST, BurnedInAnnotation=said)).warnings for said in ("YES", "NO")
    }
    assert any("burned into the pixels" in warning for warning in told["YES"])
    assert not any("burned" in warning for warning in told["NO"])
    assert any("does not say" in warning for warning in read(dataset_of(CHEST)).warnings)


def test_no_entry_that_names_someone_is_shown_or_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = dataset_of(CHEST, ViewPosition="PA", BodyPartExamined="Canary of Mr X")
    content = dicom_bytes(made).replace(b"21500305", b"canary x")
    caplog.clear()
    picture = read_image(ImageFile("chest.dcm", content, "0" * 64))
    assert not caplog.records
    shown = str(picture).lower()
    for canary in ("canary", "4711", "21500305"):
        assert canary not in shown
    assert picture.tags["Modality"] == "CR"
    assert "BodyPartExamined" not in picture.tags


def _broken(content: bytes) -> list[bytes]:
    generator = np.random.default_rng(SEED)
    cuts = [133, 200, 400, len(content) // 2, len(content) - 10]
    spoilt = bytearray(content)
    for place in generator.integers(132, 700, 40):
        spoilt[place] = int(generator.integers(256))
    return [*(content[:cut] for cut in cuts), bytes(spoilt)]


def test_a_cut_off_or_spoilt_file_is_one_sentence_without_a_word_of_the_patient() -> None:
    content = dicom_bytes(dataset_of(CHEST))
    for number, broken in enumerate(_broken(content)):
        with pytest.raises(Refusal) as told:
            read_image(ImageFile(f"{number}.dcm", broken, ""))
        assert "anary" not in str(told.value)


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"NumberOfFrames": 3}, "has 3 frames"),
        ({"PhotometricInterpretation": "RGB"}, "no grey image"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "no grey image"),
        ({"SamplesPerPixel": 3}, "no grey image"),
        ({"Rows": 20_000, "Columns": 20_000}, "20,000 x 20,000 pixels"),
        ({"Rows": 0}, "holds no image"),
        ({"BitsStored": 32}, "stores 32 bits"),
        ({"PixelData": b"\0\0"}, "cut off or broken"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_its_reason(
    entries: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Refusal, match=reason):
        read(dataset_of(CHEST, **entries))


def test_a_file_without_pixels_is_refused() -> None:
    made = dataset_of(CHEST)
    del made.PixelData
    with pytest.raises(Refusal, match="without pixels"):
        read(made)


def test_another_window_takes_the_place_of_the_files(tmp_path: Path) -> None:
    path = write_dicom(tmp_path / "x.dcm", WindowCenter=2048, WindowWidth=4096)
    picture = read_image(path, window=Window(1000, 500))
    assert picture.window == Window(1000, 500)
    assert np.array_equal(picture.pixels, windowed(CHEST, Window(1000, 500)))


@pytest.mark.parametrize("slope", ["nan", "inf", "1e300"])
def test_a_rescale_that_makes_no_numbers_is_refused(slope: str) -> None:
    content = dicom_bytes(dataset_of(CHEST, RescaleSlope="1.5e00", RescaleIntercept="0"))
    with pytest.raises(Refusal, match="make its pixels no numbers"):
        read_image(ImageFile("x.dcm", content.replace(b"1.5e00", slope.ljust(6).encode()), ""))


@pytest.mark.parametrize("rescale", [{}, {"RescaleSlope": 2, "RescaleIntercept": -100}])
@pytest.mark.parametrize("limit", [None, 4095])
def test_padding_is_left_out_as_it_is_stored_whatever_the_rescale(
    rescale: dict[str, Any], limit: int | None
) -> None:
    padded = CHEST // 4 + 1000
    expected = read(dataset_of(padded, **rescale)).pixels
    padded = np.concatenate([padded, np.full((300, CHEST.shape[1]), 4000, np.uint16)])
    if limit is not None:
        padded[200:] = limit
    made = dataset_of(padded, PixelPaddingValue=4000, **rescale)
    if limit is not None:
        made.PixelPaddingRangeLimit = limit
    assert np.allclose(read(made).pixels[: CHEST.shape[0]], expected, atol=0.02)


def test_padding_of_signed_values_and_of_files_without_types_is_read() -> None:
    from pydicom.uid import ImplicitVRLittleEndian

    inner = CHEST.astype(np.int16) // 4 + 100
    expected = read(dataset_of(inner)).pixels
    made = dataset_of(np.concatenate([inner, np.full_like(inner, -2000)]), PixelPaddingValue=-2000)
    made["PixelPaddingValue"].VR = "SS"
    for syntax in (made.file_meta.TransferSyntaxUID, ImplicitVRLittleEndian):
        made.file_meta.TransferSyntaxUID = syntax
        assert np.allclose(read(made).pixels[: CHEST.shape[0]], expected, atol=0.02)


@pytest.mark.parametrize(("slope", "intercept"), [(1, 0), (2, -7), (-1, 255)])
def test_eight_bits_keep_their_range_through_a_rescale(slope: int, intercept: int) -> None:
    values = (chest() * 200).astype(np.uint8)
    shown = values / 255.0 if slope > 0 else 1.0 - values / 255.0
    picture = read(dataset_of(values, bits=8, RescaleSlope=slope, RescaleIntercept=intercept))
    assert np.allclose(picture.pixels, shown, atol=1e-6)


def test_a_deflated_file_that_would_fill_the_memory_is_refused() -> None:
    import struct
    import zlib

    from pydicom.uid import DeflatedExplicitVRLittleEndian

    made = dataset_of(CHEST, WindowCenter=2048, WindowWidth=4096)
    expected = read(made).pixels
    made.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    content = dicom_bytes(made)
    assert np.array_equal(read_image(ImageFile("x.dcm", content, "")).pixels, expected)
    head = content[: 132 + 12 + struct.unpack("<L", content[140:144])[0]]
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    zeros = bytes(1 << 24)
    body = b"".join(squeezed.compress(zeros) for _ in range(20)) + squeezed.flush()
    with pytest.raises(Refusal, match="inflates to more than"):
        read_image(ImageFile("bomb.dcm", head + body, ""))


@pytest.mark.parametrize("codec", ["JPEG2000Lossless", "JPEGLSLossless", "JPEGBaseline8Bit"])
def test_compressed_pixels_of_another_size_are_refused_before_they_are_decoded(codec: str) -> None:
    import io

    import pydicom.uid
    from PIL import Image
    from pydicom.encaps import encapsulate

    large = dataset_of(np.zeros((64, 900), np.uint8), bits=8)
    if codec == "JPEGBaseline8Bit":
        jpeg = io.BytesIO()
        Image.new("L", (900, 64)).save(jpeg, "JPEG")
        large.PixelData = encapsulate([jpeg.getvalue()])
        large.file_meta.TransferSyntaxUID = getattr(pydicom.uid, codec)
    else:
        large.compress(getattr(pydicom.uid, codec))
    large.Rows = large.Columns = 16
    with pytest.raises(Refusal, match="16 x 16 pixels, its compressed image 900 x 64 of 1"):
        read(large)


@pytest.mark.parametrize("codec", ["JPEG2000Lossless", "JPEGLSLossless"])
def test_a_codestream_without_its_end_is_refused(codec: str) -> None:
    import pydicom.uid
    from pydicom.encaps import encapsulate, generate_frames

    made = dataset_of(CHEST, WindowCenter=2048, WindowWidth=4096)
    made.compress(getattr(pydicom.uid, codec))
    frame = next(generate_frames(made.PixelData, number_of_frames=1))
    made.PixelData = encapsulate([frame.rstrip(b"\0")[:-2]])
    with pytest.raises(Refusal, match="cut off or broken"):
        read(made)


def test_an_entry_of_the_list_that_says_something_else_is_not_shown() -> None:
    made = dataset_of(
        CHEST,
        BodyPartExamined="DOE JOHN",
        PatientOrientation=["DOE", "JOHN 19500101"],
        ViewPosition="DOE JOHN",
        Laterality="DOE",
        WindowCenter=19500101,
        WindowWidth=4096,
        PixelSpacing=[0.143, 0.143],
        ImagerPixelSpacing=[0.2, 0.2],
    )
    picture = read(made)
    assert picture.view is None
    assert "DOE" not in str(picture.tags)
    assert "1950" not in str(picture.tags)
    assert picture.tags["PixelSpacing"] == "0.143\\0.143"
    made.PhotometricInterpretation = "DOE JOHN"
    with pytest.raises(Refusal) as told:
        read(made)
    assert "DOE" not in str(told.value)


def test_a_view_is_lateral_by_its_orientation_where_no_position_is_told() -> None:
    picture = read(dataset_of(CHEST, PatientOrientation=["A", "F"]))
    assert picture.lateral
    assert picture.seen_from == "lateral by its orientation (A\\F)"
    assert not read(dataset_of(CHEST, PatientOrientation=["L", "F"])).lateral
    assert not read(dataset_of(CHEST, PatientOrientation=["A", "F"], ViewPosition="PA")).lateral


def test_a_spacing_that_was_not_corrected_to_the_image_plane_is_told_as_the_detectors() -> None:
    told = [
        read(dataset_of(CHEST, PixelSpacing=[0.2, 0.2], ImagerPixelSpacing=[at, at])).spacing
        for at in (0.2, 0.25)
    ]
    assert "at the detector" in told[0].measured
    assert told[1].measured == "in the image plane (PixelSpacing)"


def test_a_window_that_cannot_be_is_left_out() -> None:
    for width in ("1e-300", "1e300"):
        made = dataset_of(CHEST, WindowCenter="1", WindowWidth=width, VOILUTFunction="SIGMOID")
        assert read(made).window is None


def test_an_unknown_transfer_syntax_is_refused() -> None:
    content = dicom_bytes(dataset_of(CHEST))
    unknown = content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.999.10008.1.2.1\0")
    with pytest.raises(Refusal, match="no decoder for its transfer syntax"):
        read_image(ImageFile("x.dcm", unknown, ""))
