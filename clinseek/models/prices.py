"""What a turn costs in dollars, by a price file that the user can edit.

The shipped file (`prices.toml` beside this module, which explains its form) knows only what costs
nothing; a user's own file, named by CLINSEEK_PRICES, is read before it. A model that neither knows
has no price, and its cost is not known: that is None, never 0.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from clinseek.errors import ModelError, SettingError
from clinseek.models.privacy import is_loopback
from clinseek.models.spec import ModelSpec, read_spec
from clinseek.models.tokens import Tokens

PRICES = "CLINSEEK_PRICES"
_SHIPPED = Path(__file__).with_name("prices.toml")
_MILLION = 1_000_000
_ENTRY = re.compile(r"^\s*\[\[\s*price\s*\]\]")
_AT_LINE = re.compile(r"\s*\(at (?:line (\d+)[^)]*|end of document)\)")


class Price(NamedTuple):
    """Dollars a million tokens; `cached` is for input that the host read from its cache."""

    input: float
    cached: float
    output: float


class PricedModels(NamedTuple):
    """One entry of a price file: a pattern of models, and what they cost."""

    pattern: str
    price: Price


def price_of(
    spec: str | ModelSpec, *, prices: Sequence[PricedModels] | None = None
) -> Price | None:
    """The price of a model, None where it is not known.

    `prices` stands for both files; without it they are read, anew only after they changed.
    SettingError, with file and line, for a file that cannot be read.
    """
    entries = listed_prices() if prices is None else prices
    try:
        read = spec if isinstance(spec, ModelSpec) else read_spec(spec)
    except ModelError:
        return None
    names = _names(read)
    return next(
        (
            entry.price
            for entry in entries
            if any(fnmatchcase(name, entry.pattern) for name in names)
        ),
        None,
    )


def cost_of(tokens: Tokens, price: Price | None) -> float | None:
    """The dollars of one turn, None where the price is not known.

    >>> cost_of(Tokens(1_000_000, 400_000, 100_000, 0, estimated=False), Price(1.0, 0.1, 10.0))
    1.64
    """
    if price is None:
        return None
    cached = min(tokens.cached, tokens.input)
    spent = (
        (tokens.input - cached) * price.input + cached * price.cached + tokens.output * price.output
    )
    return spent / _MILLION


def listed_prices() -> list[PricedModels]:
    """The entries of the file that CLINSEEK_PRICES names, if it does, then the shipped ones."""
    named = os.environ.get(PRICES)
    files = [Path(named).expanduser(), _SHIPPED] if named else [_SHIPPED]
    return [entry for file in files for entry in _unless_changed(file)]


def read_prices(path: Path) -> list[PricedModels]:
    """The entries of a price file in their order; SettingError, with its line, for a broken one."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror
        raise SettingError(f"{path}: no price file ({reason}); {PRICES} names it") from None
    except UnicodeDecodeError:
        raise SettingError(f"{path}: no price file (it is not UTF-8 text)") from None
    try:
        held = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(_syntax_sentence(path, text, str(error))) from None
    entries = held.pop("price", [])
    if held or not isinstance(entries, list):
        raise SettingError(
            f"{path}: a price file holds [[price]] entries and nothing else"
            + (f"; it has {', '.join(held)}" if held else "")
        )
    starts = [at for at, line in enumerate(text.splitlines(), start=1) if _ENTRY.match(line)]
    return [
        _entry(entry, where=f"{path}, line {starts[at]}" if at < len(starts) else str(path))
        for at, entry in enumerate(entries)
    ]


def _unless_changed(path: Path) -> list[PricedModels]:
    try:
        held = path.stat()
    except OSError:
        return read_prices(path)  # says what is wrong
    return _read_as_of(path, held.st_mtime_ns, held.st_size)


@lru_cache(maxsize=8)
def _read_as_of(path: Path, changed: int, size: int) -> list[PricedModels]:  # noqa: ARG001 - the key
    return read_prices(path)


def _names(spec: ModelSpec) -> list[str]:
    """A model by its name alone, and with its host."""
    if spec.provider == "offline":
        return ["offline"]
    named = f"{spec.provider}:{spec.name}"
    if spec.url is None:
        return [named]
    where = urlsplit(spec.url).netloc.rpartition("@")[2].lower()
    return [named, f"{named}@{'loopback' if is_loopback(where) else where}"]


def _entry(held: Any, *, where: str) -> PricedModels:
    if not isinstance(held, dict):
        raise SettingError(f"{where}: a price is a table with model, input and output")
    strange = [name for name in held if name not in ("model", "input", "cached", "output")]
    if strange:
        raise SettingError(
            f"{where}: a price has no {', '.join(strange)}; it has model, input, cached and output"
        )
    model = held.get("model")
    if not isinstance(model, str) or not model.strip():
        raise SettingError(f'{where}: model is missing; write PROVIDER:NAME, as "openai:my-*"')
    if "cached" not in held:
        held = {**held, "cached": held.get("input")}
    dollars = {name: _dollars(name, held.get(name), where) for name in Price._fields}
    return PricedModels(model.strip(), Price(**dollars))


def _dollars(name: str, value: Any, where: str) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:
        told = "is missing" if value is None else f"cannot be {value!r}"
        raise SettingError(f"{where}: {name} {told}; write dollars a million tokens, 0 or more")
    return float(value)


def _syntax_sentence(path: Path, text: str, said: str) -> str:
    found = _AT_LINE.search(said)
    line = found.group(1) if found and found.group(1) else str(len(text.splitlines()))
    return f"{path}, line {line}: no TOML ({_AT_LINE.sub('', said)}); mend it"
