"""The vocabulary of a store, the dictionaries and candidate titles, and the search over them."""

from clinseek.toolkits.ehr.candidates.build import build_vocabulary
from clinseek.toolkits.ehr.candidates.search import Match, fuzzy_matches, keyword_matches
from clinseek.toolkits.ehr.candidates.titles import Titles, load_titles

__all__ = [
    "Match",
    "Titles",
    "build_vocabulary",
    "fuzzy_matches",
    "keyword_matches",
    "load_titles",
]
