"""From a file on disk to pixels in a stated range, or a sentence that says why not.

roots.py    which files may be opened, by whatever name a model writes
picture.py  what is read: pixels from 0 (dark) to 1 (bright), and what the file tells of them
image.py    one file, whatever its kind
dicom.py    DICOM
raster.py   PNG and JPEG
tags.py     the entries of a DICOM file that may be shown
codestream.py  the size that compressed pixels declare
deflated.py the size of a deflated file
room.py     how many pixels are held decoded at once
levels.py   stored values to brightness: windows, tables, inversion
"""

from clinseek.toolkits.imaging.reading.image import read_image
from clinseek.toolkits.imaging.reading.picture import Picture, Spacing, Window
from clinseek.toolkits.imaging.reading.roots import ImageFile, ImageRoot

__all__ = ["ImageFile", "ImageRoot", "Picture", "Spacing", "Window", "read_image"]
