"""What is still open, with the figures that make it a question."""

from __future__ import annotations

from clinseek.validity.page.markdown import bullets, count, share
from clinseek.validity.page.measure import Figures

HEAD = """\
## Open questions
"""

_WITHOUT_FIGURES = """\
- **Is storetime an upper bound for vital signs?** The maintainers say so (mimic-code#375): a
  monitor shows a value before anyone validates it. A study that may say that a nurse saw it at
  charttime needs the bedside option, item by item, and never for items of category Labs.
- **First or last storing of a laboratory result?** The documentation calls storetime the moment
  at which a result could be had. Where it is that of a later correction, the first value was
  known earlier and cannot be told any more.
- **How late are the coders?** A lag measured by service would give `strict` a ground.
"""


def questions(figures: Figures, source: str) -> str:
    """The list, with figures of one source, the one named `source`."""
    told = bullets((_infusions(figures), _prescriptions(figures), _consults(figures)))
    return f"Figures are of the {source}.\n\n{told}\n{_WITHOUT_FIGURES}"


def _infusions(figures: Figures) -> str:
    clocks = figures.clocks
    told = ", ".join(
        f"{count(clocks.stored_at_end[name])} of {count(lasting)} in `{name}` "
        f"({share(clocks.stored_at_end[name], lasting)})"
        for name in figures.tables
        if (lasting := clocks.lasting[name])
    )
    return (
        "**Does the storetime of an infusion or a procedure move with later edits?** Of those that "
        f"ran for more than an hour, {told} were stored at their end or later. Where storetime is "
        "that of the last edit, a ventilation that is running does not stand in the record before "
        "it is over: safe, and blind to what everybody at the bedside sees. No source settles it, "
        "so the later clock counts."
    )


def _prescriptions(figures: Figures) -> str:
    drugs = figures.clocks.prescriptions
    ordered, begun = drugs["ordered"], drugs["begun first"]
    return (
        f"**Which order does a prescription name?** {count(begun)} of {count(ordered)} "
        f"({share(begun, ordered)}) begin before the order that they name was placed; of these "
        f"{count(drugs['entered first'])} have a pharmacy entry from before that order, and "
        f"{count(drugs['given first'])} a dose charted as administered before it. There "
        "poe_id seems to name a later version of the order, and `available`, which waits for it, "
        "shows the prescription too late rather than too early."
    )


def _consults(figures: Figures) -> str:
    consults = figures.clocks.consults
    return (
        "**When is the status of a consult known?** Its rows in `poe_detail` wait for the moment "
        f"in 'Consult Status Time'; of {count(consults['rows'])} rows {count(consults['never'])} "
        "have none and never show. No source says whether that is when it was answered or when it "
        "was noted."
    )
