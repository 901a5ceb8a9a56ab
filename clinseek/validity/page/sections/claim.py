"""What the page claims, how anyone checks it, and what its figures were measured on."""

from __future__ import annotations

from clinseek.toolkits.ehr.availability import CASE_PROFILES, rules_hash
from clinseek.validity.page.markdown import count, paragraph, table
from clinseek.validity.page.sources import Source

HEAD = """\
# Validity: is the future in the record?

Made by `clinseek validity --open-data DIR --out docs/validity.md`, where DIR holds the open
MIMIC-IV demo; do not edit by hand. Every figure comes from that command, and the same inputs give
the same bytes.

## The claim, and how to check it yourself

A case opened at a cutoff holds every row and every cell that had become known by then, and
nothing else: no later row, no later cell, and no trace of one in ids, order, counts, file size,
tool outputs or error texts. What counts as known is told table by table in
[availability.md](availability.md). The specification was put into code twice and apart: once as
the rules that fill a case, once as the plain second reading in `clinseek/validity/oracle`, which
knows nothing of the first. Everything on this page is measured with the second.

- `clinseek audit STORE --raw DIR --sample 2000` proves the claim on your own copy of MIMIC-IV. At
  each prediction time it holds the case against the second reading cell by cell, against itself
  at a later time, and against the same patient with the future deleted, randomised and
  multiplied; half of the times lie where something had happened and was not known yet, the clocks
  that few patients have first. The dictionaries beside the cases are looked through for anything
  of a patient, and with `--raw` the whole store is held against the files it was made of. It ends
  with 1 if any of this contradicts the claim, and names the rules that its sample did not
  exercise: that is not a pass.
- `make mutants` weakens every field of every rule, every clause of what rules look at beside a row,
  and the order of rows known at one moment, one at a time, on rows with missing and crossed clocks;
  each has to be noticed. It tells by what: a case that differs from the second reading proves
  more than a statement that no longer runs (most joins that are left out), and by which column a
  table is read in time is held against a list written by hand.
- `clinseek probe STORE` tries to read outcomes off the record as a lazy agent would; with
  `--profile reference` it does so under the cutoff rule of the published systems.
- `clinseek validity --open-data DIR` makes this page again.

"""


_DERIVED = """\
The demo's `chartevents` is not PhysioNet's file but a derived one beside it: numeric events only,
without storetime, their hadm_id and stay_id inferred. What stands below of `chartevents` in the
demo, 257,474 rows of the total, measures the rule's caution (charttime + 24 h for items of category
Labs) and that inference, not the hospital; the synthetic cohort has the table whole."""


def provenance(sources: dict[str, Source]) -> str:
    """What the figures were measured on: sources, their content, the rules."""
    rows = [
        [
            name,
            stamp(each),
            count(each.patients),
            count(len(each.figures.tables)),
            count(each.figures.rows),
        ]
        for name, each in sources.items()
    ]
    columns = ["measured on", "content", "patients", "tables", "rows"]
    return f"{table(columns, rows, words=2)}\n\n{_DERIVED}\n\n{hashes()}\n"


def stamp(source: Source) -> str:
    """The first letters of the hash of what a source holds."""
    return f"`{source.fingerprint[:16]}`"


def hashes() -> str:
    """The hashes of the rules that the figures are of."""
    hashed = ", ".join(f"`{profile}` {rules_hash(profile)}" for profile in CASE_PROFILES)
    return paragraph(f"Rules hash: {hashed}.")
