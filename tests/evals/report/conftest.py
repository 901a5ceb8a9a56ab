"""A run of three turns, as the JSON object of its record."""

import json
from typing import Any

import pytest

LABS = """\
[E1] labevents: rows 1-3 of 214, by charttime, newest first

row   charttime            label      valuenum  valueuom  flag      comments
----  -------------------  ---------  --------  --------  --------  --------
1203  2150-03-05 06:10:00  Potassium  5.9       mEq/L     abnormal  -
1188  2150-03-04 18:02:00  Potassium  5.1       mEq/L     -         -
1170  2150-03-04 06:00:00  Potassium  4.8       mEq/L     -         -

empty here: order_provider_id"""

NOTE = """\
[E2] radiology: rows 1-1 of 1

row  note_id  text
---  -------  -------
7    RR-1     [below]

text of row 7:
    <script>alert("no")</script> <b>IMPRESSION</b> & nothing acute.
    </pre></details><img src="http://example.org/x.png" onerror="alert(1)">"""


@pytest.fixture
def run() -> dict[str, Any]:
    """A record whose answer cites one row of labs and a note that holds markup."""
    latest = {"table_name": "labevents", "limit": 3}
    query = {"query": "SELECT row_id AS row, note_id, text FROM radiology"}
    final = {"response": ["yes"], "citations": [["E1#1203", "E2"]]}
    return {
        "row": {
            "question": "Is the latest potassium above its <upper> limit?",
            "subject_id": 10014354,
            "cutoff": "2150-03-05 08:00:00",
            "candidates": ["yes", "no"],
        },
        "model": {"spec": "offline", "parameters": {}},
        "messages": [
            {"role": "system", "content": "You answer a clinical question."},
            {"role": "user", "content": "<task>\nIs it?\n</task>"},
            _turn("c1", "ehr.get_latest_records", latest),
            {"role": "tool", "tool_call_id": "c1", "content": LABS},
            _turn("c2", "ehr.run_sql_query", query),
            {"role": "tool", "tool_call_id": "c2", "content": NOTE},
            _turn("c3", "ehr.finish", final),
            {"role": "tool", "tool_call_id": "c3", "content": "accepted"},
        ],
        "answer": ["yes"],
        "citations": [["E1#1203", "E2"]],
        "evidence": [
            _entry(1, "ehr.get_latest_records", latest, LABS, "labevents"),
            _entry(2, "ehr.run_sql_query", query, NOTE, "radiology"),
        ],
        "status": "answered",
        "stop_reason": "finish",
        "usage": {"model_calls": 3, "input_tokens": 1820, "output_tokens": 41, "estimated": False},
        "timings": {"model": 0.01, "tools": 0.02, "waiting": 0.0, "elapsed": 0.05},
        "errors": [],
        "versions": {"package": "0.1.0"},
    }


def _turn(call_id: str, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
    function = {"name": tool, "arguments": json.dumps(arguments)}
    call = {"id": call_id, "type": "function", "function": function}
    return {"role": "assistant", "content": "", "tool_calls": [call]}


def _entry(
    number: int, tool: str, arguments: dict[str, Any], text: str, table: str
) -> dict[str, Any]:
    return {
        "id": f"E{number}",
        "number": number,
        "round": number,
        "call_id": f"c{number}",
        "tool": tool,
        "arguments": arguments,
        "tables": [table],
        "table": table,
        "row_ids": [],
        "refused": False,
        "sha256": "0" * 64,
        "chars": len(text),
        "shown_chars": len(text),
        "seconds": 0.003,
    }
