"""The sections of docs/validity.md: figures in, Markdown out; one module a section."""
