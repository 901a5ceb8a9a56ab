"""The vocabulary of a store, the dictionaries and candidate titles, and the search over them."""

from clinseek.toolkits.ehr.candidates.build import build_vocabulary, read_code_lists
from clinseek.toolkits.ehr.candidates.fusion import fused
from clinseek.toolkits.ehr.candidates.fuzzy import fuzzy_matches
from clinseek.toolkits.ehr.candidates.hybrid import hybrid_matches
from clinseek.toolkits.ehr.candidates.keyword import Found, KeywordMode, keyword_matches
from clinseek.toolkits.ehr.candidates.match import Match
from clinseek.toolkits.ehr.candidates.titles import Titles, load_titles

__all__ = [
    "Found",
    "KeywordMode",
    "Match",
    "Titles",
    "build_vocabulary",
    "fused",
    "fuzzy_matches",
    "hybrid_matches",
    "keyword_matches",
    "load_titles",
    "read_code_lists",
]
