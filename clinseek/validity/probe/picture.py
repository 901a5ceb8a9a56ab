"""A probe as one picture: by outcome and profile, how much is answered, how much of it right."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.availability import warning_of
from clinseek.validity.outcomes import OUTCOMES
from clinseek.validity.probe.counts import Direct
from clinseek.validity.probe.intervals import Share
from clinseek.validity.probe.notes import counted
from clinseek.validity.probe.report import ProbeReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMS = (".png", ".svg")
_COLOURS = {
    "available": "#0072b2", "strict": "#009e73", "event": "#e69f00", "reference": "#d55e00",
}  # fmt: skip
"""Okabe and Ito's colours, which colour-blind people tell apart."""
_WARNING = "#a32a00"
_BAND = "0.87"
_PALE = 0.28
_ROW_INCHES = 0.21


def check_picture(path: Path) -> None:
    """SettingError where no picture could be made at `path`; asked before the work begins."""
    if path.suffix.lower() not in FORMS:
        raise SettingError(f"--picture {path}: a picture is {' or '.join(FORMS)}")
    if not path.parent.is_dir():
        raise SettingError(f"--picture {path}: there is no folder {path.parent}")
    try:
        import matplotlib as mpl  # noqa: F401
    except ImportError:
        raise SettingError(
            "--picture needs matplotlib, which is not installed: pip install 'clinseek[probe]'"
        ) from None


def draw(report: ProbeReport, path: Path) -> None:
    """Write the picture to `path` (.png or .svg); the same report gives the same bytes."""
    figure = _figure(report)
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "clinseek", "svg.fonttype": "none"}):
        metadata = {"Date": None} if path.suffix.lower() == ".svg" else {"Software": None}
        try:
            figure.savefig(path, dpi=160, metadata=metadata)
        except OSError as error:
            raise SettingError(f"--picture {path}: cannot be written ({error.strerror})") from None


def _figure(report: ProbeReport) -> Figure:
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(found.outcome for found in report.direct))
    block = len(report.profiles) + 1
    rows = len(names) * block
    warnings = [said for name in report.profiles if (said := warning_of(name)) is not None]
    height = 1.9 + _ROW_INCHES * rows + 0.35 * len(warnings)
    figure = Figure(figsize=(9.2, height), layout="constrained")
    axes = figure.subplots()
    for found in report.direct:
        top = names.index(found.outcome) * block
        if found.profile == report.profiles[0]:
            _draw_majority(axes, found, top - 0.5, top + len(report.profiles) - 0.5)
        _draw_row(axes, found, top + report.profiles.index(found.profile))
    middles = [number * block + (len(report.profiles) - 1) / 2 for number in range(len(names))]
    axes.set_yticks(middles, [_label(report, name) for name in names])
    axes.set_ylim(rows - 1, -1)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("% of the questions asked")
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    figure.suptitle("What can be read off the record", x=0.01, ha="left", fontsize=13)
    if warnings:
        said = "\n".join(textwrap.fill(each, width=110) for each in warnings)
        axes.set_title(said, loc="right", fontsize=8, color=_WARNING, pad=10)
    handles, told = _legend(report)
    figure.legend(
        handles, told, loc="outside lower left", ncols=len(told), frameon=False, fontsize=8,
    )  # fmt: skip
    return figure


def _label(report: ProbeReport, name: str) -> str:
    found = next(found for found in report.direct if found.outcome == name)
    alike = f", all {found.majority_answer!r}" if found.one_answer else ""
    return f"{OUTCOMES[name].title}\n{counted(found.asked, 'question')}{alike}"


def _draw_majority(axes: Any, found: Direct, top: float, bottom: float) -> None:
    low, high = 100 * found.majority.low, 100 * found.majority.high
    axes.fill_betweenx([top, bottom], low, high, color=_BAND, linewidth=0, zorder=0.5)
    axes.plot([100 * found.majority.value] * 2, [top, bottom], color="0.25", lw=1.4, zorder=2.5)


def _draw_row(axes: Any, found: Direct, place: float) -> None:
    colour = _COLOURS[found.profile]
    axes.barh(place, 100 * found.answered.value, height=0.84, color=colour, alpha=_PALE)
    _draw_interval(axes, found.answered, place + 0.24, color=colour, fmt="|", markersize=5, lw=0.8)
    _draw_interval(axes, found.right, place - 0.12, color=colour, fmt="o", markersize=4.5, lw=1.6)


def _draw_interval(axes: Any, share: Share, place: float, *, lw: float, **drawn: Any) -> None:
    middle = 100 * share.value
    to_low, to_high = max(0.0, middle - 100 * share.low), max(0.0, 100 * share.high - middle)
    axes.errorbar(
        middle, place, xerr=[[to_low], [to_high]], elinewidth=lw, capsize=0, zorder=3, **drawn
    )


def _legend(report: ProbeReport) -> tuple[list[Any], list[str]]:
    """Drawn things and what they are called; a pair of them is drawn one over the other."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    def line(width: float, marker: str) -> Line2D:
        return Line2D([], [], color="0.25", lw=width, marker=marker, markersize=4.5)

    upright = Line2D([], [], color="0.25", lw=0, marker="|", markersize=9, markeredgewidth=1.4)
    handles: list[Any] = [Patch(color=_COLOURS[profile]) for profile in report.profiles]
    handles += [
        (Patch(color="0.25", alpha=_PALE), line(0.8, "|")),
        line(1.6, "o"),
        (Patch(color=_BAND), upright),
    ]
    told = ["answered", "right", "majority answer"]
    return handles, [*report.profiles, *(f"{each}, with 95 % interval" for each in told)]
