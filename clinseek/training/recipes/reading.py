"""Recipes as they are written: TOML files, some of them ours, and `KEY=VALUE` over them."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clinseek.errors import SettingError
from clinseek.training.recipes.settings import BY_ENGINE, AnyRecipe

RECIPES = ("trl", "unsloth", "deepspeed", "clinseek-35b")
"""The recipes that are shipped."""


def read_recipe(recipe: str, changes: Sequence[str] = ()) -> AnyRecipe:
    """The recipe of that name, or of a TOML file, with `KEY=VALUE` changes over it.

    SettingError, naming the nearest, where there is no such recipe or key; and where a value
    cannot be.
    """
    held = {**_table(recipe), **dict(_change(each) for each in changes)}
    return recipe_of(held, at=f"recipe {recipe}")


def recipe_of(held: dict[str, Any], *, at: str) -> AnyRecipe:
    """The recipe that a table says; SettingError, with `at`, where it cannot be."""
    given = {key: value for key, value in held.items() if value is not None}
    engine = given.get("engine")
    kind = BY_ENGINE.get(str(engine))
    if kind is None:
        raise SettingError(f"{at}: engine = {engine!r}; the engines are {', '.join(BY_ENGINE)}")
    for key in given:
        if key not in kind.model_fields:
            raise SettingError(f"{at}: unknown key {key!r}{_nearest(key, kind.model_fields)}")
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"])) or "settings"
        said = fault["msg"].removeprefix("Value error, ")
        shown = f" = {fault['input']!r}" if fault["loc"] else ""
        raise SettingError(f"{at}: {where}{shown}: {said}") from None


def _table(recipe: str) -> dict[str, Any]:
    file = Path(recipe)
    if file.suffix == ".toml":
        try:
            return tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingError(f"{file}: cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise SettingError(f"{file}: is no TOML ({error})") from None
    if recipe not in RECIPES:
        raise SettingError(
            f"unknown recipe {recipe!r}{_nearest(recipe, RECIPES)}; there are "
            f"{', '.join(RECIPES)}, and any FILE.toml"
        )
    return tomllib.loads(resources.files(__package__).joinpath(f"{recipe}.toml").read_text("utf-8"))


def _change(text: str) -> tuple[str, Any]:
    """A key and its value; a value is read as TOML, else as text, and `none` takes it away.

    >>> _change("learning_rate=2e-4"), _change("method = full"), _change("steps=none")
    (('learning_rate', 0.0002), ('method', 'full'), ('steps', None))
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise SettingError(f"--set {text!r}: write KEY=VALUE, for example --set learning_rate=1e-4")
    value = value.strip()
    if value.lower() == "none":
        return key.strip(), None
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except ValueError:
        return key.strip(), value


def _nearest(written: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(written, list(known), n=1, cutoff=0.5)
    return f"; the nearest is {near[0]!r}" if near else ""
