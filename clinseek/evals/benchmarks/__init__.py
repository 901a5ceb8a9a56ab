"""Benchmarks: where their rows come from."""
