"""From traces to the files that trainers read, with a card."""

from clinseek.training.exporting.card import ExportReport, length_told
from clinseek.training.exporting.export import ExportSettings, export_traces
from clinseek.training.exporting.tokenised import Tokenised

__all__ = ["ExportReport", "ExportSettings", "Tokenised", "export_traces", "length_told"]
