"""A run folder, also where other programs wrote its records anew."""

import json
from pathlib import Path

from clinseek.evals.runner import open_run
from clinseek.evals.runner.run_folder import key_of
from tests.evals.runner.wardrows import evaluated, rows
from tests.graphs.doubles import Ward


def test_records_with_blanks_between_their_words_are_records(ward: Ward, tmp_path: Path) -> None:
    evaluated(ward, tmp_path / "run", rows(2))
    file = tmp_path / "run" / "records.jsonl"
    before = [key_of(line) for line in file.read_bytes().splitlines()]
    lines = [json.dumps(json.loads(line)) for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines) + "\n")
    assert [key_of(line.encode()) for line in lines] == before
    assert [record.qid for record in open_run(tmp_path / "run").records()] == ["q1", "q2"]
