"""image.chest_xray_classifier: what the scores of the 18 findings mean, in plain words."""

from __future__ import annotations

from typing import Any

from clinseek.toolkits.imaging.actions.answer import Answer, Bench, about
from clinseek.toolkits.imaging.actions.film import Film
from clinseek.toolkits.imaging.arguments import ClassifyChestXray
from clinseek.toolkits.imaging.models.resampling import network_input
from clinseek.toolkits.imaging.weights.catalogue import CLASSIFIER

SIZE = 224
_ABOVE, _BELOW = "above its operating point", "below its operating point"
_MEANING = (
    "0.5 is the operating point that the model's authors chose for each finding. A score says on "
    "which side of it the image lies; it is no calibrated probability, and scores of different "
    "findings cannot be compared."
)


def classify(bench: Bench, asked: ClassifyChestXray, film: Film) -> Answer:
    """The 18 scores of a picture."""
    from clinseek.toolkits.imaging.models.classifier import FINDINGS

    picture = film.radiograph()
    scores = bench.engine.scores(network_input(picture.pixels, SIZE)).tolist()
    output = {
        finding: {"score": round(score, 4), "means": _ABOVE if score > 0.5 else _BELOW}
        for finding, score in zip(FINDINGS, scores, strict=True)
    }
    metadata = about(picture, tool=asked.tool, engine=bench.engine)
    metadata |= {"model": "torchxrayvision densenet121-res224-all", "score_meaning": _MEANING}
    metadata |= training_of(CLASSIFIER.trained_on, bench.benchmark)
    return Answer(output, metadata)


def training_of(sets: tuple[str, ...], benchmark: str | None) -> dict[str, Any]:
    """What a model was trained on, and a warning where the benchmark's images are among it.

    >>> training_of(("MIMIC-CXR",), None)
    {'trained_on': ['MIMIC-CXR']}
    >>> sorted(training_of(("MIMIC-CXR",), "EHRXQA on MIMIC-CXR"))
    ['contamination_warning', 'trained_on']
    """
    told: dict[str, Any] = {"trained_on": list(sets)}
    if benchmark is not None and "mimic" in benchmark.lower():
        seen = [name for name in sets if "mimic" in name.lower()]
        if seen:
            told["contamination_warning"] = (
                f"this model was trained on {seen[0]}, from which the benchmark's images come: it "
                "may have seen this image, so its answer is no evidence of how well it reads others"
            )
    return told
