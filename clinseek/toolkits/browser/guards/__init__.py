"""What stands between a run and the web: nothing of the patient out, no orders of a page in."""
