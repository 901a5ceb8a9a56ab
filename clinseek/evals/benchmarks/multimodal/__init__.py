"""ClinSeek-Bench multimodal, rebuilt from EHRXQA, MedMod and MIMIC-CXR by those who hold them."""

from clinseek.evals.benchmarks.multimodal.rebuilding import (
    PER_TASK,
    SEED,
    Rebuilt,
    rebuild_multimodal,
)
from clinseek.evals.benchmarks.multimodal.sources import Split

__all__ = ["PER_TASK", "SEED", "Rebuilt", "Split", "rebuild_multimodal"]
