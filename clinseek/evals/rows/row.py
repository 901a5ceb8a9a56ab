"""One item of a benchmark: who is asked about, when, what, and which answer is right."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from clinseek.records import AnswerForm, fingerprint_of
from clinseek.toolkits.ehr.case import read_cutoff

SCHEMA_VERSION = 1


def _no_truth_value(label: Any) -> Any:
    if isinstance(label, bool):
        raise ValueError('a label is a text, a number or a list; write "yes" or "no"')
    return label


Label = Annotated[
    str | Annotated[float, Field(allow_inf_nan=False)] | list[str] | list[dict[str, Any]] | None,
    BeforeValidator(_no_truth_value),
]
"""The right answer: `yes`, a number, names, or names with their codes (`{"name": ..., ...}`).

An empty list: the record does not tell, so to abstain is right. None: not known, never scored.
"""


class GoldRow(BaseModel):
    """A row of the record on which the right answer stands.

    `key` names it by the table's own columns (`{"labevent_id": 17}`), as the store holds them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    key: dict[str, str | int | float]


class Row(BaseModel):
    """One benchmark item. `question` is the task text, and never holds evidence.

    `curated_evidence` is the packaged evidence; `automated` runs are not shown it, `curated` runs
    nothing else. `cutoff` is inclusive. `candidates` are the only answers allowed, where there are
    any; `vocabulary` names a shipped vocabulary in which labels are counted. `tolerance` (in
    `unit`) is how far a number may be off. `group` is a further name to report by. `images` and
    `reports` are paths, relative to the benchmark's folder. `metadata` is not part of the item:
    it may change without the item being another.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)

    schema_version: Literal[1] = 1
    qid: Annotated[str, Field(min_length=1)]
    subject_id: Annotated[int, Field(ge=1, le=2**63 - 1)]
    hadm_id: int | None = None
    stay_id: int | None = None
    cutoff: str
    task: Annotated[str, Field(min_length=1)]
    task_type: str = "decision"
    question: Annotated[str, Field(min_length=1)]
    candidates: Annotated[list[str], Field(min_length=1)] | None = None
    answer_form: AnswerForm | None = None
    answer_schema: dict[str, Any] | None = None
    label: Label = None
    curated_evidence: str | None = None
    images: list[str] = []
    reports: list[str] = []
    scope: Literal["patient", "cohort"] = "patient"
    group: str | None = None
    vocabulary: str | None = None
    gold_rows: list[GoldRow] | None = None
    tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    unit: str | None = None
    metadata: dict[str, Any] = {}

    @field_validator("cutoff")
    @classmethod
    def _moment(cls, cutoff: str) -> str:
        from clinseek.errors import CutoffError

        try:
            return str(read_cutoff(cutoff))
        except CutoffError as error:
            raise ValueError(str(error)) from None

    @cached_property
    def content(self) -> dict[str, Any]:
        """What matters of the item, as a record keeps it; the packaged evidence by its hash."""
        told = self.model_dump(mode="json", exclude={"metadata", "curated_evidence"})
        packaged = self.curated_evidence
        return {
            **told,
            "curated_evidence_sha256": None if packaged is None else sha256_of(packaged),
        }

    @cached_property
    def fingerprint(self) -> str:
        """Equal for equal items: a hash over `content`. Records are kept under it."""
        return fingerprint_of(self.content)


def sha256_of(text: str) -> str:
    """The SHA-256 of a text, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
