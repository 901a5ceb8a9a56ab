"""Images as files: DICOM of any kind, PNG and JPEG, and a chest drawn with ellipses."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SEED = 11


def chest(rows: int = 160, columns: int = 140) -> NDArray[np.float32]:
    """Two dark lungs and a bright heart on grey, from 0.0 to 1.0."""
    down, across = np.mgrid[:rows, :columns]
    drawn = np.full((rows, columns), 0.55, np.float32)
    for column in (0.3, 0.7):
        inside = ((across / columns - column) / 0.15) ** 2 + ((down / rows - 0.45) / 0.3) ** 2 < 1
        drawn[inside] = 0.15
    heart = ((across / columns - 0.55) / 0.16) ** 2 + ((down / rows - 0.6) / 0.14) ** 2 < 1
    drawn[heart] = 0.85
    return drawn


def write_png(path: Path, pixels: NDArray[Any] | None = None) -> Path:
    """A PNG of 8-bit values, 16-bit values, or colours."""
    values = (chest() * 255).astype(np.uint8) if pixels is None else pixels
    Image.fromarray(values).save(path)
    return path


def dataset_of(
    values: NDArray[Any], *, photometric: str = "MONOCHROME2", bits: int = 12, **entries: Any
) -> Any:
    """A DICOM dataset with one frame of grey, and a patient who must never be shown."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = Dataset()
    made.file_meta = meta
    made.SOPClassUID = meta.MediaStorageSOPClassUID
    made.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    made.Modality = "CR"
    made.PatientName = "Canary^Patient"
    made.PatientID = "CANARY-4711"
    made.StudyDate = "21500305"
    made.InstitutionName = "Canary Hospital"
    made.StudyDescription = "canary of a description"
    made.SamplesPerPixel = 1
    made.PhotometricInterpretation = photometric
    made.Rows, made.Columns = values.shape[-2:]
    made.BitsStored, made.HighBit = bits, bits - 1
    made.BitsAllocated = 8 if values.dtype.itemsize == 1 else 16
    made.PixelRepresentation = int(values.dtype.kind == "i")
    made.PixelData = values.tobytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # entries may be as wrong as those of real files
        for name, value in entries.items():
            setattr(made, name, value)
    return made


def dicom_bytes(made: Any) -> bytes:
    """The dataset as the bytes of a file."""
    written = io.BytesIO()
    made.save_as(written, enforce_file_format=True)
    return written.getvalue()


def write_dicom(path: Path, values: NDArray[Any] | None = None, **entries: Any) -> Path:
    """A DICOM file; of the drawn chest in 12 bits where no values are given."""
    given = (chest() * 4095).astype(np.uint16) if values is None else values
    path.write_bytes(dicom_bytes(dataset_of(given, **entries)))
    return path
