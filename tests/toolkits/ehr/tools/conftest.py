"""The small case, freshly written for each test."""

from functools import partial
from pathlib import Path

import pytest

from clinseek.toolkits.ehr.case import Case
from tests.toolkits.ehr.tools.small_case import (
    TABLES_OF_THE_CASE,
    Call,
    MakeCase,
    called,
    written,
)


@pytest.fixture
def make_case(tmp_path: Path) -> MakeCase:
    return partial(written, tmp_path)


@pytest.fixture
def case(make_case: MakeCase) -> Case:
    return make_case(TABLES_OF_THE_CASE)


@pytest.fixture
def call(case: Case) -> Call:
    return lambda name, **arguments: called(case, name, arguments)
