"""The whole road on the open MIMIC-IV demo, against values read from the raw file by hand."""

import csv
import gzip
from pathlib import Path

import pytest

from clinseek import api

SUBJECT = "10014354"
POTASSIUM = "50971"


def _known_potassium(open_data: Path, cutoff: str) -> tuple[str, str]:
    """(charttime, value) of the latest potassium that was stored by the cutoff."""
    file = next((open_data / "mimic-iv-demo").rglob("labevents.csv.gz"))
    with gzip.open(file, "rt") as lines:
        known = [
            (row["charttime"], row["valuenum"])
            for row in csv.DictReader(lines)
            if row["subject_id"] == SUBJECT
            and row["itemid"] == POTASSIUM
            and row["valuenum"]
            and row["storetime"]
            and max(row["charttime"], row["storetime"]) <= cutoff
        ]
    return max(known)


@pytest.mark.parametrize("cutoff", ["2146-11-29 12:00:00", "2148-08-19 12:00:00"])
def test_the_answer_is_the_value_of_the_raw_file_and_follows_the_cutoff(
    demo_store: Path,
    open_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cutoff: str,
) -> None:
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path))
    time, value = _known_potassium(open_data, cutoff)

    record = api.ask(
        "What was the latest potassium?",
        store=demo_store,
        subject_id=int(SUBJECT),
        cutoff=cutoff,
    )

    assert record.status == "answered"
    assert float(record.answer[0].split()[0]) == float(value)
    evidence, _, row = record.citations[0][0].partition("#")
    cited = next(entry for entry in record.evidence if entry["id"] == evidence)
    assert (cited["table"], int(row) in cited["row_ids"]) == ("labevents", True)
    text = next(
        message["content"]
        for message in record.messages
        if message.get("tool_call_id") == cited["call_id"]
    )
    assert time in text
    assert record.errors == []
