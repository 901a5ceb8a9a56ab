"""A drawn film as a DICOM file: 8 bit, uncompressed, the same bytes every time."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from numpy.typing import NDArray

from clinseek.toolkits.ehr.synthetic.clocks import date_of
from clinseek.toolkits.ehr.synthetic.films.drawing import WORDS
from clinseek.toolkits.ehr.synthetic.films.studies import Film, Study

_DIGITAL_X_RAY = "1.2.840.10008.5.1.4.1.1.1.1"
_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
_CLOCK = 86_400


def dicom_of(picture: NDArray[np.uint8], keys: tuple[int, int], study: Study, film: Film) -> bytes:
    """The bytes of the file; `keys` are subject_id and study_id."""
    from pydicom.dataset import Dataset, FileMetaDataset

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = _DIGITAL_X_RAY
    meta.MediaStorageSOPInstanceUID = _uid(film.dicom_id)
    meta.TransferSyntaxUID = _LITTLE_ENDIAN
    meta.ImplementationClassUID = _uid("clinseek")
    made = Dataset()
    made.file_meta = meta
    made.SOPClassUID, made.SOPInstanceUID = _DIGITAL_X_RAY, _uid(film.dicom_id)
    made.StudyInstanceUID = _uid(f"study {keys[1]}")
    made.SeriesInstanceUID = _uid(f"series {keys[1]} {film.view}")
    made.PatientID, made.StudyID = str(keys[0]), str(keys[1])
    made.PatientName = made.AccessionNumber = ""
    made.Modality, made.BodyPartExamined, made.ViewPosition = "DX", "CHEST", _view(film)
    made.StudyDate = date_of(study.moment).replace("-", "")
    hours, rest = divmod(study.moment % _CLOCK, 3600)
    made.StudyTime = f"{hours:02d}{rest // 60:02d}{rest % 60:02d}.{study.milliseconds:03d}"
    made.StudyDescription, made.ImageComments = study.exam, WORDS
    made.BurnedInAnnotation, made.PhotometricInterpretation = "YES", "MONOCHROME2"
    made.Rows, made.Columns = picture.shape
    made.SamplesPerPixel, made.PixelRepresentation = 1, 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit = 7
    made.PixelData = picture.tobytes()
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _view(film: Film) -> str:
    return "LL" if film.view == "LATERAL" else film.view


def _uid(name: str) -> str:
    """A UID under 2.25 that depends on the name alone."""
    return f"2.25.{int(hashlib.sha256(name.encode()).hexdigest()[:31], 16)}"
