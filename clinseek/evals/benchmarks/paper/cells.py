"""Our values in the cells of a published table: the same groups, with honest intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.paper.groups import PARTS, PARTS_CALLED, TOTALS
from clinseek.evals.benchmarks.paper.published import PaperTable
from clinseek.evals.scorers import RowScore, ScorerName
from clinseek.evals.scorers.row_values import row_values
from clinseek.evals.statistics import Estimate, mean_estimate
from clinseek.records import Setting
from clinseek.toolkits.ehr.availability.profiles import CaseProfile

SCORERS: Mapping[PaperTable, ScorerName] = {
    "text": "published",
    "multimodal": "published_multimodal",
    "agentehr": "published",
}


class PaperCell(NamedTuple):
    """One value of ours. `ours` is clustered by patient, `as_paper` the published t over samples.

    Both are None where nothing was scored: the cell is a dash. `unscored` rows needed a judge.
    `remark` says of a total, "of 1 of 5 tasks", that it is not over all that was published.
    """

    model: str
    setting: Setting
    profile: CaseProfile
    group: str
    ours: Estimate | None
    as_paper: Estimate | None
    failed: int
    unscored: int
    remark: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The cell as plain values, on the scale of 0 to 1."""
        shown = self.ours
        return {
            "model": self.model,
            "setting": self.setting,
            "profile": self.profile,
            "group": self.group,
            "f1": None if shown is None else shown.value,
            "low": None if shown is None else shown.low,
            "high": None if shown is None else shown.high,
            "published_radius": _radius(self.as_paper),
            "rows": 0 if shown is None else shown.n,
            "patients": 0 if shown is None else shown.clusters,
            "failed": self.failed,
            "unscored": self.unscored,
            "remark": self.remark,
        }


def paper_cells(
    table: PaperTable,
    scores: Sequence[RowScore],
    *,
    model: str,
    setting: Setting,
    profile: CaseProfile,
) -> list[PaperCell]:
    """The cells that one evaluation fills, in the order of the table; the last is the total.

    Scores of rows that are of no group of the table are in no cell.
    """
    of_groups = {
        group: [score for score in scores if belongs(score)]
        for group, belongs in PARTS[table].items()
    }
    cells = [_cell(held, model, setting, profile, group) for group, held in of_groups.items()]
    in_any = [score for score in scores if any(belongs(score) for belongs in PARTS[table].values())]
    total = _cell(in_any, model, setting, profile, TOTALS[table])
    filled = sum(cell.ours is not None for cell in cells)
    if 0 < filled < len(cells):
        total = total._replace(remark=f"of {filled} of {len(cells)} {PARTS_CALLED[table]}")
    return [*cells, total]


def _cell(
    scores: Sequence[RowScore], model: str, setting: Setting, profile: CaseProfile, group: str
) -> PaperCell:
    rows = row_values(scores)
    values, patients = [row.value for row in rows], [row.subject_id for row in rows]
    states = [score.state for score in scores]
    return PaperCell(
        model, setting, profile, group,
        ours=mean_estimate(values, patients) if rows else None,
        as_paper=mean_estimate(values, patients, method="paper") if rows else None,
        failed=states.count("failed") + states.count("missing"),
        unscored=states.count("unscored"),
    )  # fmt: skip


def _radius(estimate: Estimate | None) -> float | None:
    if estimate is None or estimate.high is None:
        return None
    return estimate.high - estimate.value
