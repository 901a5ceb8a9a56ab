"""The images of a run on its page. Each picture is in the page once, however often it is seen."""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.evals.report.inline_pictures import Inlined
from clinseek.evals.report.markup import Markup, element
from clinseek.evals.report.picture_figure import image_figure
from clinseek.evals.report.pictures import RunImages, SeenImage
from clinseek.evals.transcripts.evidence import Observation


@dataclass(frozen=True)
class Album:
    """The images of a run, and those of their pictures that are part of the page."""

    images: RunImages
    inlined: Inlined

    def definitions(self) -> Markup | None:
        """The pictures themselves, for the figures that use them."""
        drawn = [
            self._definition(image)
            for image in {each.shown: each for each in self._every()}.values()
            if image.shown in self.inlined.addresses and image.size
        ]
        return element("svg", drawn, width="0", height="0", aria_hidden="true") if drawn else None

    def of_the_question(self) -> Markup | None:
        """The images that came with the question, and on them what the answer cites."""
        if not self.images.attached:
            return None
        figures = [
            self._figure(image, f"Image {at}: {image.path}")
            for at, image in enumerate(self.images.attached, start=1)
        ]
        return element(
            "section",
            element("h2", "Images of the question"),
            element("div", figures, class_="pictures many" if len(figures) > 1 else "pictures"),
            class_="card",
        )

    def of(self, observation: Observation) -> Markup | None:
        """The image that an observation is about with its parts, and what its tool drew."""
        seen = self.images.of.get(observation.id)
        figures = [
            self._figure(image, f"What {observation.id} drew")
            for image in self.images.drew.get(observation.id, ())
        ]
        if seen is not None and seen.parts:
            figures.insert(0, self._figure(seen, f"{observation.id} on {seen.path}", listed=True))
        return element("div", figures, class_="pictures") if figures else None

    def _figure(self, image: SeenImage, told: str, *, listed: bool = False) -> Markup:
        return image_figure(
            image,
            told=told,
            drawn=self._used,
            why_not=self.inlined.left_out.get(image.shown or "", ""),
            listed=listed,
        )

    def _used(self, image: SeenImage) -> Markup | None:
        if image.shown not in self.inlined.addresses:
            return None
        assert image.size is not None
        return element("use", href=f"#picture-{image.shown}", transform=self._scaled(image))

    def _scaled(self, image: SeenImage) -> str | None:
        """What makes the picture as large as the image, where another figure told another size."""
        defined = {each.shown: each.size for each in self._every()}[image.shown]
        if defined is None or image.size is None or defined == image.size:
            return None
        return f"scale({image.size[0] / defined[0]:g} {image.size[1] / defined[1]:g})"

    def _definition(self, image: SeenImage) -> Markup:
        assert image.size is not None
        return element(
            "image",
            id=f"picture-{image.shown}",
            href=self.inlined.addresses[str(image.shown)],
            width=f"{image.size[0]:g}",
            height=f"{image.size[1]:g}",
            preserveAspectRatio="none",
        )

    def _every(self) -> list[SeenImage]:
        drawn = [each for drew in self.images.drew.values() for each in drew]
        return [*self.images.of.values(), *drawn, *self.images.attached]
