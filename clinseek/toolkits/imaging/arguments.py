"""What each `image.*` tool takes: the published names and arguments, and some more.

What cannot be read becomes a sentence that names the fault and what the tool takes. A null is an
argument left out, as many a model and template write one.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from clinseek.errors import Refusal
from clinseek.toolkits.arguments import Arguments, tool_schemas
from clinseek.toolkits.imaging.reading.picture import FARTHEST, NARROWEST

ORGANS = (
    "Left Clavicle",
    "Right Clavicle",
    "Left Scapula",
    "Right Scapula",
    "Left Lung",
    "Right Lung",
    "Left Hilus Pulmonis",
    "Right Hilus Pulmonis",
    "Heart",
    "Aorta",
    "Facies Diaphragmatica",
    "Mediastinum",
    "Weasand",
    "Spine",
)
"""The structures of ChestX-Det, in the order of the segmenter's outputs; Weasand: oesophagus."""

MOST_TOKENS = 300


def _list(given: object) -> object:
    """A list that a template wrote as text, or one word without its brackets, as a list."""
    if not isinstance(given, str):
        return given
    text = given.strip()
    if text.startswith("["):
        try:
            return json.loads(text)
        except ValueError:
            return given
    return [part.strip() for part in text.split(",") if part.strip()]


_Path = Annotated[
    str,
    Field(description="Path of an image of this run, as the context or a tool names it."),
]
_Inches = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Center = Annotated[float, Field(ge=-FARTHEST, le=FARTHEST)]
_Width = Annotated[float, Field(ge=NARROWEST, le=FARTHEST)]
_CENTER = "Stored value shown as middle grey; needs window_width."
_WIDTH = "Range of stored values shown; needs window_center."


class VisualizeImage(Arguments):
    """image.image_visualizer."""

    tool = "image.image_visualizer"
    says = (
        "Show an image: as it is, a part of it (crop), enlarged (zoom), with a grid whose numbers "
        "are pixels, or through another window. Returns the path of the rendered copy."
    )
    image_path: _Path
    title: Annotated[str, Field(max_length=200)] = ""
    description: Annotated[str, Field(max_length=500)] = ""
    figsize: Annotated[
        tuple[_Inches, _Inches],
        BeforeValidator(_list),
        WithJsonSchema({"type": "array", "items": {"type": "number"}}),
        Field(description="Width and height in hundreds of pixels, at most 20 each."),
    ] = (10.0, 10.0)
    cmap: Annotated[
        str, Field(description="rgb, gray: as it is; gray_r, inverted: bright and dark exchanged.")
    ] = "rgb"
    crop: Annotated[
        tuple[int, int, int, int] | None,
        BeforeValidator(_list),
        WithJsonSchema({"type": "array", "items": {"type": "integer"}}),
        Field(description="Part to show, in pixels: left, top, right, bottom."),
    ] = None
    zoom: Annotated[float, Field(gt=0, le=8, description="Enlarge so many times.")] = 1.0
    grid: Annotated[bool, Field(description="Draw a grid with pixel numbers.")] = False
    window_center: Annotated[
        _Center | None, WithJsonSchema({"type": "number"}), Field(description=_CENTER)
    ] = None
    window_width: Annotated[
        _Width | None, WithJsonSchema({"type": "number"}), Field(description=_WIDTH)
    ] = None


class ProcessDicom(Arguments):
    """image.dicom_processor."""

    tool = "image.dicom_processor"
    says = (
        "Turn a DICOM file into a PNG that the other tools and you can see, with its technical "
        "entries: view, pixel spacing, window, bits. Nothing that names the patient is shown."
    )
    dicom_path: Annotated[
        str, Field(description="Path of a DICOM file of this run, as the context names it.")
    ]
    window_center: Annotated[
        _Center | None, WithJsonSchema({"type": "number"}), Field(description=_CENTER)
    ] = None
    window_width: Annotated[
        _Width | None, WithJsonSchema({"type": "number"}), Field(description=_WIDTH)
    ] = None


class ClassifyChestXray(Arguments):
    """image.chest_xray_classifier."""

    tool = "image.chest_xray_classifier"
    says = (
        "Scores for 18 findings on a frontal chest X-ray; 0.5 is each finding's operating "
        "point, above it speaks for the finding, below it against. They are no probabilities."
    )
    image_path: _Path


class GenerateReport(Arguments):
    """image.chest_xray_report_generator."""

    tool = "image.chest_xray_report_generator"
    says = (
        "A draft of findings and impression for a frontal chest X-ray, written by two models. "
        "Drafts invent prior studies and may be wrong: check each claim by another tool."
    )
    image_path: _Path


class GroundPhrase(Arguments):
    """image.xray_phrase_grounding."""

    tool = "image.xray_phrase_grounding"
    says = (
        "Find where in a frontal chest X-ray a phrase applies, e.g. 'right pleural effusion'. "
        "Returns boxes, or none. A box does not prove that the finding is there."
    )
    image_path: _Path
    phrase: Annotated[str, Field(description="One finding, in a few words.", max_length=300)]
    max_new_tokens: Annotated[int, Field(ge=1, le=1_000)] = MOST_TOKENS


class SegmentChestXray(Arguments):
    """image.chest_xray_segmentation."""

    tool = "image.chest_xray_segmentation"
    says = (
        "Outline up to 14 structures on a frontal chest X-ray: area, centroid, box and confidence "
        "of each, the cardiothoracic ratio where heart and lungs are among them, and an overlay."
    )
    image_path: _Path
    organs: Annotated[
        list[str] | None,
        BeforeValidator(_list),
        WithJsonSchema({"type": "array", "items": {"type": "string", "enum": list(ORGANS)}}),
        Field(description="Structures wanted; all 14 where left out."),
    ] = None


ARGUMENTS: tuple[type[Arguments], ...] = (
    VisualizeImage,
    ProcessDicom,
    ClassifyChestXray,
    GenerateReport,
    GroundPhrase,
    SegmentChestXray,
)
IMAGE_TOOL_NAMES: tuple[str, ...] = tuple(arguments.tool for arguments in ARGUMENTS)


def image_tool_schemas() -> list[dict[str, Any]]:
    """The tools in the OpenAI form: name, description and parameters of each."""
    return tool_schemas(ARGUMENTS)


def organs_named(asked: list[str] | None) -> tuple[str, ...]:
    """The structures asked for, in the order of ORGANS; Refusal that lists the 14.

    >>> organs_named(["heart", "left_lung"])
    ('Left Lung', 'Heart')
    """
    if not asked:
        return ORGANS
    known = {_plain(organ): organ for organ in ORGANS}
    unknown = [name for name in asked if _plain(name) not in known]
    if unknown:
        raise Refusal(f"there is no structure {unknown[0][:60]!r}; there are: {', '.join(ORGANS)}")
    wanted = {known[_plain(name)] for name in asked}
    return tuple(organ for organ in ORGANS if organ in wanted)


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").lower().split())
