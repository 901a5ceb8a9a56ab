"""A probe as one picture: by outcome and profile, how much is answered, how much of it right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinseek.errors import SettingError
from clinseek.validity.outcomes import OUTCOMES
from clinseek.validity.probe.direct import Direct
from clinseek.validity.probe.report import ProbeReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMS = (".png", ".svg")
_COLOURS = {
    "available": "#0072b2", "strict": "#009e73", "event": "#e69f00", "reference": "#d55e00",
}  # fmt: skip
"""Okabe and Ito's colours, which colour-blind people tell apart."""
_ROW_INCHES = 0.2


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
    rows = len(names) * (len(report.profiles) + 1)
    figure = Figure(figsize=(8.6, 1.5 + _ROW_INCHES * rows), layout="constrained")
    axes = figure.subplots()
    for found in report.direct:
        place = names.index(found.outcome) * (len(report.profiles) + 1)
        _draw_row(axes, found, place + report.profiles.index(found.profile))
    middles = [
        number * (len(report.profiles) + 1) + (len(report.profiles) - 1) / 2
        for number in range(len(names))
    ]
    axes.set_yticks(middles, [_label(report, name) for name in names])
    axes.set_ylim(rows - 1, -1)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("% of questions: bar answered, dot right, each with its 95 % interval")
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="0.9", linewidth=0.8)
    axes.set_axisbelow(True)
    figure.suptitle("What can be read off the record", x=0.01, ha="left", fontsize=12)
    figure.legend(
        handles=_legend(report), loc="outside lower left", ncols=2 + len(report.profiles),
        frameon=False, fontsize=8,
    )  # fmt: skip
    return figure


def _label(report: ProbeReport, name: str) -> str:
    asked = next(found.asked for found in report.direct if found.outcome == name)
    return f"{OUTCOMES[name].title}\n{asked:,} questions"


def _draw_row(axes: Any, found: Direct, place: int) -> None:
    colour = _COLOURS[found.profile]
    axes.barh(place, 100 * found.answered.value, height=0.8, color=colour, alpha=0.25)
    right = 100 * found.right.value
    to_low = max(0.0, right - 100 * found.right.low)
    to_high = max(0.0, 100 * found.right.high - right)
    axes.errorbar(
        right, place, xerr=[[to_low], [to_high]],
        fmt="o", color=colour, markersize=4.5, elinewidth=1.4, capsize=2,
    )  # fmt: skip
    low, high = 100 * found.majority.low, 100 * found.majority.high
    axes.fill_betweenx([place - 0.5, place + 0.5], low, high, color="0.5", alpha=0.2, linewidth=0)
    axes.plot([100 * found.majority.value] * 2, [place - 0.5, place + 0.5], color="0.25", lw=1.4)


def _legend(report: ProbeReport) -> list[Any]:
    from matplotlib.lines import Line2D

    handles: list[Any] = [
        Line2D([], [], color=_COLOURS[profile], marker="o", markersize=4.5, label=profile)
        for profile in report.profiles
    ]
    handles.append(Line2D([], [], color="0.25", lw=1.4, label="the majority answer"))
    return handles
