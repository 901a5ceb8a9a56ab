"""From a raw download to a store, table by table; what is finished is never done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from clinseek.errors import RawRecordError
from clinseek.toolkits.ehr.store import edition, folder
from clinseek.toolkits.ehr.store.build import CsvSource, TableSource, build_table, source_name
from clinseek.toolkits.ehr.store.cxr.source import CxrSource
from clinseek.toolkits.ehr.store.discover import Discovery, discover
from clinseek.toolkits.ehr.store.engine import connect, ctrl_c_as_itself, load_plan
from clinseek.toolkits.ehr.store.manifest import (
    MANIFEST,
    PROGRESS,
    SCHEMA_VERSION,
    Manifest,
    Progress,
    SourceFile,
    TableManifest,
    VocabularyManifest,
    fingerprint,
    read_manifest,
    read_progress,
    write_atomically,
)
from clinseek.toolkits.ehr.store.raw_file import file_sha256
from clinseek.toolkits.ehr.store.report import (
    IngestProgress,
    IngestReport,
    ProgressMeter,
    TableReport,
)
from clinseek.toolkits.ehr.store.shards import ShardPlan
from clinseek.toolkits.ehr.store.subjects import read_subject_list
from clinseek.toolkits.ehr.tables import TABLES

if TYPE_CHECKING:
    import duckdb

VocabularyBuilder = Callable[[Path, Path | None], object]
"""Called with the store and the folder of code lists; writes STORE/vocabulary.sqlite."""


@ctrl_c_as_itself()
def ingest(
    sources: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    subjects: str | Path | None = None,
    codes: str | Path | None = None,
    dry_run: bool = False,
    progress: Callable[[IngestProgress], None] | None = None,
    vocabulary: VocabularyBuilder | None = None,
) -> IngestReport:
    """Make a store at `out` from the MIMIC-IV folders `sources`, or go on making it.

    `sources` hold folders hosp, icu, ed, note (any of them, at any depth) with csv or csv.gz
    files, and the files of MIMIC-CXR(-JPG), whose images stay where they are. `subjects` names
    a file with the subject_ids to take; `codes` a folder of code lists for the vocabulary.
    `progress` is called a few times a second. A run that was killed goes on with the first
    unfinished table when it is called again; a source that changed is done again. A store that
    is complete stays in force, whole, until all that changed in the same download stands beside
    it. `dry_run` writes nothing and estimates rows, bytes and seconds. `vocabulary` replaces
    the last stage, `candidates.build_vocabulary`.

    Raises RawRecordError for raw files that cannot be read (code lists before the first table),
    StoreError for a folder that cannot be written (not a store, the store of another download,
    another writer, a full disk).
    """
    began = time.monotonic()
    store = Path(out)
    folders = [sources] if isinstance(sources, str | Path) else list(sources)
    code_folder = None if codes is None else Path(codes)
    apart = (store,) if code_folder is None else (store, code_folder)
    found = discover((Path(source) for source in folders), apart=apart)
    selected = None if subjects is None else read_subject_list(Path(subjects))
    code_files = _code_files(code_folder)
    _check_code_lists(code_folder)
    if dry_run:
        from clinseek.toolkits.ehr.store.estimate import estimate

        code_bytes = sum(file.size for file in code_files)
        return estimate(found, store, selected, code_bytes=code_bytes)
    with folder.claimed(store) as work:
        edition.switch(store)
        standing = read_manifest(store)
        if standing is not None:
            edition.refuse_another_download(store, standing, found.tables["patients"])
        place = store if standing is None else edition.draft_of(store)
        connection = connect(work / "duckdb")
        try:
            plan = load_plan(connection, found.tables["patients"], selected)
            run = _Run(store, place, work, found, plan, connection, standing)
            already = run.is_done(code_files)
            tables, reports = run.as_it_stands() if already else run.tables(progress)
        finally:
            connection.close()
        manifest = _manifest(plan, tables, code_files)
        if not already:
            if progress is not None:
                progress(IngestProgress("vocabulary", 0, 0.0, None))
            _finish(place, plan, manifest, code_folder, vocabulary or _default_vocabulary())
            edition.switch(store)
    return IngestReport(
        store=store,
        tables=reports,
        subjects=len(plan.subjects),
        seconds=time.monotonic() - began,
        disk_bytes=sum(path.stat().st_size for path in store.rglob("*") if path.is_file()),
        fingerprint=manifest.fingerprint,
        missing=found.missing,
        unknown_tables=found.unknown_tables,
        strays=found.strays,
        absent_subjects=plan.absent(selected),
        already_complete=already,
        cxr=found.cxr,
    )


@dataclass
class _Run:
    """The tables of one ingest, made at `place`.

    That is the store itself while it is not yet whole, and a draft beside the `standing` edition
    of a whole one.
    """

    store: Path
    place: Path
    work: Path
    found: Discovery
    plan: ShardPlan
    connection: duckdb.DuckDBPyConnection
    standing: Manifest | None

    def is_done(self, codes: tuple[SourceFile, ...]) -> bool:
        """Whether the standing edition is what this ingest would make."""
        if self.standing is None or set(self._standing_tables) != set(self.found.tables):
            return False
        if not all((self.store / name).is_file() for name in (folder.SUBJECTS, folder.VOCABULARY)):
            return False
        if self.standing.vocabulary is None:  # made before it was recorded: it alone is made anew
            return False
        made = _manifest(self.plan, self._standing_tables, codes)
        return self.standing == made.model_copy(update={"vocabulary": self.standing.vocabulary})

    def tables(
        self, progress: Callable[[IngestProgress], None] | None
    ) -> tuple[dict[str, TableManifest], tuple[TableReport, ...]]:
        """All tables of the store with their reports, those of earlier runs among them."""
        done = self._finished_before()
        waiting = {
            name: source_of(self.found, name, self.connection)
            for name in TABLES
            if name in self.found.tables and name not in done
        }
        meter = ProgressMeter(sum(source.size for source in waiting.values()), progress)
        seconds: dict[str, float] = {}
        for name, source in waiting.items():
            meter.start(name, source.size)
            done[name] = self._build(name, source, meter)
            write_atomically(self.place / PROGRESS, self._progress(done))
            seconds[name] = meter.finish(done[name].rows)
        return _with_reports(done, seconds)

    def as_it_stands(self) -> tuple[dict[str, TableManifest], tuple[TableReport, ...]]:
        """The same of the standing edition; a draft that was begun beside it is forgotten."""
        edition.forget_draft(self.store)
        return _with_reports(self._standing_tables, {})

    def _build(self, name: str, source: TableSource, meter: ProgressMeter) -> TableManifest:
        table = TABLES[name]
        made = build_table(
            self.connection,
            table,
            source,
            shards=len(self.plan.shards),
            folder=self.work / name,
            meter=meter,
        )
        folder.install(self.place, table, self.work / name)
        return made

    def _finished_before(self) -> dict[str, TableManifest]:
        """What need not be done again, lying at `place`; what does not belong there is gone."""
        self.place.mkdir(exist_ok=True)
        done = self._unchanged(self.place, read_progress(self.place))
        kept = {name: made for name, made in self._standing_tables.items() if name not in done}
        edition.take_along(self.store, self.place, kept)
        done |= kept
        write_atomically(self.place / PROGRESS, self._progress(done))
        for name, table in TABLES.items():
            if name not in self.found.tables:
                folder.remove(self.place, table)
        return done

    @cached_property
    def _standing_tables(self) -> dict[str, TableManifest]:
        return self._unchanged(self.store, self.standing)

    def _unchanged(
        self, place: Path, before: Manifest | Progress | None
    ) -> dict[str, TableManifest]:
        """The tables at `place` whose raw file, patients and shards are still the same."""
        if before is None or before.plan != self.plan.digest:
            return {}
        return {
            name: made
            for name, made in before.tables.items()
            if name in self.found.tables
            and folder.table_path(place, TABLES[name]).exists()
            and _is_unchanged(self.found, name, made.files)
        }

    def _progress(self, done: dict[str, TableManifest]) -> Progress:
        return Progress(schema_version=SCHEMA_VERSION, plan=self.plan.digest, tables=done)


def _with_reports(
    done: Mapping[str, TableManifest], seconds: Mapping[str, float]
) -> tuple[dict[str, TableManifest], tuple[TableReport, ...]]:
    ordered = {name: done[name] for name in TABLES if name in done}
    reports = (_report(name, ordered[name], seconds.get(name)) for name in ordered)
    return ordered, tuple(reports)


def source_of(found: Discovery, name: str, connection: duckdb.DuckDBPyConnection) -> TableSource:
    """Where the rows of a table are to be read from."""
    if name == "cxr" and found.cxr is not None:
        return CxrSource(connection, found.cxr)
    return CsvSource(connection, TABLES[name], found.tables[name])


def _is_unchanged(found: Discovery, name: str, files: tuple[SourceFile, ...]) -> bool:
    before = {file.name: file for file in files}
    if name == "cxr" and found.cxr is not None:
        layout = found.cxr.layout
        if before.pop(layout.name, None) != layout:
            return False
    now = {source_name(TABLES[name], path): path for path in found.files(name)}
    return before.keys() == now.keys() and all(
        before[each].size == path.stat().st_size and before[each].sha256 == file_sha256(path)
        for each, path in now.items()
    )


def _report(name: str, made: TableManifest, seconds: float | None) -> TableReport:
    return TableReport(
        table=name,
        module=made.module,
        rows=made.rows,
        seconds=seconds or 0.0,
        rejected=made.rejected,
        unlisted=made.unlisted,
        unselected=made.unselected,
        unknown_columns=made.unknown_columns,
        bare_dates=made.bare_dates,
        kept=seconds is None,
    )


def _code_files(codes: Path | None) -> tuple[SourceFile, ...]:
    if codes is None:
        return ()
    if not codes.is_dir():
        raise RawRecordError(f"the folder of code lists {codes} does not exist")
    return tuple(
        SourceFile(
            name=path.relative_to(codes).as_posix(),
            size=path.stat().st_size,
            sha256=file_sha256(path),
        )
        for path in sorted(codes.rglob("*"))
        if path.is_file()
    )


def _check_code_lists(codes: Path | None) -> None:
    """RawRecordError where a code list cannot be read: told now, and not after the last table."""
    if codes is not None:
        from clinseek.toolkits.ehr.candidates import read_code_lists

        read_code_lists(codes)


def _manifest(
    plan: ShardPlan, tables: dict[str, TableManifest], codes: tuple[SourceFile, ...]
) -> Manifest:
    return Manifest(
        schema_version=SCHEMA_VERSION,
        fingerprint=fingerprint(tables, plan=plan.digest, codes=codes),
        plan=plan.digest,
        subjects=len(plan.subjects),
        shards=plan.shards,
        tables=tables,
        codes=codes,
    )


def _finish(
    store: Path,
    plan: ShardPlan,
    manifest: Manifest,
    codes: Path | None,
    vocabulary: VocabularyBuilder,
) -> None:
    """The last stage: the list of patients, the vocabulary, and then the manifest."""
    unfinished = Progress(schema_version=SCHEMA_VERSION, plan=plan.digest, tables=manifest.tables)
    write_atomically(store / PROGRESS, unfinished)
    (store / MANIFEST).unlink(missing_ok=True)
    plan.write(store / folder.SUBJECTS)
    vocabulary(store, codes)
    recorded = _recorded_vocabulary(store, codes)
    write_atomically(store / MANIFEST, manifest.model_copy(update={"vocabulary": recorded}))
    (store / PROGRESS).unlink(missing_ok=True)


def _recorded_vocabulary(store: Path, codes: Path | None) -> VocabularyManifest:
    from clinseek.toolkits.ehr.candidates.recorded import record_vocabulary
    from clinseek.toolkits.ehr.candidates.supplied import supplied_sheets

    supplied = () if codes is None else (sheet.name for sheet in supplied_sheets(codes))
    return record_vocabulary(store / folder.VOCABULARY, supplied=supplied)


def _default_vocabulary() -> VocabularyBuilder:
    from clinseek.toolkits.ehr.candidates import build_vocabulary

    return lambda store, codes: build_vocabulary(store, codes=codes)
