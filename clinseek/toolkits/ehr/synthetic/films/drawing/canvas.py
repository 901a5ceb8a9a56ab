"""Where the drawing is made: grids, soft edges, lines, and from thickness to grey.

A picture is a map of how much of the beam is stopped. Broad shapes are reckoned on a coarse grid
and enlarged; what is narrow (ribs, vessels, tubes) is drawn with lines at full size.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image

SIZE = 512
COARSE = 256
Grid = NDArray[np.floating[Any]]
Point = tuple[float, float]

X: Grid = ((np.arange(COARSE, dtype=np.float32) + 0.5) / COARSE)[None, :]
Y: Grid = ((np.arange(COARSE, dtype=np.float32) + 0.5) / COARSE)[:, None]


class Stroke(NamedTuple):
    """A line through `points`; width in pixels of the full picture, strength 0 to 1."""

    points: Sequence[Point]
    width: float
    strength: float


class Bone(NamedTuple):
    """A line whose edges are brighter than its middle; strength below 0.8 where bones cross."""

    points: Sequence[Point]
    width: float
    strength: float


def soft(distance: Grid, edge: float) -> Grid:
    """1 where `distance` is above zero, 0 below, over `edge` from one to the other."""
    edged: Grid = np.clip(distance / np.float32(edge) + np.float32(0.5), 0, 1)
    return edged


def hill(x: float, y: float, width: float, height: float) -> Grid:
    """A soft spot: 1 at its centre, by half its size 0.37."""
    across = np.exp(-(((X - x) / width) ** 2)).astype(np.float32)
    down = np.exp(-(((Y - y) / height) ** 2)).astype(np.float32)
    spot: Grid = across * down
    return spot


def disc(x: float, y: float, width: float, height: float, *, tilt: float = 0.0) -> Grid:
    """Above zero within an ellipse, 1 at its centre, falling outwards."""
    cosine, sine = np.float32(np.cos(tilt)), np.float32(np.sin(tilt))
    dx, dy = X - np.float32(x), Y - np.float32(y)
    along = (dx * cosine + dy * sine) / np.float32(width)
    across = (dy * cosine - dx * sine) / np.float32(height)
    return np.float32(1) - np.sqrt(along * along + across * across)


def course(y: Sequence[float], x: Sequence[float]) -> Grid:
    """A value for each row, straight between the (y, x) that are given."""
    return np.interp(Y[:, 0], y, x).astype(np.float32)[:, None]


def contour(x: Sequence[float], y: Sequence[float]) -> Grid:
    """A value for each column, straight between the (x, y) that are given."""
    heights: Grid = np.interp(X[0], x, y).astype(np.float32)[None, :]
    return heights


@lru_cache(maxsize=16)
def _weights(points: int, steps: int) -> NDArray[np.float64]:
    """How much each of the points counts at each step of a smooth line through them."""
    t = np.linspace(0, 1, steps, endpoint=False)
    parts = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
    weights = np.zeros(((points - 1) * steps + 1, points))
    for first in range(points - 1):
        for offset, part in zip(range(-1, 3), parts, strict=True):
            point = min(points - 1, max(0, first + offset))
            weights[first * steps : (first + 1) * steps, point] += 0.5 * part
    weights[-1, -1] = 1
    return weights


def curve(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """A smooth line through the points."""
    drawn: list[Point] = (_weights(len(points), steps) @ np.array(points)).tolist()
    return drawn


def lines(strokes: Iterable[Stroke], *, blur: float) -> Grid:
    """The strokes at full size, later ones over earlier ones, 0 to 1."""
    from PIL import ImageFilter

    return grid_of(drawn(strokes).filter(ImageFilter.BoxBlur(blur)))


def crossing(layers: Iterable[Iterable[Bone]]) -> Image.Image:
    """Bones at full size; where those of two layers cross, both are seen."""
    from PIL import ImageChops

    images = []
    for bones in layers:
        held = list(bones)
        strokes = [Stroke(bone.points, bone.width, bone.strength) for bone in held]
        strokes += [Stroke(b.points, b.width - 4, 0.55 * b.strength) for b in held]
        images.append(drawn(strokes))
    return reduce(ImageChops.add, images)


def seen_through(parts: Iterable[tuple[Image.Image, Grid]], *, blur: float) -> Grid:
    """The sum of pictures, each as strong as its coarse mask (0 to 1) lets it; 0 to 1."""
    from PIL import Image, ImageChops, ImageFilter

    seen = []
    for image, mask in parts:
        grey = Image.fromarray((mask * np.float32(255)).astype(np.uint8))
        large = grey.resize((SIZE, SIZE), Image.Resampling.NEAREST)  # the blur smooths it
        seen.append(ImageChops.multiply(image, large))
    return grid_of(reduce(ImageChops.add, seen).filter(ImageFilter.BoxBlur(blur)))


def drawn(strokes: Iterable[Stroke]) -> Image.Image:
    """The strokes as a grey picture."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (SIZE, SIZE))
    draw = ImageDraw.Draw(image)
    for points, width, strength in strokes:
        scaled = [(x * SIZE, y * SIZE) for x, y in points]
        draw.line(scaled, fill=round(255 * strength), width=max(1, round(width)))
    return image


def moved(image: Image.Image, share: float) -> Image.Image:
    """The picture, moved to the right by a share of its edge."""
    from PIL import ImageChops

    return ImageChops.offset(image, round(share * SIZE), 0)


def grid_of(image: Image.Image) -> Grid:
    """The picture as numbers from 0 to 1."""
    return np.asarray(image, dtype=np.float32) * np.float32(1 / 255)


def enlarged(coarse: Grid) -> Grid:
    """The coarse grid at full size."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(coarse, dtype=np.float32))
    large = image.resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    return np.array(large, dtype=np.float32)


@lru_cache(maxsize=1)
def clouds() -> Grid:
    """Uneven density around 0 with deviation 1, twice as wide and high as the coarse grid."""
    from PIL import Image

    generator = np.random.Generator(np.random.PCG64(20_261))
    total = np.zeros((COARSE, COARSE), dtype=np.float32)
    for cells, weight in ((12, 1.0), (26, 0.7), (60, 0.45)):
        # Resized among copies of itself, a tile has no seam where it meets itself.
        noise = np.tile(generator.standard_normal((cells, cells)).astype(np.float32), (3, 3))
        image = Image.fromarray(noise).resize((3 * COARSE, 3 * COARSE), Image.Resampling.BICUBIC)
        middle = np.asarray(image, dtype=np.float32)[COARSE : 2 * COARSE, COARSE : 2 * COARSE]
        total += np.float32(weight) * middle
    return np.tile(total / total.std(), (2, 2))


@lru_cache(maxsize=1)
def grain() -> Grid:
    """The noise of a film around 0, in grey levels, twice as wide and high as the picture."""
    from PIL import Image, ImageFilter

    generator = np.random.Generator(np.random.PCG64(20_262))
    noise = generator.normal(128, 48, (SIZE, SIZE)).clip(0, 255).astype(np.uint8)
    image = Image.fromarray(noise).filter(ImageFilter.GaussianBlur(0.7))
    rough = np.asarray(image, dtype=np.float32)
    return np.tile(np.float32(2.2) * (rough - rough.mean()) / rough.std(), (2, 2))


def part(tile: Grid, number: int) -> Grid:
    """A quarter of a tile, which one by a number."""
    edge = tile.shape[0] // 2
    down, right = number % edge, number // edge % edge
    return tile[down : down + edge, right : right + edge]
