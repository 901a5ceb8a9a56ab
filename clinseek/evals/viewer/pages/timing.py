"""Where the time of a run went, turn by turn, as one bar."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from clinseek.evals.report.markup import Markup, element

MOST_PIECES = 240


class Piece(NamedTuple):
    """The turns `first` to `last` with their seconds in the model, in tools and waiting."""

    first: int
    last: int
    model: float
    tools: float
    waited: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.model + self.tools + self.waited


def pieces_of(run: Mapping[str, Any], *, most: int = MOST_PIECES) -> list[Piece]:
    """The seconds of each turn; of very long runs those of several turns together."""
    model: dict[int, float] = {}
    waited: dict[int, float] = {}
    tools: dict[int, float] = {}
    for turn in run["turns"]:
        model[turn["round"]] = model.get(turn["round"], 0.0) + turn["seconds"]
        waited[turn["round"]] = waited.get(turn["round"], 0.0) + turn["waited"]
    for entry in run["evidence"]:
        tools[entry["round"]] = tools.get(entry["round"], 0.0) + entry["seconds"]
    rounds = sorted({*model, *tools})
    size = max(1, -(-len(rounds) // most))
    return [
        Piece(
            part[0],
            part[-1],
            sum(model.get(number, 0.0) for number in part),
            sum(tools.get(number, 0.0) for number in part),
            sum(waited.get(number, 0.0) for number in part),
        )
        for part in (rounds[at : at + size] for at in range(0, len(rounds), size))
    ]


def timing_bar(run: Mapping[str, Any], *, turn_address: Callable[[int], str]) -> Markup | None:
    """The bar: a piece is as wide as its share of the time, and leads to its turn."""
    pieces = pieces_of(run)
    whole = sum(piece.seconds for piece in pieces)
    if not pieces or whole <= 0:
        return None
    drawn, at = [], 0.0
    for piece in pieces:
        drawn.append(_piece(piece, at, whole, turn_address(piece.first)))
        at += piece.seconds / whole
    timings = run["timings"]
    said = (
        f"{whole:,.2f} s in {len(run['turns']):,} turns: model {timings['model']:,.2f} s, "
        f"tools {timings['tools']:,.2f} s, waiting {timings['waiting']:,.2f} s"
    )
    return element(
        "figure",
        element("svg", drawn, width="100%", height="26", role="img", aria_label=said),
        element(
            "figcaption",
            element("span", "model", class_="swatch model"),
            element("span", "tools", class_="swatch tools"),
            element("span", "waiting", class_="swatch waited"),
            element("span", said, class_="quiet"),
        ),
        class_="timing",
    )


def _piece(piece: Piece, at: float, whole: float, address: str) -> Markup:
    turns = f"Turn {piece.first}" + (f" to {piece.last}" if piece.last > piece.first else "")
    told = (
        f"{turns}: model {piece.model:.3f} s, tools {piece.tools:.3f} s, "
        f"waiting {piece.waited:.3f} s"
    )
    drawn = []
    for name in ("model", "tools", "waited"):
        share = getattr(piece, name) / whole
        if share > 0:
            drawn.append(_part(at, share, name))
            at += share
    return element("a", element("title", told), drawn, href=address, tabindex="-1")


def _part(at: float, share: float, colour: str) -> Markup:
    return element(
        "rect",
        x=f"{100 * at:.3f}%",
        y="2",
        width=f"{100 * share:.3f}%",
        height="22",
        class_=colour,
    )
