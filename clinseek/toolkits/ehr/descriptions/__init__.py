"""What every table and column of MIMIC means, in our words, and what this project hides of it."""

from clinseek.toolkits.ehr.descriptions.links import DICTIONARY_LINKS, Link

__all__ = ["DICTIONARY_LINKS", "Link"]
