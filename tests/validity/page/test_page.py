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
from clinseek.validity.page.measure import measure
from clinseek.validity.page.page import synthetic_parts, validity_page
from clinseek.validity.page.sections import claim, rules
from clinseek.validity.page.sources import Source, read_source

PAGE = Path(__file__).parents[3] / "docs" / "validity.md"
STALE = "docs/validity.md is stale: run `clinseek validity --open-data DIR --out docs/validity.md`"


@pytest.fixture
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_page_is_the_one_that_demo_and_cohort_make(
    demo_store: Path, synthetic: Source, page: str
) -> None:
    assert page == validity_page(read_source(Store.open(demo_store), jobs=2), synthetic), STALE


def test_the_page_stands_on_the_rules_and_sources_of_today(page: str) -> None:
    assert claim.hashes() in page, STALE
    assert rules.section() in page, STALE


def test_what_needs_no_open_data_is_as_the_cohort_makes_it_today(
    synthetic: Source, page: str
) -> None:
    for part in synthetic_parts(synthetic):
        assert part in page, STALE


def test_one_process_counts_what_two_count(cohort: Path) -> None:
    store = Store.open(cohort)
    few = FewPatients(store.path, store.manifest)
    assert measure(few, jobs=1) == measure(few, jobs=2)


class FewPatients(Store):
    """The store with its first patients alone: more than one share of them."""

    def subjects(self) -> list[int]:
        return super().subjects()[:15]


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
