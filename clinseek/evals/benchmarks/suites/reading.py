"""All rows of a published suite, and what in its manifests cannot be a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clinseek.errors import SettingError
from clinseek.evals.benchmarks.suites.expected import Suite
from clinseek.evals.benchmarks.suites.manifests import manifests_in, objects_of
from clinseek.evals.rows import Row


@dataclass(frozen=True)
class SuiteRows:
    """The rows of a suite; `files` tells of each manifest how many objects it holds.

    `broken` are sentences on rows that cannot be read, `unnamed` places of rows whose label has no
    name, `renamed` qids that came again and got a number. Patterns without a file are `lacking`
    where the suite must have it, else `absent`.
    """

    files: Mapping[Path, int]
    rows: Sequence[Row]
    broken: Sequence[str]
    unnamed: Sequence[str]
    renamed: Sequence[str]
    lacking: Sequence[str]
    absent: Sequence[str]

    @property
    def without_gold(self) -> list[str]:
        """The qids of rows whose candidates lack a part of the right answer, in normal names."""
        return [row.qid for row in self.rows if row.candidates and not _held(row)]


def suite_rows(suite: Suite, source: Path) -> SuiteRows:
    """Read every manifest of `suite` under `source`. SettingError where none is a row."""
    files = dict.fromkeys(manifests_in(source, suite.manifests), 0)
    rows: dict[str, Row] = {}
    broken: list[str] = []
    unnamed: list[str] = []
    renamed: list[str] = []
    for manifest, each in ((file, each) for file in files for each in objects_of(file)):
        files[manifest] += 1
        try:
            row = suite.read(each.held, each.at)
        except SettingError as error:
            broken.append(str(error))
            continue
        if row is None:
            unnamed.append(each.at)
            continue
        if row.qid in rows:
            renamed.append(row.qid)
            row = row.model_copy(update={"qid": _free(row.qid, rows)})
        rows[row.qid] = row
    if not rows:
        first = broken[0] if broken else f"{next(iter(files))}: holds no rows"
        raise SettingError(f"{suite.title}: no row can be read; the first fault: {first}")
    without_file = [
        pattern
        for pattern in suite.manifests
        if source.is_dir() and not any(file.match(pattern) for file in files)
    ]
    lacking, absent = (without_file, []) if suite.all_manifests else ([], without_file)
    return SuiteRows(files, list(rows.values()), broken, unnamed, renamed, lacking, absent)


def _free(qid: str, taken: dict[str, Row]) -> str:
    number = 2
    while f"{qid}#{number}" in taken:
        number += 1
    return f"{qid}#{number}"


def _held(row: Row) -> bool:
    from clinseek.evals.rows.labels import names_of_label
    from clinseek.evals.scorers.answer_sets import normal_names

    return normal_names(names_of_label(row.label)) <= normal_names(row.candidates or ())
