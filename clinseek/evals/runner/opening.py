"""Beginning a run folder, or going on with one: held by one process, and refused if it changed."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clinseek import __version__
from clinseek.errors import SettingError
from clinseek.evals.rows import Row, write_rows
from clinseek.evals.runner.run_folder import (
    ROWS_FILE,
    RUN_FILE,
    RunFolder,
    RunPlan,
    Shard,
    fingerprint_of_rows,
)
from clinseek.evals.runner.settings import RunSettings
from clinseek.prompts import prompt_hash
from clinseek.toolkits.ehr.availability import rules_hash
from clinseek.whole_file import whole_file

_WHERE_IT_LIES = ("web_archive", "image_root")
"""Settings that are folders: what is in them decides, and they may be moved between two goes."""
_LOCK = ".lock"
_FEW = 5
_WORDS = {
    "rules": "the availability rules", "prompts": "the prompts", "package": "clinseek's version",
}  # fmt: skip


def plan_runs(
    rows: Sequence[Row],
    *,
    rows_file: str,
    settings: RunSettings,
    store: Path | None,
    store_fingerprint: str,
    epochs: int = 1,
    shard: Shard | None = None,
    attached: Mapping[str, str] | None = None,
    command: str = "",
) -> RunPlan:
    """What is to be run, as `run.json` keeps it."""
    fingerprints = {row.qid: row.fingerprint for row in rows}
    return RunPlan(
        run_id=uuid.uuid4().hex[:12],
        command=command,
        rows_file=rows_file,
        rows_fingerprint=fingerprint_of_rows(fingerprints),
        rows=fingerprints,
        epochs=epochs,
        shard=shard or Shard(),
        settings=settings,
        store="" if store is None else str(store.absolute()),
        store_fingerprint=store_fingerprint,
        attached=dict(attached or {}),
        versions={
            "package": __version__,
            "rules": rules_hash(settings.profile),
            "prompts": prompt_hash(settings.role),
        },
        begun=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@contextmanager
def held_folder(out: Path) -> Iterator[None]:
    """Hold a run folder, made where it is not; SettingError while another process holds it."""
    try:
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (out / _LOCK).open("a+")
    except OSError as error:
        raise SettingError(f"--out {out}: cannot be written ({error.strerror})") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            who = lock.read().strip()
            raise SettingError(
                f"{out} is being run by another process{f' ({who})' if who else ''}; wait for it, "
                "or name another --out"
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield


def open_folder(out: Path, plan: RunPlan, rows: Sequence[Row]) -> RunFolder:
    """The folder of `plan` at `out`: a new one, or that of the same plan begun before.

    More epochs than before may be asked for, and files that were missing may be there now.
    SettingError, with what changed, where rows,
    settings, store or versions are others; a folder never holds runs that cannot be compared.
    """
    folder = RunFolder(out)
    check_folder(folder, plan)
    if (out / RUN_FILE).is_file():
        return _gone_on(folder, plan)
    write_rows(out / ROWS_FILE, rows)
    write_plan(out, plan)
    return folder


def check_folder(folder: RunFolder, plan: RunPlan) -> None:
    """SettingError, with what changed, where `folder` holds runs of another plan; reads alone."""
    if not (folder.path / RUN_FILE).is_file():
        if folder.records_file.exists():
            raise SettingError(
                f"{folder.path} holds {folder.records_file.name} but no {RUN_FILE}; name another "
                "--out"
            )
        return
    changes = list(changes_between(folder.plan, plan))
    if changes:
        raise SettingError(
            f"{folder.path} was begun with other runs: {'; '.join(changes)}; name another --out, "
            "or run the command it was begun with"
        )


def write_plan(out: Path, plan: RunPlan) -> None:
    """Write `run.json`: whole, or as it was."""
    with whole_file(out / RUN_FILE) as making:
        making.write_text(plan.model_dump_json(indent=2) + "\n", encoding="utf-8")


def _gone_on(folder: RunFolder, plan: RunPlan) -> RunFolder:
    before = folder.plan
    lies = {name: getattr(plan.settings, name) for name in _WHERE_IT_LIES}
    now = before.model_copy(
        update={
            "epochs": plan.epochs,
            "attached": {**before.attached, **plan.attached},
            "store": plan.store,
            "settings": before.settings.model_copy(update=lies),
        }
    )
    if now != before:
        write_plan(folder.path, now)
    return RunFolder(folder.path)


def changes_between(before: RunPlan, now: RunPlan) -> Iterator[str]:
    """What differs between two plans so that their runs do not belong together, in words.

    Where the store, the images and the web's archive lie and which file the rows came from makes
    no difference; what is in them does.
    """
    yield from _changed("row", before.rows, now.rows)
    read = {path: now.attached[path] for path in now.attached if path in before.attached}
    yield from _changed("image or report", before.attached, read)
    apart = set(_WHERE_IT_LIES)
    was, is_ = (plan.settings.model_dump(exclude=apart) for plan in (before, now))
    yield from (_change(name, was[name], is_[name]) for name in was if was[name] != is_[name])
    if before.epochs > now.epochs:
        yield _change("epochs", before.epochs, now.epochs)
    if before.shard != now.shard:
        yield _change("shard", before.shard, now.shard)
    if before.store_fingerprint != now.store_fingerprint:
        yield "the store holds other records (another one, or it was ingested again)"
    for name, value in before.versions.items():
        if now.versions.get(name) != value:
            yield _change(_WORDS.get(name, name), value, now.versions.get(name))


def _change(name: str, was: Any, now: Any) -> str:
    return f"{name} was {was}, and is {now} now"


def _changed(what: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """What changed between two sets of hashes by name."""
    changed = [name for name in now if name in before and before[name] != now[name]]
    for words, names in (
        ("changed", changed),
        ("new", [name for name in now if name not in before]),
        ("gone", [name for name in before if name not in now]),
    ):
        if names:
            more = ", ..." if len(names) > _FEW else ""
            several = " or ".join(f"{each}s" for each in what.split(" or "))
            count = f"{len(names)} {several} are" if len(names) > 1 else f"1 {what} is"
            yield f"{count} {words} ({', '.join(names[:_FEW])}{more})"
