"""What a chest film shows: the truth by which it is drawn, reported, labelled and asked about."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

Side = Literal["right", "left"]
Zone = Literal["right upper", "right lower", "left upper", "left lower"]

Finding = Literal[
    "pleural effusion",
    "pneumothorax",
    "consolidation",
    "pulmonary edema",
    "bibasilar opacities",
    "cardiomegaly",
    "hyperinflation",
    "endotracheal tube",
    "central venous line",
    "pacemaker",
    "sternal wires",
]

DEVICES: frozenset[Finding] = frozenset(
    {"endotracheal tube", "central venous line", "pacemaker", "sternal wires"}
)
"""Findings that are no illness."""


class Findings(NamedTuple):
    """One study. Sizes and densities run from 0 (none) to 1; sides are the patient's."""

    consolidation: tuple[tuple[Zone, float], ...] = ()
    effusion_right: float = 0.0
    """Share of the height of the chest."""
    effusion_left: float = 0.0
    pneumothorax: Side | None = None
    pneumothorax_size: float = 0.0
    edema: float = 0.0
    bibasilar: float = 0.0
    cardiomegaly: bool = False
    hyperinflation: bool = False
    endotracheal_tube: bool = False
    central_line: Side | None = None
    pacemaker: bool = False
    sternal_wires: bool = False

    @property
    def present(self) -> frozenset[Finding]:
        """The names of what can be seen.

        >>> sorted(Findings(effusion_left=0.2, pacemaker=True).present)
        ['pacemaker', 'pleural effusion']
        """
        seen: tuple[tuple[Finding, object], ...] = (
            ("pleural effusion", self.effusion_right or self.effusion_left),
            ("pneumothorax", self.pneumothorax),
            ("consolidation", self.consolidation),
            ("pulmonary edema", self.edema),
            ("bibasilar opacities", self.bibasilar),
            ("cardiomegaly", self.cardiomegaly),
            ("hyperinflation", self.hyperinflation),
            ("endotracheal tube", self.endotracheal_tube),
            ("central venous line", self.central_line),
            ("pacemaker", self.pacemaker),
            ("sternal wires", self.sternal_wires),
        )
        return frozenset(name for name, there in seen if there)

    def told(self) -> dict[str, Any]:
        """The same as JSON holds it, for the file that lies beside the pictures."""
        return {**self._asdict(), "present": sorted(self.present)}
