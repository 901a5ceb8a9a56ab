"""Questions to candidate search that nobody tuned, each with the titles that answer it.

Six sets over the ICD diagnosis titles of the open MIMIC-IV demo; `half` parts every set by a hash
of the question. Half A is for development, half B for the table in docs/candidates.md.

- ed: the diagnosis text of the open ED demo -> the title of the same code.
- abbreviation: abbreviations that passages of MedQuAD define ("... (COPD)"), the 100 in most
  passages -> every title that holds all words of the long form.
- typo: titles with one or two letters wrong. order: titles with their words shuffled.
- british: titles in British spelling.
- lay: the other names of MedQuAD's topics, as long as they share no word with the topic's own
  name -> every title that holds all words of that name.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

SEED = 7
DRAWN = 400
"""Titles drawn for each set that is made from titles."""
ABBREVIATIONS = 100
_WORD = re.compile(r"[a-z0-9]+")
_SMALL = frozenset(
    {
        "a", "an", "and", "by", "for", "from", "in", "of", "on", "or", "other", "the", "to",
        "unspecified", "with", "without",
    }
)  # fmt: skip

BRITISH = (
    ("anesthe", "anaesthe"), ("anemi", "anaemi"), ("apnea", "apnoea"), ("behavior", "behaviour"),
    ("cecum", "caecum"), ("celiac", "coeliac"), ("center", "centre"), ("cesarean", "caesarean"),
    ("color", "colour"), ("diarrhea", "diarrhoea"), ("dyspnea", "dyspnoea"), ("edema", "oedema"),
    ("esoph", "oesoph"), ("estrogen", "oestrogen"), ("feces", "faeces"), ("fetal", "foetal"),
    ("fetus", "foetus"), ("fiber", "fibre"), ("glycemi", "glycaemi"), ("gonorrhea", "gonorrhoea"),
    ("gynec", "gynaec"), ("hemat", "haemat"), ("hemo", "haemo"), ("ischem", "ischaem"),
    ("labor", "labour"), ("leukemi", "leukaemi"), ("lipidemi", "lipidaemi"),
    ("orthoped", "orthopaed"), ("paralyze", "paralyse"), ("pediatric", "paediatric"),
    ("septicemi", "septicaemi"), ("toxem", "toxaem"), ("tumor", "tumour"), ("uremi", "uraemi"),
)  # fmt: skip


class Query(NamedTuple):
    """A question of one set, and the titles any of which answers it."""

    kind: str
    text: str
    gold: frozenset[str]

    @property
    def half(self) -> str:
        """A or B, by a hash of the set and the question."""
        digest = hashlib.sha256(f"{self.kind}\t{self.text.lower()}".encode()).digest()
        return "AB"[digest[0] % 2]


def queries(open_data: Path, rows: Iterable[tuple[str, int, str]]) -> list[Query]:
    """All sets; `rows` are code, version and title of the vocabulary."""
    coded = {(code, version): title for code, version, title in rows}
    titles = sorted(set(coded.values()))
    holders = _Holders(titles)
    return [
        *_ed(open_data, coded),
        *_abbreviations(open_data, holders),
        *_changed("typo", titles, _misspelt),
        *_changed("order", titles, _shuffled),
        *_changed(
            "british", [title for title in titles if british(title) != title.lower()], _as_british
        ),
        *_lay(open_data, holders),
    ]


def british(title: str) -> str:
    """A title in British spelling.

    >>> british("Anemia with edema")
    'anaemia with oedema'
    """
    text = title.lower()
    for american, spelt in BRITISH:
        text = re.sub(f"(?<!o)(?<!a){american}", spelt, text)
    return text


class _Holders:
    """Which titles hold all words of a phrase."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._titles = titles
        self._with: dict[str, set[int]] = defaultdict(set)
        for index, title in enumerate(titles):
            for word in words(title):
                self._with[word].add(index)

    def of(self, phrase: str) -> frozenset[str]:
        sought = [word for word in words(phrase) if word not in _SMALL]
        if not sought:
            return frozenset()
        found = set.intersection(*(self._with.get(word, set()) for word in sought))
        return frozenset(self._titles[index] for index in found)


