"""The second reading shares nothing with what it checks."""

import ast
from pathlib import Path

import clinseek.validity.oracle
from clinseek.toolkits.ehr.tables import TABLES
from clinseek.validity.oracle import PLANNED
from clinseek.validity.oracle.rules import KNOWN

FOLDER = Path(clinseek.validity.oracle.__file__).parent
ALLOWED = (
    "clinseek.errors",
    "clinseek.toolkits.ehr.store",
    "clinseek.toolkits.ehr.tables",
    "clinseek.validity.oracle",
)


def imported(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever it stands."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names.add(node.module or "")
    return names


def test_it_imports_the_schema_the_store_and_itself_alone() -> None:
    of_the_project = {
        name
        for path in FOLDER.rglob("*.py")
        for name in imported(path)
        if name.split(".")[0] == "clinseek"
    }
    assert of_the_project
    strays = {
        n for n in of_the_project if not any(n == a or n.startswith(f"{a}.") for a in ALLOWED)
    }
    assert strays == set()


def test_it_speaks_of_every_patients_table_and_plans_only_moments_of_the_schema() -> None:
    assert set(KNOWN) == {name for name, table in TABLES.items() if not table.is_dictionary}
    for table, column in PLANNED:
        assert TABLES[table].type_of(column) == "time"
