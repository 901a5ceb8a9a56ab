"""Which packages an engine needs, in which versions, and the line that installs them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from packaging.specifiers import SpecifierSet

from clinseek.errors import SettingError
from clinseek.training.recipes.settings import AnyRecipe, Engine

_COMMON = {
    "torch": ">=2.6",
    "transformers": ">=5.17",
    "accelerate": ">=1.10",
    "datasets": ">=4.1",
    "matplotlib": ">=3.9",
}
_NEEDED: dict[Engine, dict[str, str]] = {
    # TRL 1.15 cannot train without triton.
    "trl": {**_COMMON, "trl": ">=1.16"},
    "deepspeed": {**_COMMON, "trl": ">=1.16", "deepspeed": ">=0.19"},
    # Unsloth takes transformers up to 5.17 and TRL up to 1.15, which it mends: an environment of
    # its own. Before 2026.10.9 it has no backend for a processor.
    "unsloth": {**_COMMON, "trl": ">=1.15", "unsloth": ">=2026.10.9", "unsloth_zoo": ">=2026.10.9"},
}
_LINES: dict[Engine, str] = {
    "trl": "pip install 'clinseek[training]'",
    "deepspeed": "pip install 'clinseek[training]' deepspeed",
    "unsloth": (
        "python -m venv unsloth-env && unsloth-env/bin/pip install clinseek unsloth matplotlib, "
        "then unsloth-env/bin/clinseek train (an environment of its own: unsloth wants older "
        "transformers and TRL than the other engines)"
    ),
}


class Package(NamedTuple):
    """A package that an engine needs: which versions, and the one that is here, if any."""

    name: str
    wanted: str
    found: str | None

    @property
    def fits(self) -> bool:
        """Whether it is here in a version that will do."""
        if self.found is None:
            return False
        return SpecifierSet(self.wanted, prereleases=True).contains(self.found)


def packages(recipe: AnyRecipe) -> list[Package]:
    """What the recipe needs, each with what is installed in this Python."""
    return list(_packages(recipe))


def _packages(recipe: AnyRecipe) -> Iterator[Package]:
    needed = dict(_NEEDED[recipe.engine])
    if recipe.method != "full" and recipe.engine != "unsloth":
        needed["peft"] = ">=0.18"
    if recipe.attention == "flash_attention_2":
        needed["flash-attn"] = ">=2.6"
    for name, wanted in needed.items():
        yield Package(name, wanted, found(name))


def found(name: str) -> str | None:
    """The version of a package that is installed; None without it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def install_line(recipe: AnyRecipe) -> str:
    """The line that installs what the recipe's engine needs."""
    return _LINES[recipe.engine]


def check_packages(recipe: AnyRecipe) -> None:
    """SettingError, with the line that installs them, where packages are missing or too old."""
    if missing := told_missing(packages(recipe)):
        raise SettingError(
            f"the engine {recipe.engine} needs {missing} (in {sys.prefix}): {install_line(recipe)}"
        )


def told_missing(needed: list[Package]) -> str:
    """What is missing, in words; nothing where all is there.

    >>> told_missing([Package("trl", ">=1.16", "1.15.0"), Package("torch", ">=2.6", "2.13.0+cpu")])
    'trl>=1.16 (1.15.0 is installed)'
    """
    return ", ".join(
        f"{each.name}{each.wanted}" + (f" ({each.found} is installed)" if each.found else "")
        for each in needed
        if not each.fits
    )
