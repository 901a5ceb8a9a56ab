"""The images of a run: which came with its question, how they are shown, what may be opened."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from clinseek.errors import Refusal, SettingError
from clinseek.graphs.state import BoundImages, CaseBinding
from clinseek.models.images import EncodedImage, encode, image_block, images_by_hash
from clinseek.records import BoxShown, ImageAttached, ImageShown
from clinseek.settings import home
from clinseek.toolkits.observation import ImageBox, Observation

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool
    from PIL.Image import Image

    from clinseek.toolkits.imaging import Engine, ImageRoot
    from clinseek.toolkits.imaging.reading.roots import ImageFile

MOST_SHOWN = 4
"""So many images stand in the first message; the others are named."""
REPORT_CHARACTERS = 4_000
_NEEDED = "image.dicom_processor"
"""The tool that needs what reading images needs: nothing more."""
_LONGEST_PATH = 1_000
_OF_TEXT = ".txt"


class Pictured(NamedTuple):
    """An image in the first message of a run, and what its readers should know of it."""

    attached: ImageAttached
    block: dict[str, Any] | None
    warnings: tuple[str, ...] = ()


class Report(NamedTuple):
    """A report that came with a question: its path, where it has one, and its text, where shown."""

    path: str | None
    text: str | None


class Engines:
    """The models behind image tools: one engine for each folder of weights, shared by all runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[Path, Engine] = {}

    def engine(self) -> Engine:
        """The engine of this process. Nothing is loaded before a tool is called."""
        from clinseek.toolkits.imaging import Engine, weights_folder

        folder = weights_folder(home=home())
        with self._lock:
            return self._made.setdefault(folder.path, Engine(folder))


def rooted(
    images: Iterable[str | os.PathLike[str]], root: str | os.PathLike[str] | None
) -> tuple[list[str], str | None]:
    """Paths of images below a root, and the root, absolute.

    Where none is named it is the folder that holds them all; only the images named are opened.

    >>> rooted(["/films/a/1.png", "/films/b/2.dcm"], None)
    (['a/1.png', 'b/2.dcm'], '/films')
    """
    if root is not None:
        folder = Path(root).expanduser().resolve()
        return [_below(Path(each), folder) for each in images], str(folder)
    places = [Path(each).expanduser().resolve() for each in images]
    if not places:
        return [], None
    folder = Path(os.path.commonpath([place.parent for place in places]))
    return [str(place.relative_to(folder)) for place in places], str(folder)


def read_reports(reports: Iterable[str | os.PathLike[str]], root: str | None) -> list[str]:
    """Reports as a run is given them: files as paths below the root, else as their texts.

    A str is passed on as it is. SettingError for a file that cannot be read.
    """
    return [each if isinstance(each, str) else _read_file(Path(each), root) for each in reports]


def attach(
    images: Sequence[str], root: str | None, *, made: Path, engine: Engine
) -> list[Pictured]:
    """The images of a question, the first four as blocks of a message.

    SettingError for one that is not there, lies outside the root, or cannot be read. Where what
    reads images is not installed, none is shown.
    """
    opened = _opened(root, made)
    shows = why_unshown(engine) is None
    names = list(dict.fromkeys(_named(opened, path) for path in images))
    pictured: list[Pictured] = []
    for at, name in enumerate(names):
        block, warned = _block(opened, name) if shows and at < MOST_SHOWN else (None, ())
        pictured.append(Pictured(_attached(opened, name, block), block, warned))
    return pictured


def why_unshown(engine: Engine) -> str | None:
    """Why images are named only, and not shown; None where they can be read."""
    return engine.why_absent(_NEEDED)


def reports_of(
    reports: Sequence[str], root: str | None, *, made: Path, inlined: bool
) -> list[Report]:
    """Reports with the texts that the model is shown, each cut at 4,000 characters."""
    opened = _opened(root, made)
    return [_report(opened, each, inlined=inlined) for each in reports]


def seen(file: ImageFile) -> EncodedImage:
    """An image as it is meant to be seen (window, inversion), encoded as for any host. Refusal."""
    return _seen(file)[0]


def _seen(file: ImageFile) -> tuple[EncodedImage, tuple[str, ...]]:
    """An image as it is meant to be seen, and sentences for whoever looks at it. Refusal."""
    from clinseek.toolkits.imaging.rendering.pictures import png_of

    image, warned = _drawn(file)
    return encode(png_of(image)), warned


def _drawn(file: ImageFile) -> tuple[Image, tuple[str, ...]]:
    """An image in 8 bits and what is to be said of it; its brightness, far larger, is let go."""
    from clinseek.toolkits.imaging.reading import read_image
    from clinseek.toolkits.imaging.rendering.pictures import image_of

    picture = read_image(file, colour=True)
    lateral = (f"the view is {picture.seen_from}; image tools know frontal views only",)
    warned = (*picture.warnings, *(lateral if picture.lateral else ()))
    return image_of(picture.pixels), warned


def made_folder(case_file: str) -> Path:
    """Where the image tools of a run put what they drew: beside its case."""
    return Path(case_file).with_suffix(".images")


def forget_made(case_file: str) -> None:
    """Remove what the image tools of a run drew; the record holds what was shown."""
    shutil.rmtree(made_folder(case_file), ignore_errors=True)


