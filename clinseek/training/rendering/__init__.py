"""Conversations as a student's chat template writes them, and the tokens that are trained."""

from clinseek.training.rendering.fidelity import Fidelity
from clinseek.training.rendering.masking import Masked, RenderedLength, Renderer
from clinseek.training.rendering.template import ChatTemplate
from clinseek.training.rendering.tokenizer import Tokenizer

__all__ = ["ChatTemplate", "Fidelity", "Masked", "RenderedLength", "Renderer", "Tokenizer"]
