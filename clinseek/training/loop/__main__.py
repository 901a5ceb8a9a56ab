"""`python -m clinseek.training.loop --out DIR`: the closed loop, and its table."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from clinseek.errors import UserError
from clinseek.settings import stay_home
from clinseek.whole_file import whole_file

_EXAMPLE = "python -m clinseek.training.loop --out loop --seeds 1"


def main(arguments: Sequence[str] | None = None) -> int:
    """Go the road and print the table: 0 done, 2 something must be changed, 130 stopped."""
    read = _parser().parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # two threads of torch wait for each other
    stay_home()
    try:
        sys.stdout.write(_looped(read))
    except UserError as error:
        sys.stderr.write(f"loop: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("loop: stopped; the same command goes on\n")
        return 130
    return 0


def _looped(read: argparse.Namespace) -> str:
    from clinseek.training.loop.commands import Stages
    from clinseek.training.loop.page import page
    from clinseek.training.loop.places import Places
    from clinseek.training.loop.report import report_of
    from clinseek.training.loop.road import LoopSettings, go

    logging.getLogger("clinseek").setLevel(logging.ERROR)
    out, seeds, began = Path(read.out), list(range(1, read.seeds + 1)), time.monotonic()

    def tell(line: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - began:6.0f} s] {line}\n")
        sys.stderr.flush()

    settings = LoopSettings(patients=read.patients, steps=read.steps, teacher=read.teacher)
    go(out, settings, seeds=seeds, abreast=read.abreast, host=read.host, tell=tell)
    report = report_of(Places(out), seeds, Stages(out, tell).took())
    text = page(report)
    for name, told in (("report.json", json.dumps(report.as_json(), indent=2)), ("table.md", text)):
        with whole_file(out / name) as made:
            made.write_text(told if told.endswith("\n") else told + "\n", encoding="utf-8")
    return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m clinseek.training.loop",
        description="A teacher's runs, a student trained from nothing, and what it learnt, on a "
        "cohort that is made up. The same command goes on where it was stopped.",
        epilog=f"example: {_EXAMPLE}",
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="a new folder, or one begun")
    parser.add_argument("--seeds", type=_count, default=3, metavar="N", help="students (3)")
    parser.add_argument(
        "--abreast", type=_count, default=2, metavar="N",
        help="students that train side by side, one thread each (2)",
    )  # fmt: skip
    parser.add_argument(
        "--teacher", metavar="MODEL", help="as --model of clinseek eval; else the rule-based one"
    )
    parser.add_argument(
        "--host", choices=("serve", "hf"), default="serve",
        help="how students are asked: behind `transformers serve`, or loaded by each evaluation",
    )  # fmt: skip
    parser.add_argument(
        "--patients", type=_count, default=1_500, metavar="N", help="of the cohort (1500)"
    )
    parser.add_argument("--steps", type=_count, metavar="N", help="else those of recipe.toml")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
