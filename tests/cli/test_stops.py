"""SIGTERM stops any command as Ctrl-C does, and it says what to type."""

import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from clinseek.cli.main import hearing_interrupts
from tests.cli.conftest import CUTOFF, SUBJECT
from tests.models.server import Body, ChatServer, Reply, answer

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("ctrl_c_is_heard", [True, False])
def test_a_run_that_is_terminated_says_how_to_go_on(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ctrl_c_is_heard: bool
) -> None:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    asked = threading.Event()

    def slow(_: Body) -> Reply:
        asked.set()
        return Reply(body=answer("soon"), delay=60)

    ignoring = "" if ctrl_c_is_heard else "signal.signal(signal.SIGINT, signal.SIG_IGN); "
    begin = f"import signal, sys; {ignoring}from clinseek.cli.main import main; main()"
    with ChatServer(slow) as chat:
        words = [
            "ask", "--store", store, "--subject", SUBJECT, "--at", CUTOFF, "--thread", "t",
            "--model", chat.spec, "What was the latest potassium?",
        ]  # fmt: skip
        with subprocess.Popen(
            [sys.executable, "-c", begin, *map(str, words)],
            stderr=subprocess.PIPE, text=True, cwd=ROOT,
        ) as process:  # fmt: skip
            assert asked.wait(60)
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Go on with: clinseek resume t" in told
    assert "Traceback" not in told


def test_an_interrupt_that_python_drops_comes_again() -> None:
    """It is dropped where it falls into a callback; every import has one, as it ends."""
    told: list[Any] = []
    heard: Any = hearing_interrupts(told.append)
    heard(SimpleNamespace(exc_type=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        threading.Event().wait(30)
    heard(SimpleNamespace(exc_type=ValueError))
    assert [each.exc_type for each in told] == [ValueError]


BARE = "raise KeyboardInterrupt"
FROM_A_CLASS = "raise RuntimeError('Error calling __set_name__') from KeyboardInterrupt()"
AMID_ANOTHER = """
            try: raise KeyboardInterrupt
            finally: raise KeyError('b')"""
IN_A_GROUP = "raise BaseExceptionGroup('two', [ValueError(), KeyboardInterrupt()])"
FROM_A_VALIDATOR = """
            from pydantic_core import SchemaValidator
            class Told:
                def __repr__(self): raise KeyboardInterrupt
            SchemaValidator({'type': 'literal', 'expected': [Told()]})"""


@pytest.mark.parametrize("raised", [BARE, FROM_A_CLASS, AMID_ANOTHER, IN_A_GROUP, FROM_A_VALIDATOR])
@pytest.mark.parametrize("at", ["clinseek.cli.main", "clinseek.api"])
def test_ctrl_c_amid_the_imports_is_one_sentence(at: str, raised: str) -> None:
    """A command imports for a second or two before its run begins; who makes a class meanwhile
    wraps what it meets.
    """
    begin = (
        "import sys\n"
        "class Stop:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {at!r}: {raised}\n"
        "sys.meta_path.insert(0, Stop())\n"
        "from clinseek.__main__ import main; main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", begin, "ask", "--subject", "1", "--at", "2150-01-01", "Why?"],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert ran.stderr.strip() == "Interrupted; run the same command again"
    assert ran.returncode == 130
