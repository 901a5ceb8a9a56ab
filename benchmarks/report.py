"""How long `clinseek report` and `clinseek view` take: 1,800 runs, 2,000 runs, 5,000 messages.

    python -m benchmarks.report [--runs 1800] [--calls 65] [--chars 2000] [--messages 5000]

Run folders are made as in `scoring.py`: automated and curated, `--runs` each, 65 calls of 2,000
characters in an automated run and one in a curated one. Measured, in seconds on the clock: the
report of the automated runs alone, scores not yet computed (claim: at most 10 s and 15 MB), the
report of both with their comparison, and the viewer's index of the automated runs. Then a run of
`--messages` messages is opened: the page made by the server, and with Playwright and Chromium here
the page seen in the browser, from the request to the end of its load (claim: at most 1 s, the
median of five).
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.scoring import made_folder
from clinseek.evals.report.evaluation_page import evaluation_page
from clinseek.evals.report.pairing import pairs_of
from clinseek.evals.report.reported_run import labels_of, reported_run
from clinseek.evals.runner import open_run
from clinseek.evals.runner.run_folder import RUN_FILE, RunPlan
from clinseek.evals.scorers.run_source import run_source
from clinseek.evals.viewer.answers import answer
from clinseek.evals.viewer.index import RunIndex, index_of
from clinseek.evals.viewer.server import serving

CLAIM_REPORT_SECONDS, CLAIM_REPORT_MEGABYTES, CLAIM_OPEN_SECONDS = 10.0, 15.0, 1.0


def made_setting(folder: Path, setting: str, *, runs: int, calls: int, chars: int) -> Path:
    """A run folder of one setting."""
    folder.mkdir()
    made_folder(folder, runs=runs, calls=calls, chars=chars)
    plan = RunPlan.model_validate_json((folder / RUN_FILE).read_text())
    settings = plan.settings.model_copy(update={"setting": setting})
    told = plan.model_copy(update={"settings": settings})
    (folder / RUN_FILE).write_text(told.model_dump_json())
    return folder


def report_of(folders: list[Path]) -> str:
    """The page, as the command makes it."""
    sources = [run_source(folder) for folder in folders]
    labels = labels_of([(f, s.settings) for f, s in zip(folders, sources, strict=True)])
    runs = [
        reported_run(folder, source, label=label)
        for folder, source, label in zip(folders, sources, labels, strict=True)
    ]
    pairs, not_compared = pairs_of(runs)
    return evaluation_page(runs, pairs, not_compared=not_compared)


def main() -> None:
    """Print what was measured, beside the claims."""
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--runs", type=int, default=1800)
    reading.add_argument("--calls", type=int, default=65)
    reading.add_argument("--chars", type=int, default=2000)
    reading.add_argument("--messages", type=int, default=5000)
    asked = reading.parse_args()
    with tempfile.TemporaryDirectory() as made:
        place = Path(made)
        automated = made_setting(
            place / "a", "automated", runs=asked.runs, calls=asked.calls, chars=asked.chars
        )
        curated = made_setting(place / "c", "curated", runs=asked.runs, calls=1, chars=asked.chars)
        _say("one report", *_timed(lambda: report_of([automated])), CLAIM_REPORT_SECONDS)
        _say("both, compared", *_timed(lambda: report_of([automated, curated])), None)
        folder = open_run(automated)
        began = time.perf_counter()
        index = index_of([folder], ["a"])
        print(f"index of {len(index.runs):,} runs: {time.perf_counter() - began:.2f} s")
        shutil.rmtree(place / "a")
        long = place / "long"
        long.mkdir()
        made_folder(long, runs=1, calls=asked.messages // 2, chars=asked.chars)
        _open_long(index_of([open_run(long)], ["long"]))


def _timed(make: Callable[[], str]) -> tuple[float, int]:
    began = time.perf_counter()
    page = make()
    return time.perf_counter() - began, len(page.encode())


def _say(what: str, seconds: float, size: int, claim: float | None) -> None:
    told = f"{what}: {seconds:.2f} s, {size / 1e6:.2f} MB"
    claimed = f"  (claim: at most {claim:g} s and {CLAIM_REPORT_MEGABYTES:g} MB)" if claim else ""
    print(told + claimed)


def _open_long(index: RunIndex) -> None:
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        page = answer(index, "/run/0", root="/")
        seconds.append(time.perf_counter() - began)
    print(f"long run, page made: {statistics.median(seconds):.2f} s, {len(page.body) / 1e6:.2f} MB")
    seen = seen_in_chromium(index)
    if seen is None:
        print("long run, seen in Chromium: not measured, there is no Playwright or no Chromium")
    else:
        print(f"long run, seen in Chromium: {seen:.2f} s  (claim: {CLAIM_OPEN_SECONDS:g} s)")


def seen_in_chromium(index: RunIndex) -> float | None:
    """Seconds from the request to the end of the load; None where there is no browser."""
    chromium = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if chromium is None:
        return None
    with serving(index) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(server.address)
        seconds = []
        for _ in range(5):
            began = time.perf_counter()
            page.goto(f"{server.address}run/0", wait_until="load")
            seconds.append(time.perf_counter() - began)
        browser.close()
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
