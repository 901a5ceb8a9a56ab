"""Our values in the cells of a published table: the same groups, with honest intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from clinseek.evals.benchmarks.paper.published import PaperTable
from clinseek.evals.scorers import RowScore, ScorerName
from clinseek.evals.scorers.row_values import row_values
from clinseek.evals.statistics import Estimate, mean_estimate
from clinseek.records import Setting
from clinseek.toolkits.ehr.availability.profiles import CaseProfile

InGroup = Callable[[RowScore], bool]

_FIVE = ("diagnoses_ccs", "labevents", "microbiologyevents", "procedures_ccs", "transfers")
"""The paper reports five of the six AgentEHR tasks."""


def _of_type(name: str) -> InGroup:
    return lambda score: score.task_type == name


def _of_task(name: str) -> InGroup:
    return lambda score: score.task == name


GROUPS: Mapping[PaperTable, Mapping[str, InGroup]] = {
    "text": {
        "Risk Prediction": _of_type("risk_prediction"),
        "Decision Making": _of_type("decision_making"),
        "Overall": lambda _: True,
    },
    "multimodal": {
        "cxr_finding_presence": _of_type("presence"),
        "cxr_finding_enumeration": _of_type("enumeration"),
        "cxr_change_comparison": _of_type("comparison"),
        "mortality_24h": _of_type("decompensation"),
        "inpatient_mortality": _of_type("mortality"),
        "phenotype": _of_type("phenotype"),
        "overall": lambda _: True,
    },
    "agentehr": {
        **{name: _of_task(name) for name in _FIVE},
        "average": lambda score: score.task in _FIVE,
    },
}
"""The groups of each table by the names that are printed, with the rows that belong to them."""

SCORERS: Mapping[PaperTable, ScorerName] = {
    "text": "published",
    "multimodal": "published_multimodal",
    "agentehr": "published",
}


class PaperCell(NamedTuple):
    """One value of ours. `ours` is clustered by patient, `as_paper` the published t over samples.

    Both are None where nothing was scored: the cell is a dash. `unscored` rows needed a judge.
    """

    model: str
    setting: Setting
    profile: CaseProfile
    group: str
    ours: Estimate | None
    as_paper: Estimate | None
    failed: int
    unscored: int

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
        }


def paper_cells(
    table: PaperTable,
    scores: Sequence[RowScore],
    *,
    model: str,
    setting: Setting,
    profile: CaseProfile,
) -> list[PaperCell]:
    """The cells that one evaluation fills, in the order of the table."""
    return [
        _cell([score for score in scores if belongs(score)], model, setting, profile, group)
        for group, belongs in GROUPS[table].items()
    ]


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
