"""From what a model asks of an image to an answer, one module for each kind of tool."""
