"""Runs as traces: one typed form, whatever they are read from."""

from clinseek.training.traces.folder import TraceFolder, TraceWriter, draft_folder, trace_writer
from clinseek.training.traces.reading import TraceSource, trace_source
from clinseek.training.traces.trace import Message, ToolCall, Trace

__all__ = [
    "Message",
    "ToolCall",
    "Trace",
    "TraceFolder",
    "TraceSource",
    "TraceWriter",
    "draft_folder",
    "trace_source",
    "trace_writer",
]
