"""What is typed at the command line, read: candidates, and key=value arguments of a tool."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from clinseek.errors import SettingError


def candidates_from(given: Sequence[str]) -> list[str] | None:
    """The candidate answers of every `--candidates`, in order and each once; None when none.

    SettingError for a value that names no candidate: it would bind the answer to nothing.

    Each value is `@FILE` (one candidate a line), a JSON list, or candidates parted by commas.

    >>> candidates_from(["yes, no", '["no", "not known, or unclear"]'])
    ['yes', 'no', 'not known, or unclear']
    """
    read = [candidate for value in given for candidate in _some_of(value)]
    return list(dict.fromkeys(read)) or None


def _some_of(value: str) -> list[str]:
    found = _candidates_of(value)
    if not any(candidate.strip() for candidate in found):
        raise SettingError(
            f"--candidates {value!r} names no candidate; write --candidates 'yes,no', or leave the "
            "option out"
        )
    return found


def _candidates_of(value: str) -> list[str]:
    if value.startswith("@"):
        return _lines(Path(value[1:]))
    if value.lstrip().startswith("["):
        return _json_list(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise SettingError(
            f"--candidates @{file}: cannot read the file ({reason}); name a text file with one "
            "candidate a line"
        ) from None
    except UnicodeDecodeError:
        raise SettingError(
            f"--candidates @{file}: the file is no UTF-8 text; save it as UTF-8"
        ) from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def _json_list(value: str) -> list[str]:
    try:
        read = json.loads(value)
    except json.JSONDecodeError as error:
        raise SettingError(f"--candidates: not a JSON list ({error}): {value[:80]}") from None
    if not isinstance(read, list) or not all(isinstance(part, str) for part in read):
        raise SettingError(f"--candidates: a JSON list of strings is needed, not {value[:80]}")
    return read


def servers_from(given: Sequence[str]) -> dict[str, Any]:
    """The `[mcp]` table that every `--mcp` comes to; a later one replaces one of its name.

    Each value is `NAME=URL`, `NAME=command`, or `@FILE.toml` with a table `[mcp]`.

    >>> servers_from(["cxr=http://127.0.0.1:5203/mcp"])
    {'cxr': 'http://127.0.0.1:5203/mcp'}
    """
    table: dict[str, Any] = {}
    for value in given:
        if value.startswith("@"):
            table |= _mcp_table(Path(value[1:]))
            continue
        name, equals, where = (part.strip() for part in value.partition("="))
        if not (name and equals and where):
            raise SettingError(f"--mcp {value!r}: write NAME=URL, NAME=command or @FILE.toml")
        table[name] = where
    return table


def _mcp_table(file: Path) -> dict[str, Any]:
    try:
        held = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise SettingError(f"--mcp @{file}: cannot read the file ({reason})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingError(f"--mcp @{file}: this is no TOML ({error})") from None
    table = held.get("mcp")
    if not isinstance(table, dict) or not table:
        raise SettingError(f"--mcp @{file}: it has no table [mcp] with a server in it")
    return table


def arguments_from(pairs: Sequence[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of one tool call from `key=value` pairs, typed as its JSON `schema` says.

    A value for a text argument is taken as it stands; any other is read as JSON.

    >>> schema = {"properties": {"keyword": {"type": "string"}, "limit": {"type": "integer"}}}
    >>> arguments_from(["keyword=5", "limit=5"], schema)
    {'keyword': '5', 'limit': 5}
    """
    properties: Mapping[str, Any] = schema.get("properties", {})
    arguments: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SettingError(f"{pair!r} is no argument: write it as key=value")
        if name not in properties:
            raise SettingError(_unknown(name, properties))
        arguments[name] = _value(value, properties[name])
    missing = [name for name in schema.get("required", []) if name not in arguments]
    if missing:
        raise SettingError(f"still missing: {', '.join(f'{name}=...' for name in missing)}")
    return arguments


def _unknown(name: str, properties: Mapping[str, Any]) -> str:
    close = get_close_matches(name, properties, n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"no argument {name!r}; {meant}arguments: {', '.join(properties) or 'none'}"


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    kinds = {kind.get("type") for kind in schema.get("anyOf", [schema])}
    if "string" in kinds and kinds <= {"string", "null"}:
        return None if text == "null" and "null" in kinds else text
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
