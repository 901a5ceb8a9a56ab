"""The clerks of the synthetic hospital: one module writes the rows of one kind of record."""
