"""The images of a run in the viewer: pictures of the record, and files that it only names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from clinseek.evals.report.markup import Markup, element
from clinseek.evals.report.picture_figure import image_figure
from clinseek.evals.report.pictures import RunImages, SeenImage, images_of, size_of
from clinseek.evals.transcripts.evidence import Observation
from clinseek.evals.viewer.image_files import FilePicture, file_picture
from clinseek.evals.viewer.pages.opened_run import OpenedRun


@dataclass(frozen=True)
class Gallery:
    """The images of a run that is being shown."""

    opened: OpenedRun

    def of_the_question(self) -> Markup | None:
        """The images that came with the question, and on them what the answer cites."""
        figures = [
            self._figure(self._sized(image), f"Image {at}: {image.path}")
            for at, image in enumerate(self._images.attached, start=1)
        ]
        several = " many" if len(figures) > 1 else ""
        return element("div", figures, class_=f"pictures card{several}") if figures else None

    def of(self, observation: Observation) -> Markup | None:
        """The image that an observation is about with its parts, and what its tool drew."""
        return (
            element("div", figures, class_="pictures")
            if (figures := list(self._figures(observation)))
            else None
        )

    def _figures(self, observation: Observation) -> Iterator[Markup]:
        about = self._images.of.get(observation.id)
        if about is not None and about.parts:
            told = f"{observation.id} on {about.path}"
            yield self._figure(self._sized(about), told, listed=True)
        for image in self._images.drew.get(observation.id, ()):
            yield self._figure(image, f"What {observation.id} drew")

    @cached_property
    def _images(self) -> RunImages:
        return images_of(self._record, self.opened.observations)

    @property
    def _record(self) -> Mapping[str, Any]:
        return self.opened.record

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The number of each file that came with the question, by its path."""
        return {each.path: at for at, each in reversed([*enumerate(self._images.attached)])}

    @cached_property
    def _read(self) -> dict[str, FilePicture]:
        return {}

    def _file(self, path: str) -> FilePicture:
        if path not in self._read:
            number = self._numbers.get(path, -1)
            self._read[path] = file_picture(self._record, number, self.opened.image_root)
        return self._read[path]

    def _sized(self, image: SeenImage) -> SeenImage:
        """The image with its size, which of a file that is only named the file tells."""
        if image.size is not None or image.shown is not None:
            return image
        jpeg = self._file(image.path).jpeg
        return image if jpeg is None else image._replace(size=size_of(jpeg))

    def _figure(self, image: SeenImage, told: str, *, listed: bool = False) -> Markup:
        address = self._address(image)
        return image_figure(
            image,
            told=told,
            drawn=partial(_image, address=address),
            why_not="" if address or image.shown else self._file(image.path).why_not,
            listed=listed,
        )

    def _address(self, image: SeenImage) -> str | None:
        if image.shown is not None:
            held = image.shown in self._record["images"]
            return f"{self.opened.address}/image/{image.shown}" if held else None
        if self._file(image.path).jpeg is None:
            return None
        return f"{self.opened.address}/file/{self._numbers[image.path]}"


def _image(image: SeenImage, *, address: str | None) -> Markup | None:
    if address is None or image.size is None:
        return None
    return element(
        "image",
        href=address,
        width=f"{image.size[0]:g}",
        height=f"{image.size[1]:g}",
        preserveAspectRatio="none",
    )
