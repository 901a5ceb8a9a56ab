"""Every command's help has an example, and every example does what it says when it is typed.

They are typed word for word, in a folder where everything they name is there: STORE, RUN, KEPT, ...
A few would take minutes, or need what no test can have; those are the two tables below.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest
from typer.main import get_command

from clinseek.cli.main import USER_ERROR, app, run
from clinseek.evals.benchmarks.splits import split_of
from clinseek.evals.rows import Row, read_rows, write_rows
from clinseek.toolkits.ehr.store import ingest
from tests.cli.conftest import CUTOFF, ROWS, SUBJECT
from tests.cli.test_models import GOOD
from tests.docs.test_tutorials import a_small_model
from tests.models.server import ChatServer, answer
from tests.toolkits.ehr.candidates.tiny_embedder import tiny_embedder
from tests.toolkits.imaging.seeded import pspnet
from tests.training.tokenizers_made import CHATML, a_tokenizer

ROOT = Path(__file__).parents[2]
RELEASES = ROOT / "examples"

SMALLER = (
    ("--patients 1000", "--patients 6"),
    ("--patients 100", "--patients 6"),
    ("synth --images", "synth --images --patients 2"),
    ("prepare synthetic", "prepare synthetic --patients 4 --per-task 1"),
    ("prepare openseek", "prepare openseek --per-task 1"),
    ("clinseek demo", "clinseek demo --patients 8"),
    ("clinseek probe STORE", "clinseek probe STORE --direct-only --sample 2 --outcome los_3d -j 1"),
    ("clinseek probe IND", "clinseek probe IND --outcome los_3d --jobs 1"),
    ("--tasks all --per-task 40", "--tasks LengthOfStay_3day --per-task 2 --jobs 1"),
    (
        "rows.jsonl --store STORE --out baselines",
        "rows.jsonl --no-offline --store STORE --out baselines",
    ),
    ("--shard $SLURM_ARRAY_TASK_ID/8", "--shard 1/1"),
)
"""The same on fewer patients."""

NOT_HERE: Mapping[str, tuple[int, str]] = {
    "clinseek imaging pull": (2, "cannot be reached"),
    "clinseek validity": (2, "mimic-iv-demo"),
    "clinseek bench validate clinseek-text": (1, "published: 1,563"),
    "clinseek bench rebuild": (2, "there is no such"),
}
"""How lines end that need the network, the open demo or a release: they say so."""

ELSEWHERE = frozenset({"audit"})
"""It takes a minute of processor time whatever it is asked of; tests/validity types it."""

LASTING = frozenset({"serve ehr", "serve browser", "serve imaging", "view"})
"""Those that go on until Ctrl-C."""


STOPS_WITHIN = 5.0


class Command(NamedTuple):
    """A command, and the lines that its help shows."""

    name: str
    lines: list[str]


def commands_of(group: Any, *path: str) -> Iterator[Command]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands_of(command, *path, name)
        else:
            yield Command(" ".join((*path, name)), examples_in(command.help or ""))


def examples_in(text: str) -> list[str]:
    """What stands between [dim] and [/dim], a line each."""
    return [
        " ".join(found.split()) for found in re.findall(r"\[dim\](.*?)\[/dim\]", text, re.DOTALL)
    ]


COMMANDS = list(commands_of(get_command(app)))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_commands_help_has_an_example_of_it(command: Command) -> None:
    assert any(f"clinseek {command.name}" in line for line in command.lines)


@pytest.fixture(scope="module")
def chat() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the examples name; never written to."""
    place = tmp_path_factory.mktemp("examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("CLINSEEK_HOME", str(place / "home"))
        _furnish(place)
    return place


def _furnish(place: Path) -> None:
    typed("bench prepare synthetic --patients 12 --per-task 2 --seed 7 --out bench")
    learnt = [row for row in read_rows(Path("bench/lookup.jsonl")) if _in_training(row)]
    write_rows(place / "rows.jsonl", learnt[:4])
    shutil.copytree("bench", "text")
    _raw_folders(place)
    ingest([place / "raw"], place / "STORE", codes=place / "raw" / "codes")
    typed("bench build -s STORE --tasks LengthOfStay_3day --per-task 10 --jobs 1 --out built")
    shutil.copyfile("built/rows.jsonl", "bench/rows.jsonl")
    shutil.copyfile("bench/risk.jsonl", "text/rows.jsonl")
    (place / "S").symlink_to("STORE")
    for setting in ("automated", "curated"):
        typed(f"eval rows.jsonl -s STORE --model offline --setting {setting} --out runs/{setting}")
        shutil.copytree(place / "runs" / setting, setting)
    for name, run_folder in (("RUN", "automated"), ("RUN_A", "automated"), ("RUN_B", "curated")):
        shutil.copytree(place / "runs" / run_folder, name)
    typed("score RUN --write-published results.jsonl")
    typed("traces filter RUN --out KEPT")
    _conversations(place / "clinseek_trajectories.jsonl")
    _browse()
    typed("web export web.sqlite")
    shutil.copyfile("web.sqlite", "FILE")
    asked = f"ask -s STORE -n {SUBJECT} -t '{CUTOFF}' --model offline --thread THREAD"
    typed(f"{asked} 'What was the latest potassium?'")


def typed(line: str) -> None:
    """A command of the furnishing, which must do what it is for."""
    assert run(shlex.split(line)) == 0, line


def _in_training(row: Row) -> bool:
    return row.subject_id is not None and split_of(row.subject_id) == "train"


def _raw_folders(place: Path) -> None:
    typed("synth --patients 12 --seed 7 --out raw")
    for name, rows in ROWS.items():
        _append(next((place / "raw").glob(f"*/{name}.csv.gz")), rows)
    shutil.copytree("raw", "RAW")
    shutil.copytree("raw", "mimiciv/3.1", ignore=shutil.ignore_patterns("ed", "note"))
    shutil.copytree("raw/ed", "mimic-iv-ed/2.2/ed")
    shutil.copytree(RELEASES / "clinseek-text", "RELEASE")
    shutil.copyfile("RELEASE/ClinSeek-Bench_text.json", "ClinSeek-Bench_text.json")
    typed("synth --patients 2 --images --dicom --out DIR")
    shutil.copyfile(next((place / "DIR").rglob("*.dcm")), "chest.dcm")
    (place / "FOLDER").mkdir()
    (place / "FOLDER" / "potassium.md").write_text("# Potassium\n\nHigh above 5.5 mmol/L.\n")


def _append(table: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """More rows at the end of a table, under its own header."""
    with gzip.open(table, "rt", newline="") as opened:
        header = next(csv.reader(opened))
    with gzip.open(table, "at", newline="") as opened:
        csv.DictWriter(opened, header, restval="").writerows(rows)


def _conversations(file: Path) -> None:
    call = {"name": "ehr_finish", "arguments": json.dumps({"response": ["yes"]})}
    said = {"id": "c", "type": "function", "function": call}
    messages = [
        {"role": "user", "content": "Is it high?"},
        {"role": "assistant", "content": "It is.", "tool_calls": [said]},
    ]
    file.write_text(json.dumps({"messages": messages, "subject_id": SUBJECT}))


def _browse() -> None:
    """A run that searches and opens a page, which are kept."""
    look = answer(calls=[("browser_search", json.dumps({"query": "high potassium"}))])
    page = answer(calls=[("browser_open", json.dumps({"id": "corpus://demo/potassium.md"}))])
    done = answer(calls=[("ehr_finish", json.dumps({"response": ["yes"]}))])
    with ChatServer(look, page, done) as chat:
        asked = f"ask -s STORE -n {SUBJECT} -t '{CUTOFF}' --model {chat.spec}"
        typed(f"{asked} 'Is potassium high?'")


@pytest.fixture
def place(furnished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder to type in, with a home in it and no option from the environment."""
    copied = tmp_path / "place"
    shutil.copytree(furnished, copied, symlinks=True)
    for name in [name for name in os.environ if name.startswith("CLINSEEK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(copied))
    monkeypatch.setenv("CLINSEEK_HOME", str(copied / "home"))
    monkeypatch.chdir(copied)
    return copied


@pytest.mark.parametrize(
    "command",
    [command for command in COMMANDS if command.name not in ELSEWHERE],
    ids=lambda command: command.name,
)
def test_the_examples_of_a_commands_help_do_what_they_say(
    command: Command, place: Path, chat: ChatServer, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if command.name == "candidates embed":
        monkeypatch.setenv("CLINSEEK_EMBEDDER", str(tiny_embedder(place / "embedder")))
    _bring(command.name, place)
    chat.restart(*GOOD)
    for line in command.lines:
        expected, said = next((NOT_HERE[each] for each in NOT_HERE if each in line), (0, ""))
        for arguments in spoken(_made_small(line, chat.spec)):
            _clear(arguments)
            if command.name in LASTING:
                _ends_at_ctrl_c(arguments, place)
                continue
            ended = run(arguments)
            told = capsys.readouterr()
            if ended == USER_ERROR and "pip install 'clinseek[training]'" in told.err:
                continue
            assert ended == expected, f"{arguments}: {told.err[-2000:]}"
            assert said in told.out + told.err


def _bring(command: str, place: Path) -> None:
    """What only one command asks for, and needs a library for."""
    if command == "imaging convert":
        torch = pytest.importorskip("torch", reason="weights are converted by the extra `imaging`")
        torch.save(pspnet().state_dict(), place / "pspnet_chestxray_best_model_4.pth")
    if command == "train":
        _bring_a_student(place)
    if command == "traces show":
        pytest.importorskip("tokenizers", reason="the extra `training` is not installed")
        a_tokenizer(place / "MODEL", CHATML)
        (place / "qwen3_training.jinja").write_text(CHATML)


def _bring_a_student(place: Path) -> None:
    """An export with tokens and a model; whether training itself is installed, the line says."""
    pytest.importorskip("torch", reason="the extra `training` is not installed")
    a_small_model(place / "MODEL")
    typed("traces export KEPT --format trl --out DATA --tokenizer MODEL")


def _made_small(line: str, model: str) -> str:
    for whole, small in SMALLER:
        line = line.replace(whole, small)
    return line.replace("vllm:http://127.0.0.1:8000", model)


def spoken(line: str) -> Iterator[list[str]]:
    """The arguments of each `clinseek` of a line, as a shell would give them.

    What other programs do after `&&` is theirs, and where the output goes is the shell's.
    """
    for part in line.split(" && "):
        words = [os.path.expandvars(str(Path(word).expanduser()) if word[0] == "~" else word)
                 for word in shlex.split(part)]  # fmt: skip
        if words[0] == "clinseek":
            yield words[1 : words.index(">")] if ">" in words else words[1:]


def _clear(arguments: Sequence[str]) -> None:
    """An example makes what it names with --out anew; what it goes on with stays."""
    if "--out" in arguments:
        out = Path(arguments[arguments.index("--out") + 1])
        if out.is_dir():
            shutil.rmtree(out)
        out.parent.mkdir(parents=True, exist_ok=True)


def _ends_at_ctrl_c(arguments: Sequence[str], place: Path) -> None:
    """It serves until it is asked to stop, and then ends as any command that was stopped."""
    order = [sys.executable, "-m", "clinseek", *(each for each in arguments if each != "--open")]
    http = "http" in order
    # Where tests run behind a script's `&`, Ctrl-C is ignored, and by what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        [*order, *(["--port", "0"] if http else [])], cwd=place, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            if http or arguments[0] == "view":
                _wait_for_address(process.stdout)
                process.send_signal(signal.SIGINT)
                said, _ = process.communicate(timeout=STOPS_WITHIN)
                assert process.returncode in (0, 130), said
            else:
                said, _ = process.communicate(timeout=60)  # its client has gone
                assert process.returncode == 0, said
        finally:
            process.kill()  # one that did not stop would be waited for


def _wait_for_address(lines: IO[str]) -> None:
    heard = ""
    for line in lines:
        heard += line
        if "http://127.0.0.1:" in line:
            return
    pytest.fail(f"it never said where it listens:\n{heard}")
