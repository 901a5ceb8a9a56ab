"""Proofs about the record: what a case shows, against a second reading, and what it gives away."""
