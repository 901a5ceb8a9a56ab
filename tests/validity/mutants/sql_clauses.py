"""Every clause of a small SQL statement, changed one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_CALL = re.compile(r"\b(max|min|coalesce|nullif|trim|datetime)\(")
_WORD = re.compile(r"\b(CASE|WHEN|THEN|ELSE|END)\b")
_WHERE = re.compile(r" WHERE (?P<terms>.*?)(?= GROUP BY |$)")
_LITERALS = {
    "' 23:59:59'": "' 00:00:00'",
    "= 10 ": "= 11 ",
    "flag = 1": "flag = 0",
    "'Consult Status Time'": "'Consult Status'",
}


class Change(NamedTuple):
    """What is changed, in words, and the statement with it."""

    words: str
    sql: str


def changes(sql: str) -> Iterator[Change]:
    """One change for each call, branch, condition, literal and grouping of `sql`."""
    told: dict[str, int] = {}
    seen = {sql}
    for words, changed in _all(sql):
        if changed in seen:
            continue
        seen.add(changed)
        told[words] = told.get(words, 0) + 1
        again = f" ({told[words]})" if told[words] > 1 else ""
        yield Change(f"{words}{again}", changed)


def _all(sql: str) -> Iterator[Change]:
    yield from _calls(sql)
    yield from _cases(sql)
    yield from _conditions(sql)
    yield Change("no row", f"SELECT * FROM ({sql}) WHERE 0")
    yield Change("not grouped", re.sub(r" GROUP BY \w+$", "", sql))
    for literal, other in _LITERALS.items():
        yield Change(f"{literal.strip()} is {other.strip()}", sql.replace(literal, other))


def _calls(sql: str) -> Iterator[Change]:
    """Each argument of a call left out or alone; the first for the last of several rows."""
    for call in _CALL.finditer(sql):
        name, begin, end = call[1], call.start(), _closing(sql, call.end())
        arguments = _split(sql[call.end() : end], ",")

        def instead(text: str, begin: int = begin, end: int = end) -> str:
            return sql[:begin] + text + sql[end + 1 :]

        if name in ("max", "min") and len(arguments) == 1:
            other = "min" if name == "max" else "max"
            yield Change(f"{other} for {name}", instead(f"{other}({arguments[0]})"))
        elif name in ("max", "coalesce"):
            for left_out in range(len(arguments)):
                rest = [each for place, each in enumerate(arguments) if place != left_out]
                text = rest[0] if len(rest) == 1 else f"{name}({', '.join(rest)})"
                yield Change(f"{name} without {_short(arguments[left_out])}", instead(text))
        else:
            yield Change(f"no {name}", instead(arguments[0]))


def _cases(sql: str) -> Iterator[Change]:
    """Each branch of a CASE, whatever its condition says."""
    for word in _WORD.finditer(sql):
        if word[1] != "CASE":
            continue
        depth, parts, end = 0, {"CASE": word.end()}, len(sql)
        for part in _WORD.finditer(sql, word.end()):
            if part[1] == "CASE":
                depth += 1
            elif part[1] == "END" and depth:
                depth -= 1
            elif not depth:
                parts[part[1]] = part.start()
                if part[1] == "END":
                    end = part.end()
                    break
        condition = sql[parts["WHEN"] + 4 : parts["THEN"]]
        then = sql[parts["THEN"] + 4 : parts.get("ELSE", parts["END"])]
        yield Change(f"whether or not {_short(condition)}", sql[: word.start()] + then + sql[end:])
        if "ELSE" in parts:
            other = sql[parts["ELSE"] + 4 : parts["END"]]
            yield Change(f"never as {_short(condition)}", sql[: word.start()] + other + sql[end:])


def _conditions(sql: str) -> Iterator[Change]:
    where = _WHERE.search(sql)
    if where is None:
        return
    yield Change("no WHERE", sql[: where.start()] + sql[where.end() :])
    for joint in (" OR ", " AND "):
        terms = where["terms"].split(joint)
        for left_out in range(len(terms) if len(terms) > 1 else 0):
            rest = joint.join(term for place, term in enumerate(terms) if place != left_out)
            changed = sql[: where.start("terms")] + rest + sql[where.end("terms") :]
            yield Change(f"WHERE without {terms[left_out]}", changed)


def _closing(sql: str, begin: int) -> int:
    """Where the parenthesis that was opened before `begin` closes."""
    depth = 1
    for place in range(begin, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if not depth:
            return place
    raise ValueError(f"a parenthesis is not closed in {sql!r}")


def _split(text: str, by: str) -> list[str]:
    """The parts of `text` between the commas that lie in no parenthesis."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == by and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _short(clause: str) -> str:
    text = " ".join(clause.split())
    return text if len(text) <= 48 else f"{text[:45]}..."
