"""The typed state that travels through the graph."""
