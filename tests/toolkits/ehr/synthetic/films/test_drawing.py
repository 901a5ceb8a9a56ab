"""What a drawn film shows can be seen in it, where it belongs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from clinseek.toolkits.ehr.synthetic.course import draw_patient
from clinseek.toolkits.ehr.synthetic.films.drawing import (
    SIZE,
    Body,
    Exposure,
    body_of,
    draw_film,
    jpeg_of,
)
from clinseek.toolkits.ehr.synthetic.films.findings import Findings
from clinseek.toolkits.ehr.synthetic.films.studies import View
from clinseek.toolkits.ehr.synthetic.streams import Identifiers, Stream

pytest.importorskip("PIL", reason="needs Pillow")

Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the edge; the patient's right is on the left."""

PATIENTS = (0, 5, 9)


def _body(index: int) -> Body:
    return body_of(draw_patient(1, index, Identifiers(1)), Stream(1, index))


def _film(findings: Findings, *, patient: int = 0, view: View = "AP") -> NDArray[np.int64]:
    exposure = Exposure.draw(Stream(2, patient), bedside=view == "AP")
    return draw_film(_body(patient), exposure, view, findings).astype(np.int64)


def _brighter(findings: Findings, box: Box, *, patient: int, view: View = "AP") -> float:
    """How much brighter the box is than on a film without the findings, in grey levels."""
    left, top, right, bottom = (round(SIZE * share) for share in box)
    change = _film(findings, patient=patient, view=view) - _film(
        Findings(), patient=patient, view=view
    )
    return float(change[top:bottom, left:right].mean())


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize(
    ("findings", "box", "elsewhere"),
    [
        pytest.param(
            Findings(consolidation=(("right lower", 0.7),)),
            (0.24, 0.52, 0.38, 0.62), (0.62, 0.25, 0.8, 0.45), id="consolidation, right lower",
        ),
        pytest.param(
            Findings(consolidation=(("left upper", 0.7),)),
            (0.64, 0.27, 0.76, 0.37), (0.2, 0.25, 0.38, 0.45), id="consolidation, left upper",
        ),
        pytest.param(
            Findings(effusion_left=0.25),
            (0.78, 0.62, 0.83, 0.68), (0.17, 0.6, 0.22, 0.66), id="effusion, left",
        ),
        pytest.param(
            Findings(effusion_right=0.25),
            (0.17, 0.62, 0.22, 0.68), (0.78, 0.6, 0.83, 0.66), id="effusion, right",
        ),
        pytest.param(
            Findings(edema=0.8), (0.3, 0.4, 0.38, 0.5), (0.02, 0.4, 0.08, 0.5), id="edema"
        ),
        pytest.param(
            Findings(cardiomegaly=True),
            (0.69, 0.52, 0.73, 0.60), (0.62, 0.22, 0.8, 0.35), id="cardiomegaly",
        ),
        pytest.param(
            Findings(pacemaker=True),
            (0.73, 0.2, 0.77, 0.25), (0.2, 0.2, 0.4, 0.4), id="pacemaker",
        ),
    ],
)  # fmt: skip
def test_a_finding_is_brighter_where_it_lies_and_nowhere_else(
    patient: int, findings: Findings, box: Box, elsewhere: Box
) -> None:
    assert _brighter(findings, box, patient=patient) > 12
    assert abs(_brighter(findings, elsewhere, patient=patient)) < 2


@pytest.mark.parametrize("patient", PATIENTS)
@pytest.mark.parametrize(
    ("findings", "from_share", "to_share"),
    [
        pytest.param(Findings(endotracheal_tube=True), 0.45, 0.55, id="tube, in the midline"),
        pytest.param(Findings(central_line="right"), 0.35, 0.45, id="line, right of it"),
        pytest.param(Findings(central_line="left"), 0.55, 0.65, id="line, left of it"),
    ],
)
def test_a_tube_or_line_runs_down_the_neck(
    patient: int, findings: Findings, from_share: float, to_share: float
) -> None:
    change = (_film(findings, patient=patient) - _film(Findings(), patient=patient))[30:60]
    columns = change.mean(axis=0)
    left, right = round(SIZE * from_share), round(SIZE * to_share)
    assert columns[left:right].max() > 20
    assert columns[:left].max() < 3
    assert columns[right:].max() < 3


@pytest.mark.parametrize("patient", PATIENTS)
def test_air_outside_the_lung_is_darker(patient: int) -> None:
    right = Findings(pneumothorax="right", pneumothorax_size=0.5)
    assert _brighter(right, (0.25, 0.19, 0.33, 0.24), patient=patient) < -8
    assert abs(_brighter(right, (0.62, 0.2, 0.8, 0.4), patient=patient)) < 1


@pytest.mark.parametrize(
    ("findings", "box"),
    [
        pytest.param(Findings(effusion_left=0.25), (0.72, 0.72, 0.8, 0.76), id="effusion"),
        pytest.param(
            Findings(consolidation=(("right lower", 0.8),)), (0.62, 0.6, 0.72, 0.68),
            id="consolidation",
        ),
        pytest.param(Findings(cardiomegaly=True), (0.2, 0.42, 0.5, 0.65), id="cardiomegaly"),
        pytest.param(Findings(pacemaker=True), (0.2, 0.19, 0.25, 0.27), id="pacemaker"),
    ],
)  # fmt: skip
def test_a_lateral_film_shows_it_too(findings: Findings, box: Box) -> None:
    assert _brighter(findings, box, patient=0, view="LATERAL") > 8


def test_the_same_film_is_drawn_to_the_same_bytes() -> None:
    findings = Findings(edema=0.6, central_line="left", sternal_wires=True)
    drawn = [_film(findings, view="PA").astype(np.uint8) for _ in range(2)]
    assert jpeg_of(drawn[0]) == jpeg_of(drawn[1])


def test_no_two_patients_look_alike() -> None:
    first, other = _film(Findings()), _film(Findings(), patient=5)
    assert np.abs(first - other).mean() > 4


def test_the_margin_holds_words_on_every_view() -> None:
    views: tuple[View, ...] = ("AP", "PA", "LATERAL")
    margins = [_film(Findings(), view=view)[-15:] for view in views]
    assert all((margin > 150).sum() > 300 for margin in margins)
    assert all((margin == margins[0]).all() for margin in margins)
