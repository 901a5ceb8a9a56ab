"""image.chest_xray_report_generator: a draft of findings and impression."""

from __future__ import annotations

from clinseek.toolkits.imaging.actions.answer import Answer, Bench, about
from clinseek.toolkits.imaging.actions.classification import training_of
from clinseek.toolkits.imaging.actions.film import Film
from clinseek.toolkits.imaging.arguments import GenerateReport
from clinseek.toolkits.imaging.weights.catalogue import FINDINGS

_CAUTION = (
    "written by two models from this one image, and by no radiologist; such drafts compare with "
    "prior studies that they never saw"
)


def draft_report(bench: Bench, asked: GenerateReport, film: Film) -> Answer:
    """Findings and impression for a picture."""
    picture = film.radiograph()
    findings, impression = bench.engine.report(picture.pixels)
    report = f"FINDINGS:\n{findings}\n\nIMPRESSION:\n{impression}"
    metadata = about(picture, tool=asked.tool, engine=bench.engine)
    metadata.pop("seen_by_the_model", None)  # these models are given the whole picture
    metadata |= {"model": "IAMJB/chexpert-mimic-cxr-*-baseline", "caution": _CAUTION}
    metadata |= training_of(FINDINGS.trained_on, bench.benchmark)
    output = {"report": report, "findings": findings, "impression": impression}
    return Answer(output, metadata)
