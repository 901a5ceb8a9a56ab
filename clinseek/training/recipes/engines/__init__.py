"""One module an engine: each loads a model in its own way and hands it to the same trainer."""
