"""One patient with rows in every table, each with the moments at which it is told.

The moments were worked out row by row from the availability rules, not computed.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from .raw_record import HEART_RATE, SERUM_CREATININE, Cells, Cohort, Patient
from .reading import ProfileName

NEVER = "9999-12-31 23:59:59"
"""The moment of what is never told."""


@dataclass(frozen=True)
class Told:
    """One raw row: when it is told, and from when each masked column of it is."""

    table: str
    cells: Cells
    known: str
    strict: str
    until: dict[str, str]
    strict_until: dict[str, str]

    def enters(self, profile: ProfileName) -> str:
        """When the row is told."""
        return self.strict if profile == "strict" else self.known

    def masks(self, profile: ProfileName) -> dict[str, str]:
        """From when each masked column is told."""
        return {**self.until, **(self.strict_until if profile == "strict" else {})}


@dataclass
class Story:
    """A patient in the making. A `*` in a text is replaced by a mark that no other cell has."""

    patient: Patient
    told: list[Told] = field(default_factory=list)
    _marks: Any = field(default_factory=lambda: itertools.count(1))

    def tell(
        self,
        table: str,
        known: str,
        *,
        strict: str | None = None,
        until: dict[str, str] | None = None,
        strict_until: dict[str, str] | None = None,
        **cells: Any,
    ) -> Cells:
        """Add a raw row that enters at `known` (`strict` under that profile)."""
        marked = {
            column: value.replace("*", f" zq{next(self._marks):04d}")
            if isinstance(value, str)
            else value
            for column, value in cells.items()
        }
        row = self.patient.add(table, **marked)
        told = Told(table, row, known, strict or known, until or {}, strict_until or {})
        self.told.append(told)
        return row


ADMITTED_FIRST, FIRST_D, FIRST_CODED = (
    "2149-01-10 12:00:00",
    "2149-01-14 16:00:00",
    "2149-01-17 16:00:00",
)
ARRIVED, TRIAGED, ADMITTED, LEFT_ED = (
    "2150-03-05 09:00:00",
    "2150-03-05 09:15:00",
    "2150-03-05 13:30:00",
    "2150-03-05 15:45:30",
)
INTO_ICU, OUT_OF_ICU = "2150-03-05 18:00:10", "2150-03-08 16:25:40"
DISCHTIME, DIED, CODED = "2150-03-10 00:00:00", "2150-03-10 22:20:00", "2150-03-13 22:20:00"
"""The second stay: dischtime is the midnight of the day of death, so D is the death."""

FIRST_STAY, SECOND_STAY, VISIT, ICU_STAY = 20_000_101, 20_000_202, 30_000_303, 40_000_404


def whole_patient(cohort: Cohort) -> Story:
    """The patient, in the order of the stays."""
    story = Story(cohort.patient(anchor_age=70, anchor_year=2149, dod="2150-03-10"))
    patients, height = story.patient.rows
    story.told += [
        Told("patients", patients[1], "", "", {"dod": "2150-03-11 00:00:00"}, {}),
        Told("omr", height[1], "2140-01-02 00:00:00", "2140-01-02 00:00:00", {}, {}),
    ]
    _first_stay(story)
    _visit(story)
    _stays_of_second(story)
    _results(story)
    _orders(story)
    _intensive_care(story)
    _codes_and_notes(story)
    return story


def _first_stay(story: Story) -> None:
    end = dict.fromkeys(
        ("dischtime", "deathtime", "discharge_location", "hospital_expire_flag"), FIRST_D
    )
    story.tell(
        "admissions",
        ADMITTED_FIRST,
        until=end,
        hadm_id=FIRST_STAY,
        admittime=ADMITTED_FIRST,
        dischtime=FIRST_D,
        admission_type="EW EMER.*",
        discharge_location="HOME*",
        hospital_expire_flag=0,
    )
    codes: tuple[tuple[str, Cells], ...] = (
        ("diagnoses_icd", {"seq_num": 1, "icd_code": "I10*", "icd_version": 10}),
        (
            "procedures_icd",
            {"seq_num": 1, "chartdate": "2149-01-11", "icd_code": "5A*", "icd_version": 10},
        ),
        ("drgcodes", {"drg_type": "APR", "drg_code": "194*", "drg_severity": 2}),
        ("hcpcsevents", {"chartdate": "2149-01-11", "hcpcs_cd": "99*", "seq_num": 1}),
    )
    for table, cells in codes:
        story.tell(table, FIRST_D, strict=FIRST_CODED, hadm_id=FIRST_STAY, **cells)
    summary = story.tell(
        "discharge",
        "2149-01-15 11:00:00",
        hadm_id=FIRST_STAY,
        charttime="2149-01-14 00:00:00",
        storetime="2149-01-15 11:00:00",
        text="Sent home.*",
    )
    story.tell(
        "discharge_detail",
        "2149-01-15 11:00:00",
        note_id=summary["note_id"],
        field_name="author",
        field_value="Author*",
        field_ordinal=1,
    )


def _visit(story: Story) -> None:
    story.tell(
        "edstays",
        ARRIVED,
        until={"outtime": LEFT_ED, "disposition": LEFT_ED, "hadm_id": ADMITTED},
        hadm_id=SECOND_STAY,
        stay_id=VISIT,
        intime=ARRIVED,
        outtime=LEFT_ED,
        arrival_transport="AMBULANCE*",
        disposition="ADMITTED*",
    )
    story.tell(
        "triage", ARRIVED, strict=TRIAGED, stay_id=VISIT, heartrate=112, chiefcomplaint="Pain*"
    )
    story.tell(
        "vitalsign",
        "2150-03-05 10:12:00",
        stay_id=VISIT,
        charttime="2150-03-05 10:12:00",
        heartrate=104,
        rhythm="Sinus*",
    )
    story.tell(
        "pyxis",
        "2150-03-05 08:58:00",
        until={"stay_id": ARRIVED},
        stay_id=VISIT,
        charttime="2150-03-05 08:58:00",
        med_rn=1,
        name="Aspirin*",
    )
    story.tell(
        "medrecon",
        "2150-03-05 09:40:00",
        stay_id=VISIT,
        charttime="2150-03-05 09:40:00",
        name="lisinopril*",
    )
    story.tell("medrecon", LEFT_ED, stay_id=VISIT, name="metformin*")
    story.tell(
        "diagnosis",
        LEFT_ED,
        strict="2150-03-08 15:45:30",
        stay_id=VISIT,
        seq_num=1,
        icd_code="I214",
        icd_version=10,
        icd_title="NSTEMI*",
    )


def _stays_of_second(story: Story) -> None:
    end = dict.fromkeys(
        ("dischtime", "deathtime", "discharge_location", "hospital_expire_flag"), DIED
    )
    story.tell(
        "admissions",
        ADMITTED,
        until={**end, "edouttime": LEFT_ED},
        hadm_id=SECOND_STAY,
        admittime=ADMITTED,
        dischtime=DISCHTIME,
        deathtime=DIED,
        admission_type="URGENT*",
        discharge_location="DIED*",
        edregtime=ARRIVED,
        edouttime=LEFT_ED,
        hospital_expire_flag=1,
    )
    for eventtype, careunit, intime, outtime, until in (
        ("ED", "Emergency*", ARRIVED, LEFT_ED, {"hadm_id": ADMITTED}),
        ("admit", "Medicine*", LEFT_ED, INTO_ICU, {}),
        ("transfer", "MICU*", INTO_ICU, DISCHTIME, {}),
    ):
        story.tell(
            "transfers",
            intime,
            until={"outtime": outtime, **until},
            hadm_id=SECOND_STAY,
            eventtype=eventtype,
            careunit=careunit,
            intime=intime,
            outtime=outtime,
        )
    story.tell("transfers", DISCHTIME, hadm_id=SECOND_STAY, eventtype="discharge", intime=DISCHTIME)
    story.tell(
        "services",
        "2150-03-05 13:29:00",
        until={"hadm_id": ADMITTED},
        hadm_id=SECOND_STAY,
        transfertime="2150-03-05 13:29:00",
        curr_service="MED*",
    )
    story.tell(
        "icustays",
        INTO_ICU,
        until=dict.fromkeys(("outtime", "los", "last_careunit"), OUT_OF_ICU),
        hadm_id=SECOND_STAY,
        stay_id=ICU_STAY,
        intime=INTO_ICU,
        outtime=OUT_OF_ICU,
        los=2.93,
        first_careunit="MICU*",
        last_careunit="CCU*",
    )
    story.tell(
        "omr",
        "2150-03-05 00:00:00",
        chartdate="2150-03-04",
        seq_num=1,
        result_name="Weight (Lbs)",
        result_value="150*",
    )


def _results(story: Story) -> None:
    for charttime, storetime, known, strict, before in (
        ("2150-03-05 09:20:00", "2150-03-05 10:31:00", "2150-03-05 10:31:00", None, True),
        ("2150-03-05 17:50:00", "2150-03-05 19:10:00", "2150-03-05 19:10:00", None, False),
        ("2150-03-06 05:00:00", "2150-03-06 04:30:00", "2150-03-06 05:00:00", None, False),
        ("2150-03-06 06:00:00", None, "2150-03-07 06:00:00", DIED, False),
    ):
        story.tell(
            "labevents",
            known,
            strict=strict,
            until={"hadm_id": ADMITTED} if before else None,
            hadm_id=SECOND_STAY,
            itemid=50912,
            charttime=charttime,
            storetime=storetime,
            value="1.4*",
            valuenum=1.4,
            comments="Comment*",
        )
    for drawn, storedate, stored, told in (
        ("2150-03-05 19:00:00", "2150-03-08", "2150-03-08 07:20:00", "2150-03-08 07:20:00"),
        (None, "2150-03-06", None, "2150-03-07 00:00:00"),
        ("2150-03-05 20:00:00", None, None, "2150-03-12 00:00:00"),
    ):
        story.tell(
            "microbiologyevents",
            told,
            hadm_id=SECOND_STAY,
            chartdate="2150-03-05",
            charttime=drawn,
            storedate=storedate,
            storetime=stored,
            test_name="CULTURE*",
            org_name="E. COLI*",
        )


def _orders(story: Story) -> None:
    subject_id = story.patient.subject_id
    first, second, third = (f"{subject_id}-{number}" for number in (17, 23, 58))
    ordered, stopped = "2150-03-05 14:00:00", "2150-03-07 09:30:00"
    orders: tuple[tuple[str, str, dict[str, str], Cells], ...] = (
        (first, ordered, {"discontinued_by_poe_id": stopped}, {"discontinued_by_poe_id": third}),
        (second, "2150-03-05 13:00:00", {"hadm_id": ADMITTED}, {}),
        (third, stopped, {}, {"discontinue_of_poe_id": first}),
    )
    for poe_id, moment, until, cells in orders:
        story.tell(
            "poe",
            moment,
            until={"order_status": NEVER, **until},
            poe_id=poe_id,
            hadm_id=SECOND_STAY,
            ordertime=moment,
            order_type="Medications*",
            order_status="Inactive*",
            **cells,
        )
    answered = "2150-03-05 16:10:05"
    for field_name, value, known in (
        ("Level of Urgency", "Routine*", "2150-03-05 13:00:00"),
        ("Consult Status", "Accepted*", answered),
        ("Consult Status Time", answered, answered),
    ):
        story.tell("poe_detail", known, poe_id=second, field_name=field_name, field_value=value)
    _drugs(story, first)


def _drugs(story: Story, order: str) -> None:
    entered, verified, over = "2150-03-05 14:20:00", "2150-03-05 14:41:07", "2150-03-08 10:00:00"
    story.tell(
        "pharmacy",
        entered,
        until={
            "status": NEVER,
            "stoptime": over,
            "verifiedtime": verified,
            "dispensation": verified,
            "fill_quantity": verified,
        },
        hadm_id=SECOND_STAY,
        pharmacy_id=77,
        poe_id=order,
        entertime=entered,
        verifiedtime=verified,
        starttime="2150-03-05 20:00:00",
        stoptime=over,
        medication="Heparin*",
        status="Discontinued via patient discharge*",
        dispensation="Floor Stock*",
        fill_quantity="3*",
    )
    for poe_id, pharmacy_id, known, until in (
        (order, 77, "2150-03-05 14:00:00", {"pharmacy_id": entered}),
        (None, 77, entered, {}),
        (None, None, "2150-03-05 20:00:00", {}),
    ):
        story.tell(
            "prescriptions",
            known,
            until={"stoptime": over, **until},
            hadm_id=SECOND_STAY,
            pharmacy_id=pharmacy_id,
            poe_id=poe_id,
            starttime="2150-03-05 20:00:00",
            stoptime=over,
            drug="Heparin*",
        )
    given = story.tell(
        "emar",
        "2150-03-05 20:25:00",
        hadm_id=SECOND_STAY,
        poe_id=order,
        pharmacy_id=77,
        charttime="2150-03-05 20:05:00",
        storetime="2150-03-05 20:25:00",
        scheduletime="2150-03-05 21:00:00",
        medication="Heparin*",
    )
    story.tell(
        "emar_detail",
        "2150-03-05 20:25:00",
        emar_id=given["emar_id"],
        pharmacy_id=77,
        dose_given="5000",
        product_code="HEP*",
    )


def _intensive_care(story: Story) -> None:
    in_icu: Cells = {"hadm_id": SECOND_STAY, "stay_id": ICU_STAY}
    for itemid, charttime, storetime, known, until in (
        (HEART_RATE, "2150-03-05 17:55:00", None, "2150-03-05 17:55:00", {"stay_id": INTO_ICU}),
        (HEART_RATE, "2150-03-05 19:00:00", "2150-03-05 19:22:00", "2150-03-05 19:22:00", {}),
        (SERUM_CREATININE, "2150-03-05 17:50:00", None, "2150-03-06 17:50:00", {}),
    ):
        story.tell(
            "chartevents",
            known,
            until=until,
            itemid=itemid,
            charttime=charttime,
            storetime=storetime,
            value="88*",
            valuenum=88,
            **in_icu,
        )
    story.tell(
        "datetimeevents",
        "2150-03-05 21:15:00",
        strict_until={"value": "2150-03-09 10:00:00"},
        itemid=224280,
        charttime="2150-03-05 21:00:00",
        storetime="2150-03-05 21:15:00",
        value="2150-03-09 10:00:00",
        valueuom="Date*",
        **in_icu,
    )
    story.tell(
        "outputevents",
        "2150-03-05 22:40:00",
        itemid=226559,
        charttime="2150-03-05 22:00:00",
        storetime="2150-03-05 22:40:00",
        value=350,
        valueuom="ml*",
        **in_icu,
    )
    over = "2150-03-06 02:00:00"
    running: dict[str, Any] = {
        "itemid": 221906,
        "starttime": "2150-03-05 20:00:00",
        "endtime": over,
        "storetime": "2150-03-05 20:06:00",
        "amount": 36,
        "rate": 6,
        "rateuom": "mL/hour*",
        "statusdescription": "Stopped*",
        **in_icu,
    }
    ends = dict.fromkeys(("endtime", "amount", "statusdescription"), over)
    story.tell("ingredientevents", "2150-03-05 20:06:00", until=ends, **running)
    story.tell(
        "inputevents",
        "2150-03-05 20:06:00",
        until={**ends, "continueinnextdept": over},
        totalamount=250,
        continueinnextdept=1,
        **running,
    )
    removed = "2150-03-07 14:50:00"
    story.tell(
        "procedureevents",
        "2150-03-05 20:30:00",
        until=dict.fromkeys(
            ("endtime", "value", "originalamount", "statusdescription", "continueinnextdept"),
            removed,
        ),
        itemid=225792,
        starttime="2150-03-05 20:10:00",
        endtime=removed,
        storetime="2150-03-05 20:30:00",
        value=2560,
        originalamount=2560,
        location="Trachea*",
        statusdescription="FinishedRunning*",
        continueinnextdept=0,
        **in_icu,
    )


def _codes_and_notes(story: Story) -> None:
    codes: tuple[tuple[str, Cells], ...] = (
        ("diagnoses_icd", {"seq_num": 1, "icd_code": "I469*", "icd_version": 10}),
        (
            "procedures_icd",
            {"seq_num": 1, "chartdate": "2150-03-05", "icd_code": "5B*", "icd_version": 10},
        ),
        ("drgcodes", {"drg_type": "APR", "drg_code": "720*", "drg_mortality": 4}),
    )
    for table, cells in codes:
        story.tell(table, DIED, strict=CODED, hadm_id=SECOND_STAY, **cells)
    story.tell(
        "hcpcsevents",
        "2150-03-11 00:00:00",
        strict=CODED,
        hadm_id=SECOND_STAY,
        chartdate="2150-03-10",
        hcpcs_cd="98*",
        seq_num=1,
    )
    story.tell(
        "discharge",
        DIED,
        hadm_id=SECOND_STAY,
        charttime="2150-03-10 00:00:00",
        storetime="2150-03-10 03:00:00",
        text="She died.*",
    )
    subject_id = story.patient.subject_id
    parent, addendum = f"{subject_id}-RR-19", f"{subject_id}-AR-44"
    read, amended = "2150-03-05 12:40:00", "2150-03-07 10:30:00"
    for note_id, kind, stored, until in (
        (parent, "RR", read, {"hadm_id": ADMITTED}),
        (addendum, "AR", amended, {}),
    ):
        story.tell(
            "radiology",
            stored,
            until=until,
            note_id=note_id,
            note_type=kind,
            hadm_id=SECOND_STAY,
            charttime="2150-03-05 11:00:00",
            storetime=stored,
            text="Chest.*",
        )
    for taken, told in (
        ("2150-03-05 11:04:30", amended),
        ("2150-03-06 07:00:00", "2150-03-07 07:00:00"),
    ):
        story.tell(
            "cxr",
            taken,
            until=dict.fromkeys(("report_path", "chexpert_edema", "negbio_no_finding"), told),
            studydatetime=taken,
            viewposition="AP*",
            rows=2544,
            split="train*",
            image_path="files/x*.dcm",
            report_path="files/s*.txt",
            chexpert_edema=-1,
            negbio_no_finding=1,
        )
    for note_id, field_name, value, known in (
        (parent, "exam_name", "CHEST*", read),
        (parent, "cpt_code", "71020*", NEVER),
        (parent, "addendum_note_id", addendum, amended),
        (addendum, "parent_note_id", parent, amended),
    ):
        story.tell(
            "radiology_detail",
            known,
            note_id=note_id,
            field_name=field_name,
            field_value=value,
            field_ordinal=1,
        )
