"""docs/validity.md is what the command makes of today's rules and data."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from clinseek.cli.validity import register
from clinseek.errors import SettingError
from clinseek.toolkits.ehr.store import Store
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.page.measure import Figures, measure
from clinseek.validity.page.page import fixed_parts, synthetic_parts, validity_page
from clinseek.validity.page.sections import claim

PAGE = Path(__file__).parents[3] / "docs" / "validity.md"
STALE = "docs/validity.md is stale: run `clinseek validity --open-data DIR --out docs/validity.md`"


@pytest.fixture
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_page_is_the_one_that_demo_and_cohort_make(
    demo_store: Path, synthetic: Figures, page: str
) -> None:
    assert page == validity_page(measure(Store.open(demo_store)), synthetic), STALE


def test_the_page_stands_on_the_rules_of_today(page: str) -> None:
    assert claim.hashes() in page, STALE


def test_the_page_tells_the_sources_of_the_rules_of_today(page: str) -> None:
    for part in fixed_parts():
        assert part in page, STALE


def test_the_page_has_the_figures_of_the_synthetic_cohort_of_today(
    synthetic: Figures, page: str
) -> None:
    assert claim.stamp(synthetic) in page, STALE
    for part in synthetic_parts(synthetic):
        assert part in page, STALE


def test_the_page_names_no_place_no_day_and_no_machine(page: str) -> None:
    assert not re.search(r"/tmp|/home|/root|/Users|\b20[0-4]\d-\d\d|\d s\b|\bcores?\b", page)


def test_every_table_of_a_patient_has_a_line_with_its_source(page: str) -> None:
    told = page.partition("## The rules and their sources")[2]
    for table in TABLES.values():
        assert table.is_dictionary or f"\n| `{table.name}` |" in told


def test_no_cell_of_a_table_breaks_its_line(page: str) -> None:
    lines = page.splitlines()
    for above, line in pairwise(lines):
        if line.startswith("|") and above.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == len(re.findall(r"(?<!\\)\|", above)), line


def test_a_folder_without_the_open_demo_is_named_with_where_to_get_it(tmp_path: Path) -> None:
    app = typer.Typer()
    register(app)
    ended = CliRunner().invoke(app, ["--open-data", str(tmp_path)])
    assert isinstance(ended.exception, SettingError)
    assert f"{tmp_path} holds no folder mimic-iv-demo" in str(ended.exception)
    assert "physionet.org" in str(ended.exception)
