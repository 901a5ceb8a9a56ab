"""Names of tools: as they go over the wire, and back from however a model spelled them. Pure.

Which spellings stand for which tool is a table made from the known names, nothing else; a
spelling that could stand for two tools stands for none. Letters keep their case, and nothing is
ever matched because it looks alike.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, NamedTuple

NameHow = Literal["trimmed", "wire", "prefix", "bare", "namespace"]
"""What was wrong with a name: spaces or control tokens around it; another joint than the dot;
a host's word before it (`functions.`); no namespace; the namespace of another toolkit."""

_JOINTS = ("_", "__", "-", "/", ":", "::")
_NAMESPACES = ("ehr", "browser", "image")
_PREFIXES = ("functions.", "default_api.", "tools.", "functions_", "default_api_")
_FORBIDDEN = re.compile(r"[^a-zA-Z0-9_-]")
_LONGEST = 64


class NameRepair(NamedTuple):
    """A tool's name and what was repaired of it; `how` None: it is as the model wrote it."""

    name: str
    how: NameHow | None


def wire_name(name: str) -> str:
    """A tool's name as providers accept it: the first dot is an underscore.

    >>> wire_name("ehr.load_ehr")
    'ehr_load_ehr'
    """
    return name.replace(".", "_", 1)


def wire_names(known: Sequence[str]) -> dict[str, str]:
    """The wire name of each known tool: one to one, each of at most 64 of `[a-zA-Z0-9_-]`.

    Two names that would be one on the wire, and names that are too long, end in a hash of the
    name, so a tool's wire name does not depend on the order of the tools.

    >>> wire_names(["ehr.think", "ehr.finish"])
    {'ehr.think': 'ehr_think', 'ehr.finish': 'ehr_finish'}
    >>> sorted(wire_names(["a.b", "a_b"]).values())
    ['a_b', 'a_b_2e7336dc']
    """
    plain = {name: _FORBIDDEN.sub("_", wire_name(name)) for name in known}
    taken = {wire: name for name, wire in plain.items() if wire == name and len(wire) <= _LONGEST}
    shared = list(plain.values())
    wired: dict[str, str] = {}
    for name, wire in plain.items():
        owner = taken.get(wire)
        alone = owner == name or (owner is None and shared.count(wire) == 1)
        wired[name] = (
            wire if alone and 0 < len(wire) <= _LONGEST else _with_hash(name, wire, shared)
        )
    return wired


def _with_hash(name: str, wire: str, others: Iterable[str]) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    for length in range(8, _LONGEST):
        chosen = f"{wire[: _LONGEST - length - 1]}_{digest[:length]}"
        if chosen not in others:
            return chosen
    return digest


class NameTable:
    """The spellings of the known tools."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = dict.fromkeys(known)
        self._table = _spellings(tuple(self._known))

    def repair(self, name: str) -> NameRepair:
        """The known tool that `name` stands for; an unknown name comes back as it is.

        >>> table = NameTable(["ehr.load_ehr", "browser.open", "ehr.finish"])
        >>> table.repair("ehr_load_ehr")
        NameRepair(name='ehr.load_ehr', how='wire')
        >>> table.repair("browser.finish")
        NameRepair(name='ehr.finish', how='namespace')
        >>> table.repair("ehr.load")
        NameRepair(name='ehr.load', how=None)
        """
        if name in self._known:
            return NameRepair(name, None)
        trimmed = name.partition("<|")[0].strip()
        found = self._looked_up(trimmed)
        if found is None:
            return NameRepair(name, None)
        return found if found.how else NameRepair(found.name, "trimmed")

    def knows(self, name: str) -> bool:
        """Whether `name` is a known tool, or is repaired to one."""
        return self.repair(name).name in self._known

    def _looked_up(self, spelling: str) -> NameRepair | None:
        if spelling in self._known:
            return NameRepair(spelling, None)
        if spelling in self._table:
            return self._table[spelling]
        for prefix in _PREFIXES:
            rest = spelling.removeprefix(prefix)
            if rest == spelling:
                continue
            if rest in self._known:
                return NameRepair(rest, "prefix")
            if rest in self._table:
                return NameRepair(self._table[rest].name, "prefix")
        return None


@lru_cache(maxsize=64)  # a run's tools are the same at each of its turns
def _spellings(known: tuple[str, ...]) -> Mapping[str, NameRepair]:
    """Each spelling that stands for exactly one tool. A closer spelling goes before a farther."""
    table = {wire: NameRepair(name, "wire") for name, wire in wire_names(known).items()}
    for spelled in (_joined(known), _bare(known), _elsewhere(known)):
        meant: dict[str, set[NameRepair]] = {}
        for spelling, repair in spelled:
            meant.setdefault(spelling, set()).add(repair)
        for spelling, repairs in meant.items():
            if len(repairs) == 1 and spelling not in table:
                table[spelling] = next(iter(repairs))
    return MappingProxyType(table)


def _joined(known: Sequence[str]) -> Iterator[tuple[str, NameRepair]]:
    for name in known:
        namespace, dot, bare = name.partition(".")
        if dot:
            for joint in _JOINTS:
                yield f"{namespace}{joint}{bare}", NameRepair(name, "wire")


def _bare(known: Sequence[str]) -> Iterator[tuple[str, NameRepair]]:
    for name in known:
        _, dot, bare = name.partition(".")
        if dot:
            yield bare, NameRepair(name, "bare")


def _elsewhere(known: Sequence[str]) -> Iterator[tuple[str, NameRepair]]:
    """Each tool under the namespaces of the others, as models write `browser.load_ehr`."""
    spaces = {*_NAMESPACES, *(name.partition(".")[0] for name in known if "." in name)}
    for name in known:
        own, dot, bare = name.partition(".")
        if not dot:
            own, bare = "", name
        for space in sorted(spaces - {own}):
            for joint in (".", *_JOINTS):
                yield f"{space}{joint}{bare}", NameRepair(name, "namespace")
