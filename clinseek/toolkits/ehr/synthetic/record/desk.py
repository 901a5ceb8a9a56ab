"""What every clerk needs at hand while writing the rows of one patient."""

from __future__ import annotations

from dataclasses import dataclass

from clinseek.toolkits.ehr.synthetic.course import Course, Visit
from clinseek.toolkits.ehr.synthetic.physiology import Physiology
from clinseek.toolkits.ehr.synthetic.sheet import Sheet
from clinseek.toolkits.ehr.synthetic.streams import Identifiers, Stream


@dataclass(frozen=True)
class Staff:
    """The people of the hospital, the same for every patient of a cohort."""

    providers: tuple[str, ...]
    caregivers: tuple[int, ...]

    @staticmethod
    def of(seed: int) -> Staff:
        """The staff of the cohort with this seed."""
        stream = Stream(seed, "staff")
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        providers = {"P" + "".join(stream.pick(letters) for _ in range(5)) for _ in range(400)}
        caregivers = {stream.whole(10, 99_999) for _ in range(250)}
        return Staff(tuple(sorted(providers)), tuple(sorted(caregivers)))


@dataclass
class Desk:
    """The course of a patient, the sheet on which it is written, and the tools to write with."""

    course: Course
    sheet: Sheet
    body: Physiology
    identifiers: Identifiers
    staff: Staff

    def stream(self, visit: Visit | None, name: str) -> Stream:
        """The stream for `name` in this visit, or of the patient at large."""
        number = -1 if visit is None else visit.number
        return self.course.stream("rows", number, name)

    def place(self, visit: Visit, number: int) -> int:
        """transfer_id of a place of the visit: 0 is the ED."""
        return self.identifiers.place(self.course.patient.index, visit.number, number)
