"""The rows of `cxr`: each image of the metadata with what the other files say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from clinseek.toolkits.ehr.store.build import Typed, read_rows, source_file
from clinseek.toolkits.ehr.store.convert import Converter
from clinseek.toolkits.ehr.store.cxr.columns import BESIDE, IMAGES, METADATA, Part
from clinseek.toolkits.ehr.store.cxr.files import FILES, CxrFiles
from clinseek.toolkits.ehr.store.cxr.study_time import study_time
from clinseek.toolkits.ehr.store.manifest import SourceFile
from clinseek.toolkits.ehr.store.raw_file import RawFile, ahead
from clinseek.toolkits.ehr.store.rows import Rejected, Rows
from clinseek.toolkits.ehr.tables import CXR, Table
from clinseek.toolkits.ehr.tables.cxr import FINDINGS, LABELLERS, label_column

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_KEYS: Mapping[Part, str] = {
    "split": "dicom_id",
    "record-list": "dicom_id",
    "chexpert": "study_id",
    "negbio": "study_id",
    "study-list": "study_id",
}
"""What a row of the file speaks of; of several rows on one thing the first counts."""

_OF_PATIENT = "substr(image.subject_id::VARCHAR, 1, 2) || '/p' || image.subject_id"


class CxrSource:
    """The files of MIMIC-CXR as the source of one table (see `build.TableSource`)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, found: CxrFiles) -> None:
        self._connection = connection
        self._found = found
        self._raw = {part: RawFile(path) for part, path in found.paths.items()}
        self._images = Converter(connection, IMAGES)
        self.counts = self._images.counts
        self.unknown_columns: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(raw.size for raw in self._raw.values())

    @property
    def bytes_read(self) -> int:
        """Bytes read of them."""
        return sum(raw.bytes_read for raw in self._raw.values())

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """The files by their content, and how images and reports lie."""
        read = (source_file(CXR[0], raw) for raw in self._raw.values())
        return (*sorted(read, key=lambda file: file.name), self._found.layout)

    def read(self) -> Iterator[Typed]:
        """The images, piece by piece; last, without any, what was broken in the files beside."""
        broken = {part: self._lay_out(part) for part in BESIDE}
        self.counts.rejected += sum(map(len, broken.values()))
        images = image_sql(self._found)
        for rows in self._pieces("metadata", METADATA):
            typed, rejected = self._images.convert(_with_study_time(rows))
            joined = self._joined(images, typed)
            yield Typed(joined, rejected, self._raw["metadata"].path)
        for part in (part for part in broken if broken[part]):
            yield Typed(joined.slice(0, 0), broken[part], self._raw[part].path)

    def _pieces(self, part: Part, table: Table) -> Iterator[Rows]:
        raw = self._raw[part]
        header, pieces = read_rows(ahead(raw.chunks()), table, raw.path)
        self.unknown_columns += header.unknown
        return pieces

    def _lay_out(self, part: Part) -> list[Rejected]:
        """Make the file a table `cxr_PART` of the connection; the rows that could not be read."""
        table, name = BESIDE[part], _laid_out(part)
        self._connection.execute(f"CREATE OR REPLACE TABLE {name} ({_columns(table)})")
        if part not in self._raw:
            return []
        broken: list[Rejected] = []
        converter = Converter(self._connection, table)
        listed = ", ".join(f'"{column}"' for column in table.column_names)
        for rows in self._pieces(part, table):
            typed, rejected = converter.convert(rows)
            broken += rejected
            self._connection.register("piece", typed)
            self._connection.execute(f"INSERT INTO {name} SELECT {listed}, ordinal FROM piece")
            self._connection.unregister("piece")
        return broken

    def _joined(self, images: str, typed: pa.Table) -> pa.Table:
        self._connection.register("image_rows", typed)
        joined = self._connection.sql(images).to_arrow_table()
        self._connection.unregister("image_rows")
        return joined


def image_sql(found: CxrFiles) -> str:
    """SELECT over `image_rows` and the tables of the files beside: rows of `cxr` with their shard.

    Paths are below the folder that holds `files`. Where no list names them they follow from the
    ids, as MIMIC-CXR lays its files out.
    """
    labels = (
        f'{labeller}."{finding.lower()}" AS {label_column(labeller, finding)}'
        for labeller in LABELLERS
        for finding in FINDINGS
    )
    of_image = (
        f'image."{column}"' for column in CXR[0].column_names if column in IMAGES.column_names
    )
    cells = ", ".join(
        (*of_image, "split.split", f"{_inside(_image_path(found))} AS image_path",
         f"{_inside(_report_path(found))} AS report_path", *labels)
    )  # fmt: skip
    joins = " ".join(
        f"LEFT JOIN ({_first_rows(part)}) AS {_alias(part)} ON {_alias(part)}.{key} = image.{key}"
        for part, key in _KEYS.items()
    )
    return f"SELECT {cells}, image.ordinal, image.shard FROM image_rows AS image {joins}"


def _inside(path: str) -> str:
    """The path, but NULL where a broken id or list would lead out of the folder."""
    return f"CASE WHEN NOT regexp_matches({path}, '^/|\\\\|(^|/)\\.\\.(/|$)') THEN {path} END"


def _image_path(found: CxrFiles) -> str:
    ending = f"'{found.ending}'"
    listed = "record_list.path"
    if found.images is not None:  # the list is of MIMIC-CXR's .dcm files, also beside .jpg ones
        listed = f"regexp_replace({listed}, '\\.(jpg|dcm)$', {ending})"
    by_ids = (
        f"'{FILES}/p' || {_OF_PATIENT} || '/s' || image.study_id || '/' || image.dicom_id "
        f"|| {ending}"
    )
    return f"coalesce({listed}, {by_ids})"


def _report_path(found: CxrFiles) -> str:
    """As the list of studies has it; without one by the ids, where reports were seen at all."""
    folder = found.reports or FILES
    listed = f"'{folder.removesuffix(FILES)}' || study_list.path"
    if "study-list" in found.paths:
        return listed
    if found.reports is None:
        return "NULL::VARCHAR"
    return f"'{folder}/p' || {_OF_PATIENT} || '/s' || image.study_id || '.txt'"


def _first_rows(part: Part) -> str:
    key = _KEYS[part]
    cells = [
        f'"{name}"'
        for name in BESIDE[part].column_names
        if name not in ("subject_id", "study_id", "dicom_id")
    ]
    return (
        f"SELECT DISTINCT ON ({key}) {', '.join((key, *cells))} FROM {_laid_out(part)} "
        f"WHERE {key} IS NOT NULL ORDER BY {key}, ordinal"
    )


def _laid_out(part: Part) -> str:
    return f"cxr_{_alias(part)}"


def _alias(part: Part) -> str:
    return part.replace("-", "_")


def _columns(table: Table) -> str:
    types = {"integer": "BIGINT", "text": "VARCHAR"}
    return ", ".join(
        (*(f'"{column.name}" {types[column.type]}' for column in table.columns), "ordinal BIGINT")
    )


def _with_study_time(rows: Rows) -> Rows:
    """The rows of the metadata with the moment of the study in one cell."""
    import pyarrow as pa

    cells = rows.cells
    moments = (
        study_time(date, time)
        for date, time in zip(
            cells["studydate"].to_pylist(), cells["studytime"].to_pylist(), strict=True
        )
    )
    timed = cells.drop_columns(["studydate", "studytime"]).append_column(
        "studydatetime", pa.array(moments, pa.string())
    )
    return Rows(timed.select(list(IMAGES.column_names)), rows.lines, rows.spans, rows.rejected)
