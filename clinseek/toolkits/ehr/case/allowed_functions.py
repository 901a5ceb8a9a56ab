"""The SQL functions a statement may call, each looked at for what one call can cost.

SQLite looks at no clock inside a function, so what stands here is short for the longest cell, or
is bounded by `functions`. What builds or edits JSON is left out: `json_patch` takes the square of
its keys, and `json_group_array` grows past the longest cell without being stopped. Whatever a later
SQLite brings is refused until somebody has looked at it.
"""

from __future__ import annotations

import re

_OF_ROWS = (  # a group's text is bounded by the longest cell
    "avg count group_concat max min string_agg sum total cume_dist dense_rank first_value lag "
    "last_value lead nth_value ntile percent_rank rank row_number"
)
_OF_NUMBERS = (
    "abs acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log "
    "log10 log2 mod pi pow power radians random round sign sin sinh sqrt tan tanh trunc"
)
_OF_TIMES = (
    "current_date current_time current_timestamp date datetime julianday strftime time timediff "
    "unixepoch"
)
_OF_CELLS = "coalesce if ifnull iif likelihood likely nullif typeof unlikely"
_OF_TEXTS = (
    "char concat concat_ws format glob hex instr length like lower ltrim octet_length printf "
    "quote randomblob replace rtrim soundex substr substring trim unhex unicode unistr "
    "unistr_quote upper zeroblob"
)
_OF_JSON = "-> ->> json_array_length json_extract json_type json_valid"
_OF_SQLITE = (
    "changes last_insert_rowid sqlite_compileoption_get sqlite_compileoption_used "
    "sqlite_source_id sqlite_version total_changes"
)
_LISTS = (_OF_ROWS, _OF_NUMBERS, _OF_TIMES, _OF_CELLS, _OF_TEXTS, _OF_JSON, _OF_SQLITE)
ALLOWED = frozenset(name for names in _LISTS for name in names.split())

_DENIED = re.compile(r"not authorized to use function: (\S+)")
_GATHERING = re.compile(r"jsonb?_group_|median|percentile")


def denied(words: str) -> str | None:
    """What to write in the place of a function that SQLite was not let call; None where it was.

    >>> denied("not authorized to use function: json_group_array")
    'json_group_array cannot be used here; use group_concat(), or select the rows themselves'
    >>> denied("not authorized to use function: json_patch")
    'json_patch cannot be used here; select the columns themselves, without JSON'
    >>> denied("no such column: x")
    """
    named = _DENIED.search(words)
    if named is None:
        return None
    name = named.group(1)
    if _GATHERING.match(name.lower()):
        return f"{name} cannot be used here; use group_concat(), or select the rows themselves"
    if name.lower().startswith("json"):
        return f"{name} cannot be used here; select the columns themselves, without JSON"
    return (
        f"{name} cannot be used here; use the common functions of text, number and time, such as "
        "substr, replace, round and julianday"
    )
