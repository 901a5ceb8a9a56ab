"""What may come into a run: known keys only, values that can be, each mistake one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from clinseek.errors import SettingError
from clinseek.graphs.state import Context, Input

_LISTS = ("candidates", "images", "reports")


def check_keys(what: str, given: Mapping[str, Any], known: Collection[str]) -> None:
    """SettingError for the first key of `given` that is not among `known`.

    >>> check_keys("input", {"cutoff": "2150-01-01"}, ["cutoff"])
    """
    for key in given:
        if key in known:
            continue
        near = difflib.get_close_matches(str(key), known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise SettingError(f"unknown {what} key {key!r}{hint} Known keys: {', '.join(known)}")


def read_input(given: Mapping[str, Any]) -> Input:
    """The task in `given`, values of their types; SettingError for one missing or wrong.

    A number written as text is read as the number (forms send it so).
    """
    held = {name: given[name] for name in Input.__annotations__ if given.get(name) is not None}
    for name in _LISTS:
        if isinstance(held.get(name), str):
            raise SettingError(f"input: {name} must be a list of texts, not one text")
    task = cast(Input, _read("input", _input_reader(), held))
    if not task["question"].strip():
        raise SettingError("input: question is empty; ask something in plain words")
    texts = [(name, one) for name in _LISTS for one in held.get(name) or ()]
    for name, text in (("question", task["question"]), *texts):
        if not _is_text(text):
            raise SettingError(f"input: {name} {text!r} is not Unicode text")
    _check_subject(task)
    return task


def _check_subject(task: Input) -> None:
    """SettingError where neither a patient at a moment nor an image is asked about."""
    missing = [name for name in ("subject_id", "cutoff") if task.get(name) is None]
    if len(missing) == 1 or (missing and not task.get("images")):
        raise SettingError(
            f"input: {missing[0]} is missing; give subject_id, cutoff and question (a question "
            "about images alone has neither subject_id nor cutoff)"
        )


def check_context(context: Context) -> Context:
    """The context, its values checked; SettingError names one that cannot be."""
    return cast(Context, _read("context", _context_reader(), asdict(context)))


def _is_text(given: str) -> bool:
    try:
        given.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


@cache
def _input_reader() -> TypeAdapter[Input]:
    return TypeAdapter(Input)


@cache
def _context_reader() -> TypeAdapter[Context]:
    return TypeAdapter(Context)


def _read(what: str, reader: TypeAdapter[Any], given: Mapping[str, Any]) -> Any:
    try:
        return reader.validate_python(given)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        name = str(fault["loc"][0])
        if fault["type"] == "missing":
            said = f"{what}: {name} is missing; give subject_id, cutoff and question"
        else:
            said = f"{what}: {name} {given[name]!r} cannot be: {fault['msg']}"
        raise SettingError(said) from None
