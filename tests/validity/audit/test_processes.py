"""The processes of an audit end with it: by Ctrl-C at once, and without a trace."""

import os
import signal
import subprocess
import sys
from pathlib import Path

SCRIPT = """
from clinseek.validity.audit.run import audit

audit({store!r}, sample=4, jobs=2, full_forms=0)
"""


def test_ctrl_c_ends_every_process_and_leaves_no_file(store: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "clinseek", "audit", str(store), "--sample", "100000"]
    running = subprocess.Popen(
        [*command, "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    while not any(tmp_path.glob("clinseek-audit-*/clinseek-*")):
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
