"""What is typed in the environment of each extra, beyond its installation.

Every trial uses what the extra brings, on the synthetic benchmark that the core's trials leave in
the folder that all of them share; none leaves this machine. `{at}` stands for one patient at one
moment of it; `scaffold` holds the tests of the commit, for the scripted server and the tiny model.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

Order = Sequence[str]

CORE = "core"
AT = "{at}"
BENCH = ("bench/lookup.jsonl", "--store", "bench/store")
FILMS = ("films/multimodal.jsonl", "--store", "films/store", "--image-root", "films")
FEW = ("--patients", "12")
OFFLINE = ("--model", "offline")
ON_RAY = ("--executor", "ray")

_TINY_MODEL = """
import sys; sys.path.append("scaffold")
from pathlib import Path
from tests.models.tiny_model import make_tiny_model
make_tiny_model(Path("tiny"))
"""
_BEDROCK = """
from clinseek.models import build_model
build_model("bedrock:anthropic.some-model-v1:0?region=us-east-1")
"""
_BROWSED = """
import json, sys; sys.path.append("scaffold")
from clinseek import ask
from tests.models.server import ChatServer, answer
look = answer(calls=[("browser_search", json.dumps({"query": "high potassium"}))])
end = answer(calls=[("ehr_finish", json.dumps({"response": ["yes"]}))])
with ChatServer(look, end) as chat:
    run = ask("Is potassium high?", store="bench/store", subject_id=SUBJECT, cutoff="CUTOFF",
              model=chat.spec)
assert "Potassium in the blood" in str(run.messages)
"""
_TRAINERS = "import datasets, peft; from trl import SFTConfig, SFTTrainer"
_READ_LOG = """
from inspect_ai.log import read_eval_log
assert read_eval_log("runs.eval").samples
"""

TRIALS: Mapping[str, Sequence[Order]] = {
    CORE: (
        ("clinseek", "demo", "--patients", "20", "--folder", "demo"),
        ("clinseek", "doctor"),
        ("clinseek", "bench", "prepare", "synthetic", *FEW, "--out", "bench"),
        ("clinseek", "eval", *BENCH, *OFFLINE, "--limit", "6", "--out", "runs"),
        ("clinseek", "score", "runs"),
        ("clinseek", "report", "runs", "--out", "report.html"),
        ("clinseek", "export", "parquet", "runs", "--out", "runs.parquet"),
        ("clinseek", "audit", "bench/store", "--sample", "5"),
    ),
    "aws": (("python", "-c", _BEDROCK),),
    "local": (
        ("python", "-m", "pip", "install", "--quiet", "pytest"),
        ("python", "-c", _TINY_MODEL),
        ("clinseek", "ask", AT, "--model", "hf:tiny", "--web", "off", "Is lactate high?"),
    ),
    "mcp": (
        ("clinseek", "ask", AT, "--mcp", f"other=clinseek serve ehr {AT}", "What is the sodium?"),
    ),
    "web": (("python", "-c", _BROWSED),),
    "imaging": (
        ("clinseek", "imaging", "status"),
        ("clinseek", "synth", "--patients", "3", "--images", "--dicom", "--out", "raw-films"),
        ("clinseek", "bench", "prepare", "synthetic", *FEW, "--images", "--out", "films"),
        ("clinseek", "eval", *FILMS, *OFFLINE, "--limit", "2", "--out", "films-runs"),
    ),
    "embeddings": (("clinseek", "candidates", "embed", "bench/store"),),
    "training": (
        ("clinseek", "traces", "filter", "runs", "--test-patients", "drop", "--out", "kept"),
        ("clinseek", "traces", "export", "kept", "--format", "trl", "--out", "examples"),
        ("python", "-c", _TRAINERS),
    ),
    "ray": (("clinseek", "eval", *BENCH, *OFFLINE, "--limit", "2", *ON_RAY, "--out", "ray-runs"),),
    "inspect": (
        ("clinseek", "export", "inspect", "runs", "--out", "runs.eval"),
        ("python", "-c", _READ_LOG),
    ),
    "probe": (
        ("clinseek", "probe", "bench/store", "--outcome", "los_7d", "--picture", "probe.png"),
    ),
}


def trials_of(extra: str, workplace: Path) -> list[list[str]]:
    """The orders of an extra, with the patient of the benchmark that lies in the workplace."""
    if extra == CORE:
        return [list(order) for order in TRIALS[CORE]]
    with (workplace / BENCH[0]).open(encoding="utf-8") as opened:
        row = json.loads(opened.readline())
    return [list(bound(order, row["subject_id"], row["cutoff"])) for order in TRIALS.get(extra, ())]


def bound(order: Order, subject_id: int, cutoff: str) -> Iterator[str]:
    """An order about one patient at one moment.

    >>> list(bound(["ask", "{at}"], 7, "2150-01-01 00:00:00"))[-2:]
    ['--at', '2150-01-01 00:00:00']
    """
    place = ["--store", "bench/store", "--subject", str(subject_id), "--at", cutoff]
    for word in order:
        if word == AT:
            yield from place
        else:
            said = word.replace("SUBJECT", str(subject_id)).replace("CUTOFF", cutoff)
            yield said.replace(AT, shlex.join(place))
