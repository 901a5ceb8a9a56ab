"""Search by meaning: titles and questions as vectors of one model, compared exactly."""

from clinseek.toolkits.ehr.candidates.semantic.ahead import Embedded, embed_ahead
from clinseek.toolkits.ehr.candidates.semantic.making import semantic_index
from clinseek.toolkits.ehr.candidates.semantic.model_choice import embedder_folder, semantic_absence
from clinseek.toolkits.ehr.candidates.semantic.search import (
    SemanticIndex,
    load_semantic_index,
    semantic_matches,
    vector_file,
)

__all__ = [
    "Embedded",
    "SemanticIndex",
    "embed_ahead",
    "embedder_folder",
    "load_semantic_index",
    "semantic_absence",
    "semantic_index",
    "semantic_matches",
    "vector_file",
]
