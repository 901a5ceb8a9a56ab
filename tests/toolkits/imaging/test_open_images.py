"""Every radiograph of the open data."""

from pathlib import Path

import numpy as np
import pytest

from clinseek.toolkits.imaging.reading import read_image

pytest.importorskip("pydicom", reason="DICOM files need pydicom, of the imaging extra")

WRAPPED = {
    "nih_00000001_000.mono2_8bit.dcm": "nih_00000001_000.png",
    "nih_00027426_000.mono1_12bit.dcm": "nih_00027426_000.png",
}


@pytest.fixture(scope="module")
def images(open_data: Path) -> Path:
    folder = open_data / "cxr"
    if not folder.is_dir():
        pytest.skip("CLINSEEK_OPEN_DATA holds no cxr folder")
    return folder


def test_every_file_is_a_radiograph_with_dark_air_and_bright_bone(images: Path) -> None:
    paths = sorted(path for path in images.iterdir() if path.suffix in (".png", ".dcm"))
    assert len(paths) == 12
    for path in paths:
        picture = read_image(path)
        pixels = picture.pixels
        assert pixels.dtype == np.float32
        assert pixels.min() >= 0.0
        assert pixels.max() <= 1.0
        rows, columns = pixels.shape
        # The spine and the belly below the heart are brighter than the darker of the lungs.
        middle = pixels[rows * 3 // 4 :, columns * 2 // 5 : columns * 3 // 5].mean()
        lungs = [
            pixels[rows // 4 : rows // 2, start : start + columns // 8].mean()
            for start in (columns // 5, columns * 11 // 16)
        ]
        assert middle > min(lungs), path.name


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_a_dicom_file_shows_what_the_png_it_was_made_from_shows(images: Path, wrapped: str) -> None:
    by_dicom = read_image(images / wrapped).pixels
    by_png = read_image(images / WRAPPED[wrapped]).pixels
    assert np.abs(by_dicom - by_png).max() < 2.5 / 255


def test_the_real_file_tells_its_view_and_that_it_has_no_spacing(images: Path) -> None:
    picture = read_image(images / "wg04_RG1_J2KI.dcm")
    assert (picture.rows, picture.columns, picture.bits) == (1955, 1841, 15)
    assert picture.view == "PA"
    assert picture.spacing is None
    assert picture.tags["TransferSyntax"] == "JPEG 2000 Image Compression"
