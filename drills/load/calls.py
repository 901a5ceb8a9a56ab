"""What a run asks for: its own canary by three ways, and a neighbour's record by three more."""

from __future__ import annotations

from typing import Any

from drills.cohort import LIKE

Call = tuple[str, dict[str, Any]]


def calls_of(subject_id: int, neighbour: int) -> list[Call]:
    """The calls of a run of `subject_id`, with dotted names."""
    return [
        ("ehr.run_sql_query", {"sql_query": f"SELECT * FROM labevents WHERE value LIKE '{LIKE}'"}),
        ("ehr.get_records_by_keyword", {"table_name": "labevents", "keyword": "CNRY"}),
        ("ehr.get_latest_records", {"table_name": "labevents"}),
        ("ehr.load_ehr", {"subject_id": str(neighbour), "timestamp": "2199-01-01 00:00:00"}),
        ("ehr.get_latest_records", {"table_name": "labevents", "subject_id": str(neighbour)}),
        (
            "ehr.run_sql_query",
            {"sql_query": f"SELECT * FROM labevents WHERE subject_id <> {subject_id}"},
        ),
    ]
