"""What the claim does not cover, with the figures that say how much that is."""

from __future__ import annotations

from clinseek.toolkits.ehr.availability import RULES
from clinseek.toolkits.ehr.candidates.sources import FEWEST_HOLDERS
from clinseek.validity.oracle import PLANNED
from clinseek.validity.page.markdown import bullets, count, names, share, spoken, table
from clinseek.validity.page.measure import Figures

HEAD = """\
## Known limits
"""

_WITHOUT_FIGURES = """\
- **Coders' lag.** Codes count as known at the end of the stay, the documented lower bound; how
  many days later a coder wrote them down is not in the record. `strict` waits three days, which
  is a guess.
- **The pending view is not built.** What was drawn and is awaited is hidden whole, for a row
  without its result would tell of tests that were added later to the same specimen. So an agent
  cannot see that a potassium is on its way.
- **Nor is the bedside option.** Vital signs count from storetime, although a monitor shows them
  at once.
- **`strict` rests on assumptions**: three days for coders, a quarter of an hour for triage, the
  end of the stay for a laboratory result without storetime, a charted date only when it has come.
  It is more cautious, not more certain.
- **The synthetic cohort is made up.** Its clocks follow habits measured on the open demo, so its
  figures say how the rules treat notes and everything else, not how late real notes are.
- **Lists and tables that the user supplies are not checked against patients.** The audit counts
  them, and proves that they are as ingest recorded them; whose words stand in them it cannot know.
- **What the audit cannot see.** Clocks that are wrong in the raw record: a storetime that was
  filled in wrongly is believed by both readings. A mistake in the specification that both were
  written from: they would agree on it. What staff knew without writing it down. And what free
  text says of the past or of plans: a note is judged by its own moment, not by its words.
"""


def limits(figures: Figures, source: str) -> str:
    """The list and the table of clocks, with figures of one source, the one named `source`."""
    told = bullets(
        (
            _microbiology(figures),
            _suspects(),
            _planned(figures),
            _icu_stays(figures),
            _missing_storetimes(figures),
            _titles(figures),
        )
    )
    return f"Figures are of the {source}.\n\n{told}\n{_WITHOUT_FIGURES}\n{_storing(figures)}\n"


def _microbiology(figures: Figures) -> str:
    delays = figures.waiting.delays.get("microbiologyevents")
    if not delays:
        return ""
    return (
        "**Microbiology keeps only the last update.** A Gram stain that was telephoned within the "
        "hour appears with the last word on its culture, in the median "
        f"{spoken(delays.minutes(0.5))} after it was drawn; interim results cannot be recovered."
    )


def _suspects() -> str:
    told = "; ".join(
        f"`{name}.{column}` ({why})"
        for name, rule in RULES.items()
        for column, why in rule.suspect.items()
    )
    return f"**Suspects.** Columns that are kept although they hold their last state: {told}."


def _planned(figures: Figures) -> str:
    ahead = figures.clocks.ahead
    told = "; ".join(
        f"`{name}.{column}` {count(ahead[name, column])} times ({why})"
        for (name, column), why in PLANNED.items()
        if ahead[name, column]
    )
    if not told:
        return ""
    return (
        f"**Plans are shown.** Cells that are shown before the moment that stands in them: {told}. "
        "That there was a plan was known; what stands in the record is its last state, so a start "
        "that was moved shows where it was moved to."
    )


def _icu_stays(figures: Figures) -> str:
    icu = figures.clocks.icu
    bridging = count(icu["bridging"]) if icu["bridging"] else "none"
    return (
        "**ICU stays are not rebuilt from transfers.** A stay_id that bridges a gap on the ward "
        f"tells that the patient will be back; of {count(icu['stays'])} stays {bridging} bridged "
        "one."
    )


def _missing_storetimes(figures: Figures) -> str:
    never = figures.clocks.never_stored
    if not never:
        return ""
    waits = ", ".join(
        f"{count(figures.waiting.delays[name].total())} of {count(figures.clocks.storable[name])} "
        f"rows of `{name}` wait for it"
        for name in never
    )
    return (
        f"**No storetime in {names(never)}.** No row of the copy that was measured has one, so "
        f"only the fallback of the rule could be measured: {waits}."
    )


def _titles(figures: Figures) -> str:
    titles = figures.titles
    if not titles["listed"]:
        return ""
    return (
        "**One patient may tip a title onto a list.** Drugs, microbiology tests, units, services "
        f"and exams are on a candidate list once {FEWEST_HOLDERS} patients of the store have them, "
        "at any time. What a single patient has is on none, for it would tell what awaits them: "
        f"{count(titles['left out'])} titles here. Of the {count(titles['listed'])} that are "
        f"listed {count(titles['tipped by one'])} have exactly {FEWEST_HOLDERS} holders: whoever "
        "knew that one of these had it would learn from the list that the other has it too, or "
        "will."
    )


def _storing(figures: Figures) -> str:
    clocks = figures.clocks
    lines = [
        [
            f"`{name}`",
            count(rows),
            *_with_share(clocks.unstored[name], rows),
            *_with_share(clocks.stored_before[name], rows - clocks.unstored[name]),
            *_with_share(clocks.stored_weeks_after[name], rows - clocks.unstored[name]),
        ]
        for name in figures.tables
        if (rows := clocks.storable[name])
    ]
    columns = ["table", "rows", "no storetime", "share", "stored before it happened", "share"]
    return (
        "Clocks that a rule can only guess at, or has to believe, by table with a storetime:\n\n"
        + table([*columns, "stored over 7 days after", "share"], lines)
    )


def _with_share(part: int, whole: int) -> list[str]:
    return [count(part), share(part, whole)]
