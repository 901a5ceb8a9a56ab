"""Attack: hostile arguments, files, pages, requests and records change, reach and run nothing.

Each drill goes through a table of cases with the outcome that each must have. What they show, by
whom it could be tried, and what is left, is told in THREAT_MODEL.md. That they can fail is held in
tests/drills/test_attack.py, which weakens one guard for each.
"""

from __future__ import annotations

from drills.drill import Drill, of_module

DRILLS: tuple[Drill, ...] = (
    Drill(
        "attack.sql",
        "SQL of a model reads its case and nothing else, and ends in time",
        of_module("drills.attack.sql", "lines"),
    ),
    Drill(
        "attack.future",
        "what was not known at the cutoff stands in no byte of the case, free pages included",
        of_module("drills.attack.future", "lines"),
    ),
    Drill(
        "attack.paths",
        "no path leads out of the folder that a run may read",
        of_module("drills.attack.paths", "lines"),
    ),
    Drill(
        "attack.addresses",
        "a page cannot make a run reach an inner network",
        of_module("drills.attack.addresses", "lines"),
    ),
    Drill(
        "attack.injection",
        "words in notes, pages, tool descriptions, cells, file names and image headers are no "
        "turn, no call and no end of their fence",
        of_module("drills.attack.injection", "lines"),
    ),
    Drill(
        "attack.mcp",
        "a server over HTTP answers its own names and its token alone",
        of_module("drills.attack.mcp_http", "lines"),
    ),
    Drill(
        "attack.pages",
        "a record runs nothing where it is shown or exported",
        of_module("drills.attack.pages", "lines"),
    ),
    Drill(
        "attack.bombs",
        "a small hostile file takes no large memory and runs nothing",
        of_module("drills.attack.bombs", "lines"),
    ),
    Drill(
        "attack.arguments",
        "whatever a tool is given, it answers with a sentence, within 5 s, and changes nothing",
        of_module("drills.attack.fuzzing", "lines"),
    ),
)
