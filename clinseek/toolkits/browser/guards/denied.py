"""Pages that stay closed while a system is evaluated, by the list in `denied.txt` or another."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from clinseek.errors import SettingError

_DEEPEST = 3
_LONGEST = 4096  # a longer address is not opened at all
_TITLE = "title:"
_BEFORE = r"(?:^|[^a-z0-9-])"  # the host begins here, or stands inside another page's address
_TRANSLATED = ".translate.goog"


class Rule(NamedTuple):
    """One line of the list; `of_title`: the pattern is looked for in titles."""

    pattern: re.Pattern[str]
    reason: str
    of_title: bool


@dataclass(frozen=True)
class DenyList:
    """The rules of a list. Pure once read."""

    rules: tuple[Rule, ...]

    @classmethod
    def shipped(cls) -> DenyList:
        """The list that comes with clinseek, for evaluations."""
        listed = files("clinseek.toolkits.browser.guards").joinpath("denied.txt")
        return cls(_rules(listed.read_text(encoding="utf-8"), "denied.txt"))

    @classmethod
    def read(cls, path: Path) -> DenyList:
        """The list in a file of the same form; SettingError where a line cannot be read."""
        try:
            listed = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingError(
                f"the list of closed pages {path} cannot be read: {error}"
            ) from error
        return cls(_rules(listed, path.name))

    def why(self, url: str, *, title: str = "") -> str | None:
        """Why a page or a search result is closed; None where it is open.

        Look at a page's address before it is opened and again where a redirect led, and at its
        title when it has come.
        """
        place, words = _place(url), " ".join(title.lower().split())
        for rule in self.rules:
            if rule.pattern.search(words if rule.of_title else place):
                return rule.reason
        return None

    def check(self, url: str, *, title: str = "") -> str | None:
        """The sentence that a model gets for a closed page; None where it is open."""
        reason = self.why(url, title=title)
        if reason is None:
            return None
        return f"not opened: this page is closed in an evaluation ({reason}); look elsewhere."


def _rules(listed: str, name: str) -> tuple[Rule, ...]:
    rules = []
    for number, line in enumerate(listed.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        pattern, bar, reason = (part.strip() for part in line.partition("|"))
        if not (bar and reason and ("/" in pattern or pattern.startswith(_TITLE))):
            raise SettingError(
                f"{name}, line {number}: {line!r} is no rule; write HOST/PATH | REASON "
                "or title:WORDS | REASON"
            )
        rules.append(_rule(pattern.lower(), reason))
    return tuple(rules)


def _rule(pattern: str, reason: str) -> Rule:
    of_title = pattern.startswith(_TITLE)
    parts = pattern.removeprefix(_TITLE).split("*")
    anything = ".*?".join(map(re.escape, parts))
    return Rule(re.compile(anything if of_title else _BEFORE + anything), reason, of_title)


def _place(url: str) -> str:
    r"""Host, path and query of an address in one form.

    >>> _place("https://WWW.Example.org.:443//a/../b%2Fc?d=E")
    'www.example.org/b/c?d=e'
    """
    said = url[:_LONGEST].lower()
    for _ in range(_DEEPEST):
        said = unquote(said)
    said = re.sub(r"^[a-z]+:/{0,3}", "", said.replace("\\", "/").strip())
    host, _, path = said.partition("/")
    host = re.sub(r":\d*$", "", host.rpartition("@")[2]).rstrip(".")
    if host.endswith(_TRANSLATED):
        parted = host.removesuffix(_TRANSLATED).replace("--", "\0").replace("-", ".")
        host = parted.replace("\0", "-")
    path, mark, asked = path.partition("?")
    plain = posixpath.normpath("/" + path.lstrip("/")) if path else "/"
    return f"{host}{plain}{mark}{re.sub('/{2,}', '/', asked)}"