def check_unchanged(bound: BoundImages, *, made: Path) -> None:
    """SettingError where an attached image is not the one that the run began with."""
    opened = _opened(bound["root"], made)
    for each in bound["attached"]:
        if _sha256(opened, each["path"]) != each["sha256"]:
            raise SettingError(
                f"image {each['path']} was changed since this run began; put the file back, or ask "
                "the question anew"
            )


def image_tools(binding: CaseBinding, engine: Engine) -> Mapping[str, BaseTool]:
    """The image tools that can work here, over the images of a run; {} where it may have none."""
    bound = binding.get("images")
    if bound is None:
        return {}
    from clinseek.toolkits.imaging import ImageRoot, ImagingToolkit

    made = made_folder(binding["file"])
    check_unchanged(bound, made=made)
    only = [each["path"] for each in bound["attached"]] or None
    root = ImageRoot(Path(bound["root"]) if bound["root"] else None, made=made, only=only)
    toolkit = ImagingToolkit(root=root, engine=engine, benchmark=bound.get("benchmark"))
    return {tool.name: tool for tool in toolkit.get_tools()}


def absences(engine: Engine) -> dict[str, str]:
    """Why image tools cannot work here, in words for the model: no path of this machine."""
    return {name: reason.partition(";")[0] for name, reason in engine.absent().items()}


def image_shown(origin: Observation) -> ImageShown | None:
    """What an observation is about, as the ledger keeps it."""
    if origin.image is None:
        return None
    boxes = [cast(BoxShown, box._asdict()) for box in origin.image.boxes]
    return ImageShown(path=origin.image.path, sha256=origin.image.sha256, boxes=boxes)


def box_lines(evidence: str, boxes: Sequence[ImageBox]) -> str:
    """How the parts of an image are cited, a line each.

    >>> print(box_lines("E4", [ImageBox("Heart", 90.0, 120.0, 180.0, 200.5)]))
    parts, in pixels (left, top, right, bottom):
    E4#1 Heart (90, 120, 180, 200.5)
    """
    lines = [
        f"{evidence}#{at} {box.label} ({', '.join(f'{side:g}' for side in box[1:])})"
        for at, box in enumerate(boxes, start=1)
    ]
    return "\n".join(["parts, in pixels (left, top, right, bottom):", *lines])


def _opened(root: str | None, made: Path) -> ImageRoot:
    from clinseek.toolkits.imaging import ImageRoot

    return ImageRoot(Path(root) if root else None, made=made)


def _named(opened: ImageRoot, path: str) -> str:
    try:
        return opened.name_of(path)
    except Refusal as refusal:
        hint = "" if opened.folder else "; name the folder of the images as image_root"
        raise SettingError(f"images: {refusal}{hint}") from None


def _sha256(opened: ImageRoot, name: str) -> str:
    try:
        return opened.sha256(name)
    except Refusal as refusal:
        raise SettingError(f"images: {refusal}") from None


def _attached(opened: ImageRoot, name: str, block: dict[str, Any] | None) -> ImageAttached:
    shown = next(iter(_hashes([block])), None) if block else None
    return ImageAttached(path=name, sha256=_sha256(opened, name), shown=shown)


def _hashes(blocks: list[dict[str, Any]]) -> dict[str, str]:
    from langchain_core.messages import HumanMessage

    return images_by_hash([HumanMessage(list(blocks))])[1]


def _block(opened: ImageRoot, name: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The image as a block of a message, and what to be warned of."""
    try:
        encoded, warned = _seen(opened.read(name))
        return image_block(encoded), warned
    except Refusal as refusal:
        raise SettingError(f"images: {refusal}") from None


def _report(opened: ImageRoot, given: str, *, inlined: bool) -> Report:
    path = given.strip()
    if "\n" in path or len(path) > _LONGEST_PATH or not _is_path(opened, path):
        return Report(None, _cut(given) if inlined else None)
    try:
        text = opened.read(path).content.decode("utf-8", errors="replace") if inlined else None
        return Report(opened.name_of(path), None if text is None else _cut(text))
    except Refusal as refusal:
        raise SettingError(f"reports: {refusal}") from None


def _is_path(opened: ImageRoot, given: str) -> bool:
    """Whether a line is the path of a report. SettingError for a file that is no text file.

    Who reaches a graph behind a port must not have any file of the machine read to a model.
    """
    written = given.lower().endswith(_OF_TEXT)
    if opened.holds(given) and not written:
        raise SettingError(f"reports: {given} is no text file; its name must end with {_OF_TEXT}")
    return written and (" " not in given or opened.holds(given))


def _cut(text: str) -> str:
    whole = text.strip()
    if len(whole) <= REPORT_CHARACTERS:
        return whole
    return f"{whole[:REPORT_CHARACTERS]}\n[cut: {REPORT_CHARACTERS:,} of {len(whole):,} characters]"


def _read_file(file: Path, root: str | None) -> str:
    place = file.expanduser().resolve()
    if root is not None and place.is_relative_to(root) and place.suffix.lower() == _OF_TEXT:
        return str(place.relative_to(root))
    try:
        return place.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise SettingError(f"report {file}: it cannot be read ({reason})") from None


def _below(path: Path, folder: Path) -> str:
    place = path.parent.resolve() / path.name
    inside = path.is_absolute() and place.is_relative_to(folder)
    return str(place.relative_to(folder) if inside else path)
