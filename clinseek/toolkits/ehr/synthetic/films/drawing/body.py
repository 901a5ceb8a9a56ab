"""How one patient is built, and how the film was taken: what makes two drawings differ."""

from __future__ import annotations

from typing import NamedTuple

from clinseek.toolkits.ehr.synthetic.course import Patient
from clinseek.toolkits.ehr.synthetic.streams import Stream


class Body(NamedTuple):
    """Lengths are shares of the picture's edge; the same on every film of the patient."""

    chest_width: float
    """Half the width of the lungs at their widest."""
    apex: float
    diaphragm: float
    """Height of the right dome, from the top."""
    heart: float
    """Half of the cardiothoracic ratio of the healthy heart."""
    fat: float
    """0 thin to 1 stout."""
    female: bool
    rib_gap: float
    rib_slope: float
    vessels: int
    """Seed of the tree of vessels."""


def body_of(patient: Patient, stream: Stream) -> Body:
    """The build of a patient; `stream` is of the patient, not of a film."""
    bmi = patient.weight_kg / (patient.height_cm / 100) ** 2
    return Body(
        chest_width=stream.uniform(0.335, 0.365) + (0.012 if patient.gender == "M" else 0.0),
        apex=stream.uniform(0.115, 0.15),
        diaphragm=stream.uniform(0.655, 0.70),
        heart=stream.uniform(0.215, 0.24),
        fat=min(1.0, max(0.0, (bmi - 20) / 18)),
        female=patient.gender == "F",
        rib_gap=stream.uniform(0.060, 0.066),
        rib_slope=stream.uniform(0.8, 1.2),
        vessels=stream.whole(0, 2**31),
    )


class Exposure(NamedTuple):
    """How one film was taken: where the patient stood, how deep the breath, how dark the film."""

    shift: float
    """Of the patient to the right of the picture."""
    turn: float
    """Of the spine's lower end, a share of the edge."""
    breath: float
    """1 deep; less raises the diaphragm."""
    darkness: float
    grain: int

    @staticmethod
    def draw(stream: Stream, *, bedside: bool) -> Exposure:
        """The exposure of one film; at the bedside things are less straight."""
        wide = 2.0 if bedside else 1.0
        return Exposure(
            shift=wide * stream.normal(0, 0.006),
            turn=wide * stream.normal(0, 0.006),
            breath=stream.uniform(0.45, 0.85) if bedside else stream.uniform(0.8, 1.0),
            darkness=stream.uniform(0.92, 1.12),
            grain=stream.whole(0, 2**31),
        )
