"""The parts of a report, each from what was gathered to its piece of the page."""
