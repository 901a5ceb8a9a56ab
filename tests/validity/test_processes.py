"""The processes of long work end with it: by Ctrl-C at once, and without a trace."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from clinseek.errors import SettingError
from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from clinseek.validity import processes

SCRIPT = """
from clinseek.validity.audit.run import audit

audit({store!r}, sample=4, jobs=2, full_forms=0)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough patients that two processes are busy for a while."""
    folder = tmp_path_factory.mktemp("busy")
    synthesise(folder / "raw", patients=40, seed=11)
    ingest([folder / "raw"], folder / "store")
    return folder / "store"


@pytest.mark.parametrize(
    "command", [("audit", "--sample", "100000"), ("probe", "--direct-only")], ids=["audit", "probe"]
)
def test_ctrl_c_ends_every_process_and_leaves_no_file(
    store: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    named, *options = command
    running = subprocess.Popen(
        [sys.executable, "-m", "clinseek", named, str(store), *options, "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    while not any(tmp_path.glob("clinseek-jobs-*/clinseek-*")):
        assert running.poll() is None, running.stderr and running.stderr.read()
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)

    assert running.returncode == 130
    assert "Interrupted" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_script_without_the_guard_is_told_what_it_lacks(store: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(store=str(store)))

    command = [sys.executable, str(script)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)

    assert ran.returncode != 0
    assert "SettingError" in ran.stderr.splitlines()[-1]
    assert "if __name__ == '__main__':" in ran.stderr


class _ClosingPool(ProcessPoolExecutor):
    """A broken pool closes its pipe while another thread writes into it: once in a great while."""

    closed = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if fn is _end_by_itself:
            raise OSError("handle is closed")
        return super().submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.closed += 1
        if self.closed == 1:
            raise OSError("handle is closed")
        super().shutdown(wait, cancel_futures=cancel_futures)


def _end_by_itself(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("pool", [ProcessPoolExecutor, _ClosingPool])
def test_a_process_that_was_killed_is_told_of_even_while_its_pool_closes(
    pool: type[ProcessPoolExecutor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "ProcessPoolExecutor", pool)

    ended = pytest.raises(SettingError, match="a process ended before its work did")
    with ended, processes.workers(2) as each_of:
        list(each_of(_end_by_itself, range(4)))
