"""The threat model names tests that are there, and the places that the drill looks at."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODEL = (ROOT / "THREAT_MODEL.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", MODEL)))


def test_the_threat_model_names_tests() -> None:
    assert len(NAMED) > 25


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_test_that_it_names_is_there(file: str, test: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not test or test in there


@pytest.mark.parametrize("page", ["THREAT_MODEL.md", "SECURITY.md"])
def test_every_page_that_they_link_is_there(page: str) -> None:
    links = re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_row_of_a_control_names_its_test_or_says_that_there_is_none() -> None:
    controls = MODEL.split("## Controls")[1].split("## Where rows lie")[0]
    rows = [line for line in controls.splitlines() if line.startswith("| ")]
    told = [row.split("|")[3].strip() for row in rows if not row.startswith("| way")]
    assert [cell for cell in told if cell and not cell.startswith("`tests/")] == []


def test_the_places_of_the_drill_are_those_of_the_threat_model() -> None:
    from drills.privacy.planted import DOCUMENTED

    lying = MODEL.split("## Where rows lie")[1]
    for word in ("threads.sqlite", "records.jsonl", "rows.jsonl", "--cache", "stdout", "stderr"):
        assert word in lying
    assert {name.partition("/")[0] for name in DOCUMENTED} == {
        "home", "run", "cache", "page.html", "said", "store", "raw", "rows.jsonl",
    }  # fmt: skip
