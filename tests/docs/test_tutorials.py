"""Every block of the tutorials, typed in order in an empty folder, does what the page says.

`bash` blocks are typed line by line; `python` blocks run, or are kept as the file that `file=`
names; each line of a `text` block has to stand in what the block before it printed, where `...`
stands for anything.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import runpy
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from clinseek.cli.main import run
from tests.training.tokenizers_made import CHATML, a_tokenizer

TUTORIALS = Path(__file__).parents[2] / "docs" / "tutorials"
BLOCK = re.compile(
    r"^```(?P<kind>\w+)(?: file=(?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
EXAMPLES = TUTORIALS.parents[1] / "examples"
ELSEWHERE = ("pip install ", "open ", "hf download ")
"""What is typed of other programs; it is not tried here."""
PUBLISHED = "run-the-published-benchmark.md"
STUDENT = "from-runs-to-a-student.md"
NEEDS = {"add-a-toolkit.md": "mcp", STUDENT: "torch"}
WITHOUT_EXTRA = "without the extra"


class Block(NamedTuple):
    """One fenced block of a page."""

    kind: str
    file: str | None
    text: str


def blocks_of(page: Path) -> list[Block]:
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(each["kind"], each["file"], each["text"]) for each in found]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder, a home of its own, no option from the environment, and none left in it."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("CLINSEEK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("PYTHONPATH", str(TUTORIALS.parents[1]))
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    monkeypatch.syspath_prepend(str(tmp_path / "desk"))
    yield tmp_path / "desk"
    for exported in set(os.environ) - set(before):
        del os.environ[exported]


PAGES = sorted(TUTORIALS.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_tutorial_does_what_it_says(page: Path, desk: Path) -> None:
    if needed := NEEDS.get(page.name):
        pytest.importorskip(needed)
    if page.name == STUDENT:
        a_small_model(desk / "MODEL")
    if page.name == PUBLISHED:
        (desk / "examples").symlink_to(EXAMPLES)
    printed, running = "", list[subprocess.Popen[bytes]]()
    try:
        for block in blocks_of(page):
            if block.kind == "text":
                assert_shown(block.text, printed)
            else:
                printed = done(block, desk, running)
    finally:
        for process in running:
            process.kill()
            process.wait()


def a_small_model(folder: Path) -> None:
    """What stands for a model of the hub: its own tokenizer and template, untrained weights."""
    transformers = pytest.importorskip("transformers")
    a_tokenizer(folder, CHATML)
    config = transformers.Qwen3Config(
        vocab_size=1024, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, head_dim=16, max_position_embeddings=40_960,
        tie_word_embeddings=True,
    )  # fmt: skip
    transformers.Qwen3ForCausalLM(config).save_pretrained(folder)


def test_there_are_five_tutorials() -> None:
    assert len(PAGES) == 5


def done(block: Block, desk: Path, running: list[subprocess.Popen[bytes]]) -> str:
    """Do one block; what it printed."""
    if block.file is not None:
        (desk / block.file).write_text(block.text, encoding="utf-8")
        return ""
    if block.kind == "bash":
        return "".join(typed(line, running) for line in lines_of(block.text))
    if block.kind == "python":
        return ran(block.text, desk)
    raise AssertionError(f"a tutorial has no blocks of {block.kind}")


def lines_of(text: str) -> Iterator[str]:
    """The commands of a block, each in one line, without comments."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def typed(line: str, running: list[subprocess.Popen[bytes]]) -> str:
    if line.startswith(ELSEWHERE):
        return ""
    if line.startswith("export "):
        name, _, value = line.removeprefix("export ").partition("=")
        os.environ[name] = str(free_port()) if name == "PORT" else value
        return ""
    line, _, ends = line.partition("  # ends with ")
    words = [os.path.expandvars(word) for word in shlex.split(line, comments=True)]
    if words[0] == "python":
        assert words.pop() == "&", line
        running.append(subprocess.Popen([sys.executable, *words[1:]]))
        listening(int(os.environ["PORT"]))
        return ""
    assert words[0] == "clinseek", line
    with heard() as said:
        ended = run(words[1:])
    assert str(ended) in (ends or "0") or (ended == 0 and WITHOUT_EXTRA in ends), said.getvalue()
    return said.getvalue()


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def listening(port: int) -> None:
    """Wait until a server of the page answers."""
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    pytest.fail(f"nothing listens at port {port}")


def ran(text: str, desk: Path) -> str:
    (desk / "typed.py").write_text(text, encoding="utf-8")
    with heard() as said:
        runpy.run_path(str(desk / "typed.py"))
    return said.getvalue()


@contextlib.contextmanager
def heard() -> Iterator[io.StringIO]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        yield said


def assert_shown(wanted: str, printed: str) -> None:
    spaced = " ".join(printed.split())
    for line in wanted.splitlines():
        pattern = ".*?".join(re.escape(" ".join(part.split())) for part in line.split("..."))
        assert re.search(pattern, spaced), f"{line!r} was not printed, but:\n{printed[-3000:]}"