def words(text: str) -> list[str]:
    """The words of a text, lower case, a plural s taken off.

    >>> words("Gallstones, acute")
    ['gallstone', 'acute']
    """
    found = _WORD.findall(text.lower().replace("'s", ""))
    return [w[:-1] if len(w) > 4 and w.endswith("s") and not w.endswith("ss") else w for w in found]


def _ed(open_data: Path, coded: dict[tuple[str, int], str]) -> Iterator[Query]:
    file = open_data / "mimic-iv-ed-demo" / "ed" / "diagnosis.csv.gz"
    gold: dict[str, set[str]] = defaultdict(set)
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if title := coded.get((row["icd_code"].strip(), int(row["icd_version"]))):
                gold[row["icd_title"].strip()].add(title)
    for text in sorted(gold):
        yield Query("ed", text, frozenset(gold[text]))


def _abbreviations(open_data: Path, holders: _Holders) -> Iterator[Query]:
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for passage in _passages(open_data):
        for short, long in set(_defined(passage["answer"])):
            seen[short][long] += 1
    usual = {short: longs.most_common(1)[0] for short, longs in seen.items()}
    ranked = sorted(usual.items(), key=lambda item: (-item[1][1], item[0]))
    known = ((short, gold) for short, (long, _) in ranked if (gold := holders.of(long)))
    for _, (short, gold) in zip(range(ABBREVIATIONS), known, strict=False):
        yield Query("abbreviation", short, gold)


def _defined(text: str) -> Iterator[tuple[str, str]]:
    """Abbreviations with their long forms, where a text defines them letter by letter."""
    for found in re.finditer(r"\(([A-Z][A-Za-z]{1,6})\)", text):
        short = found[1]
        if sum(letter.isupper() for letter in short) < 2:
            continue
        before = re.findall(r"[A-Za-z]+", text[: found.start()][-120:])[-len(short) :]
        if [word[0].lower() for word in before] == [letter.lower() for letter in short]:
            yield short, " ".join(before).lower()


def _changed(
    kind: str, titles: Sequence[str], change: Callable[[str, random.Random], str]
) -> Iterator[Query]:
    chance = random.Random(f"{kind} {SEED}")
    for title in chance.sample(titles, min(DRAWN, len(titles))):
        text = change(title, chance)
        if text.lower() != title.lower():
            yield Query(kind, text, frozenset({title}))


def _misspelt(title: str, chance: random.Random) -> str:
    letters = list(title.lower())
    for _ in range(chance.choice((1, 2))):
        at = chance.choice([i for i, letter in enumerate(letters) if letter.isalpha()])
        match chance.randrange(4):
            case 0:
                letters[at] = chance.choice("abcdefghijklmnopqrstuvwxyz")
            case 1:
                letters.insert(at, chance.choice("abcdefghijklmnopqrstuvwxyz"))
            case 2 if len(letters) > 3:
                del letters[at]
            case _:
                letters[at - 1 : at + 1] = reversed(letters[at - 1 : at + 1])
    return "".join(letters)


def _shuffled(title: str, chance: random.Random) -> str:
    parts = title.lower().replace(",", " ").split()
    chance.shuffle(parts)
    return " ".join(parts)


def _as_british(title: str, _: random.Random) -> str:
    return british(title)


def _lay(open_data: Path, holders: _Holders) -> Iterator[Query]:
    gold: dict[str, set[str]] = defaultdict(set)
    for passage in _passages(open_data):
        focus = re.sub(r"\(.*?\)", "", passage["focus"])
        for name in passage["synonyms"]:
            if not set(words(name)) & set(words(focus)) and not name.isupper():
                gold[name.lower()] |= holders.of(focus)
    for name in sorted(gold):
        if gold[name]:
            yield Query("lay", name, frozenset(gold[name]))


def _passages(open_data: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(open_data / "reference" / "medquad_general.jsonl.gz", "rt") as lines:
        for line in lines:
            yield json.loads(line)
