"""Packaged evidence: what the published systems gave a model in the record's place."""

from clinseek.evals.curated.package import package

__all__ = ["package"]
