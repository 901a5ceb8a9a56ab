"""Plans: which calls answer which kind of question, and what is made of the observations."""
