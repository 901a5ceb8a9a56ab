"""Verdicts of a judge, kept beside the scores so that scoring again asks nothing twice.

Key of a verdict: the judge and the whole prompt, which holds the kind of answer, the rule, the
question, the right answer and the given one. A reply that could not be read is never kept.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from clinseek.errors import SettingError
from clinseek.evals.scorers.judging import Judge, Judgement

FILE = Path("verdicts") / "judge.jsonl"
"""Where verdicts stand in the folder of scores."""


class VerdictFile:
    """The verdicts of a file, one a line. `known` counts those that were asked for again."""

    def __init__(self, file: Path) -> None:
        self.known = self.asked = 0
        self._file = file
        self._held = _read(file)

    def get(self, judge: str, prompt: str) -> Judgement | None:
        """What this judge decided about this prompt before; None where it was not asked."""
        found = self._held.get(_key(judge, prompt))
        self.known += found is not None
        self.asked += found is None
        return found

    def put(self, judge: str, prompt: str, judgement: Judgement) -> None:
        """Keep a verdict: it is on the disk when this returns."""
        key = _key(judge, prompt)
        self._held[key] = judgement
        line = json.dumps({"key": key, "judge": judge, **judgement._asdict()}, ensure_ascii=False)
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._file.open("a", encoding="utf-8") as opened:
                opened.write(f"{line}\n")
        except OSError as error:
            raise SettingError(f"{self._file}: cannot be written ({error.strerror})") from None


def remembering(judge: Judge, scores: Path) -> Judge:
    """The judge with its verdicts kept in a folder of scores: nothing is asked of it twice."""
    return replace(judge, verdicts=VerdictFile(scores / FILE))


def _read(file: Path) -> dict[str, Judgement]:
    """The verdicts of a file; a line that was cut off is left out."""
    held: dict[str, Judgement] = {}
    if not file.is_file():
        return held
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            told = json.loads(line)
            match, reason = told["match"], told["reason"]
            if isinstance(match, bool):
                held[str(told["key"])] = Judgement(match, str(reason))
        except (ValueError, KeyError, TypeError):
            continue
    return held


def _key(judge: str, prompt: str) -> str:
    return hashlib.sha256(f"{judge}\0{prompt}".encode()).hexdigest()
