"""One item of a benchmark: who is asked about, when, what, and which answer is right."""

from __future__ import annotations

import hashlib
import zlib
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from clinseek.errors import CutoffError, SettingError
from clinseek.records import AnswerForm, fingerprint_of
from clinseek.toolkits.ehr.case import read_cutoff

SCHEMA_VERSION = 1
UNKNOWN_MOMENT = "9000-01-01 00:00:00"
"""Stands for the cutoff of a row that was scored and cannot be run: nothing tells it."""
NO_PATIENT = 9_000_000_000
"""Rows without a patient are patients of their own: above any id of MIMIC."""


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
    `reports` are paths below the folder of images. A row about images alone has neither patient
    nor cutoff, and one of `scope` cohort asks over many patients. `metadata` is not part of the
    item: it may change without the item being another.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)

    schema_version: Literal[1] = 1
    qid: Annotated[str, Field(min_length=1)]
    subject_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    hadm_id: int | None = None
    stay_id: int | None = None
    cutoff: str | None = None
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
    def _moment(cls, cutoff: str | None) -> str | None:
        if cutoff is None:
            return None
        try:
            return str(read_cutoff(cutoff))
        except CutoffError as error:
            raise ValueError(str(error)) from None

    @model_validator(mode="after")
    def _about_someone(self) -> Row:
        missing = [name for name in ("subject_id", "cutoff") if getattr(self, name) is None]
        if self.scope == "cohort" or (len(missing) == 2 and self.images):
            return self
        if missing:
            raise ValueError(
                f"{missing[0]} is missing; a row has subject_id and cutoff, and a row about images "
                "alone has neither"
            )
        return self

    @property
    def bound(self) -> tuple[int, str]:
        """Patient and cutoff, for what opens a record; SettingError of a row that has none."""
        if self.subject_id is None or self.cutoff is None:
            raise SettingError(f"row {self.qid} names no patient at a moment, so no record is open")
        return self.subject_id, self.cutoff

    @property
    def cluster(self) -> int:
        """What statistics take for the patient: of a row without one its first image, or itself.

        >>> row = Row(qid="a", task="t", question="Effusion?", images=["a.png"])
        >>> row.cluster == row.model_copy(update={"qid": "b"}).cluster > 9_000_000_000
        True
        """
        if self.subject_id is not None:
            return self.subject_id
        return NO_PATIENT + zlib.crc32((self.images or [self.qid])[0].encode())

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
