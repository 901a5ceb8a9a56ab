"""The loss as a picture: the same log gives the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clinseek.whole_file import whole_file

PICTURES = ("loss.svg", "loss.png")
_TRAINED, _VALIDATED = "#0072b2", "#d55e00"


def draw_curve(lines: Sequence[dict[str, Any]], folder: Path, *, title: str) -> None:
    """Write loss.svg and loss.png into `folder`, by the lines of a training log."""
    import matplotlib as mpl

    figure = _figure(lines, title)
    with mpl.rc_context({"svg.hashsalt": "clinseek", "svg.fonttype": "none"}):
        for name in PICTURES:
            metadata = {"Date": None} if name.endswith("svg") else {"Software": None}
            with whole_file(folder / name) as made:
                figure.savefig(made, dpi=160, format=name[-3:], metadata=metadata)


def _figure(lines: Sequence[dict[str, Any]], title: str) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 3.6), layout="constrained")
    axes = figure.subplots()
    for key, label, colour, form in (
        ("loss", "training", _TRAINED, "-"),
        ("validation_loss", "validation", _VALIDATED, "o-"),
    ):
        points = [(line["step"], line[key]) for line in lines if key in line]
        if points:
            steps, losses = zip(*points, strict=True)
            axes.plot(steps, losses, form, color=colour, label=label, markersize=4, linewidth=1.4)
    axes.set_xlabel("step")
    axes.set_ylabel("loss of a trained token (nats)")
    axes.set_title(title, fontsize=10, loc="left")
    axes.set_ylim(bottom=0)
    axes.grid(visible=True, color="0.9")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure
