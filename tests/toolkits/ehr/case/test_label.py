"""When an answer became visible, against the cases that show it."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError, StoreError, SubjectError
from clinseek.toolkits.ehr.availability import CASE_PROFILES, CaseProfile
from clinseek.toolkits.ehr.case import (
    Case,
    KnownLabel,
    Limits,
    label_clock,
    label_known_at,
    label_visible,
    open_case,
)
from clinseek.toolkits.ehr.case.cutoff import read_cutoff
from clinseek.toolkits.ehr.case.label import first_second
from clinseek.toolkits.ehr.store import Store, ingest
from clinseek.toolkits.ehr.tables import TABLES
from tests.toolkits.ehr.case.boundaries.raw_record import Cohort

ADMITTED, DISCHARGED = "2150-03-01 10:00:00", "2150-03-05 15:20:00"
DRAWN, RESULTED = "2150-03-02 07:50:00", "2150-03-02 09:10:00"

COHORT = Cohort()
ANN = COHORT.patient(dod="2150-12-31")
STAY = ANN.stay(ADMITTED, DISCHARGED, hospital_expire_flag=0, discharge_location="HOME")
for value in (1.4, 1.9):
    ANN.add(
        "labevents",
        hadm_id=STAY,
        itemid=50912,
        charttime=DRAWN,
        storetime=RESULTED,
        value=str(value),
        valuenum=value,
    )
ANN.add("diagnoses_icd", hadm_id=STAY, seq_num=1, icd_code="A419", icd_version=10)
ANN.add("procedures_icd", hadm_id=STAY, seq_num=1, chartdate="2150-03-02", icd_code="3961")
ORDER = ANN.order("2150-03-02 07:00:00", order_status="Inactive")
STOPPED_BY = ANN.order("2150-03-03 07:00:00", discontinue_of_poe_id=ORDER)
STOPPED = ANN.order("2150-03-02 08:00:00", discontinued_by_poe_id=STOPPED_BY)
DOSE = ANN.add("emar", charttime="2150-03-04 07:00:00", storetime="2150-03-04 07:05:00")["emar_id"]
ANN.add("emar_detail", emar_id=DOSE, dose_given="5000")
ANN.add(
    "microbiologyevents",
    chartdate="2150-03-02 00:00:00",
    charttime="2150-03-02 18:00:00",
    storedate="2150-03-06 00:00:00",
    storetime="2150-03-06 07:00:00",
    test_seq=3,
    micro_specimen_id=5,
    org_name="ESCHERICHIA COLI",
)
ANN.add("pharmacy", pharmacy_id=7, starttime="2150-03-01 11:00:00", entertime=ADMITTED)
REPORT = f"{ANN.subject_id}-RR-3"
ADDENDUM = f"{ANN.subject_id}-AR-9"
for note_id, kind, stored in (
    (REPORT, "RR", "2150-03-02 12:00:00"),
    (ADDENDUM, "AR", "2150-03-03 12:00:00"),
):
    ANN.add(
        "radiology",
        note_id=note_id,
        note_type=kind,
        charttime="2150-03-02 10:00:00",
        storetime=stored,
        text="no change",
    )
ANN.add("radiology_detail", note_id=REPORT, field_name="exam_name", field_value="CHEST")
ANN.add("radiology_detail", note_id=REPORT, field_name="addendum_note_id", field_value=ADDENDUM)
ANN.add("radiology_detail", note_id=REPORT, field_name="cpt_code", field_value="71045")
ANN.add("discharge", hadm_id=STAY, charttime="2150-03-05 00:00:00", storetime="2150-03-06 09:00:00")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    ingest([COHORT.write(folder / "raw")], folder / "store")
    return folder / "store"


Moment = Callable[..., str | None]


@pytest.fixture
def moment(store: Path) -> Moment:
    """`moment(table, column, profile, cell=value)`: when the one label is first visible."""

    def when(
        table: str, column: str | None = None, profile: str = "available", /, **where: Any
    ) -> str | None:
        (label,) = label_known_at(
            store, ANN.subject_id, table=table, where=where, column=column, profile=profile
        )
        return label.known_at

    return when


def test_a_lab_is_visible_once_it_has_resulted_and_under_event_once_drawn(moment: Moment) -> None:
    assert moment("labevents", None, value="1.4") == RESULTED
    assert moment("labevents", None, "event", value="1.4") == DRAWN


def test_under_reference_a_row_is_visible_from_the_second_after_its_cut(moment: Moment) -> None:
    assert moment("labevents", None, "reference", value="1.4") == "2150-03-02 07:50:01"
    assert moment("procedures_icd", None, "reference") == "2150-03-02 23:59:01"
    assert moment("microbiologyevents", "org_name", "reference") == "2150-03-02 00:00:01"
    assert moment("diagnoses_icd", None, "reference") == "2150-03-05 15:19:01"
    assert moment("pharmacy", None, "reference") is None


def test_under_reference_the_end_of_a_stay_is_visible_from_its_beginning(moment: Moment) -> None:
    for column in ("dischtime", "discharge_location", "text"):
        assert moment("admissions", column, "reference", hadm_id=STAY) == "2150-03-01 10:00:01"
    assert moment("patients", "dod", "reference") == ""


def test_every_row_that_holds_the_label_is_told(store: Path) -> None:
    found = label_known_at(
        store, ANN.subject_id, table="labevents", where={"itemid": 50912, "charttime": DRAWN}
    )
    assert [(label.row["valuenum"], label.known_at) for label in found] == [
        (1.4, RESULTED),
        (1.9, RESULTED),
    ]
    assert tuple(found[0].row) == TABLES["labevents"].column_names


def test_a_masked_cell_is_visible_later_than_its_row(moment: Moment) -> None:
    assert moment("admissions", None, hadm_id=STAY) == ADMITTED
    for column in ("dischtime", "hospital_expire_flag"):
        assert moment("admissions", column, hadm_id=STAY) == DISCHARGED
    assert moment("patients", None) == ""
    assert moment("patients", "dod") == "2151-01-01 00:00:00"


def test_an_empty_cell_is_told_once_its_mask_lifts(moment: Moment) -> None:
    assert moment("admissions", "deathtime", hadm_id=STAY) == DISCHARGED
    assert moment("admissions", "edouttime", hadm_id=STAY) == ADMITTED


def test_codes_wait_for_discharge_and_under_strict_for_the_coders(moment: Moment) -> None:
    assert moment("diagnoses_icd", "icd_code", icd_code="A419") == DISCHARGED
    assert moment("diagnoses_icd", None, "strict") == "2150-03-08 15:20:00"


def test_what_holds_the_state_at_extraction_is_never_visible(moment: Moment) -> None:
    assert moment("poe", "order_status", poe_id=ORDER) is None
    assert moment("radiology_detail", None, field_name="cpt_code") is None


def test_an_id_of_another_row_is_visible_once_both_rows_are(moment: Moment) -> None:
    stopped = "discontinued_by_poe_id"
    assert moment("poe", stopped, poe_id=STOPPED) == "2150-03-03 07:00:00"
    assert moment("poe", "discontinue_of_poe_id", poe_id=STOPPED_BY) == "2150-03-03 07:00:00"
    assert moment("emar_detail", "emar_id") == moment("emar_detail") == "2150-03-04 07:05:00"


def test_ids_that_are_numbered_anew_are_visible_with_their_row(moment: Moment) -> None:
    assert moment("labevents", "labevent_id", value="1.4") == RESULTED
    assert moment("microbiologyevents", "test_seq") == "2150-03-06 07:00:00"
    assert moment("patients", "anchor_age") == ""


def test_notes_are_visible_once_stored_and_their_details_with_them(moment: Moment) -> None:
    assert moment("discharge") == "2150-03-06 09:00:00"
    assert moment("radiology_detail", field_name="exam_name") == "2150-03-02 12:00:00"
    linked = moment("radiology_detail", "field_value", field_name="addendum_note_id")
    assert linked == "2150-03-03 12:00:00"


def test_visible_agrees_with_the_moment(store: Path) -> None:
    def visible(cutoff: str, profile: str = "available") -> bool:
        return label_visible(
            store,
            ANN.subject_id,
            cutoff=cutoff,
            table="labevents",
            where={"value": "1.4"},
            profile=profile,
        )

    assert not visible("2150-03-02 09:09:59")
    assert visible(RESULTED)
    assert not visible(DRAWN, "reference")
    assert visible("2150-03-02 07:50:01", "reference")


def test_a_label_that_is_in_no_row_has_no_moment_and_is_no_label(store: Path) -> None:
    nowhere = {"table": "labevents", "where": {"value": "9.9"}}
    with label_clock(store, ANN.subject_id) as clock:
        assert clock.known_at(table="labevents", where={"value": "9.9"}) == []
        with pytest.raises(SettingError, match=r"no row of labevents .* holds \{'value': '9.9'\}"):
            clock.visible(cutoff=RESULTED, **nowhere)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "cells"),
    [
        ("labevents", {"charttime": datetime(2150, 3, 2, 7, 50), "valuenum": "1.4"}),
        ("labevents", {"charttime": "2150-03-02T07:50", "hadm_id": f"{STAY}.0", "value": 1.4}),
        ("procedures_icd", {"chartdate": date(2150, 3, 2)}),
        ("microbiologyevents", {"chartdate": "2150-03-02 00:00:00", "ab_name": None}),
    ],
)
def test_cells_are_read_as_the_raw_files_write_them(
    store: Path, table: str, cells: dict[str, Any]
) -> None:
    assert len(label_known_at(store, ANN.subject_id, table=table, where=cells)) == 1


@pytest.mark.parametrize(
    ("table", "cells", "column", "said"),
    [
        ("labs", {}, None, "no table 'labs'"),
        ("d_labitems", {}, None, "no table 'd_labitems' of a patient"),
        ("labevents", {"label": "Creatinine"}, None, "labevents has no column 'label'"),
        ("labevents", {}, "text", "labevents has no column 'text'"),
        ("admissions", {}, "text", "admissions has no column 'text'"),
        ("labevents", {"itemid": "creatinine"}, None, "labevents.itemid: 'creatinine' is no int"),
        ("labevents", {"itemid": 1.5}, None, "1.5 is no integer"),
        ("labevents", {"itemid": 2**63}, None, "is no integer"),
        ("labevents", {"charttime": "noon"}, None, "'noon' is no time"),
        ("labevents", {"charttime": "2150-03-02T07:50Z"}, None, "is no time"),
        ("labevents", {"charttime": 7}, None, "7 is no time"),
        ("labevents", None, None, "where=None names no cells; give raw columns"),
        ("labevents", {"charttime": "2150-03-02"}, None, "bare date means 2150-03-02 23:59:59"),
        ("labevents", {"charttime": date(2150, 3, 2)}, None, "labevents holds charttime 2150-03"),
    ],
)
def test_what_cannot_be_a_label_is_refused(
    store: Path, table: str, cells: dict[str, Any], column: str | None, said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        label_known_at(store, ANN.subject_id, table=table, where=cells, column=column)


def test_the_patients_number_may_be_text_and_nothing_else_that_is_no_number(store: Path) -> None:
    def labels(subject_id: Any) -> list[KnownLabel]:
        return label_known_at(store, subject_id, table="labevents", where={})

    assert labels(f" {ANN.subject_id} ") == labels(ANN.subject_id) != []
    for strange in ("Ann", "", 1.5, True):
        with pytest.raises(SettingError, match="is no whole number"):
            labels(strange)


PARTS_OF_SECONDS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 58))


@given(PARTS_OF_SECONDS)
def test_the_first_whole_second_is_one_at_which_the_label_is_visible(exact: datetime) -> None:
    """A raw moment is there at every cutoff that is not before it, and cutoffs are whole."""
    written = exact.isoformat(sep=" ")
    known_at = first_second(written)
    assert known_at is not None

    assert KnownLabel({}, known_at).visible_at(known_at)
    assert _a_second_before(known_at) < written <= known_at
    assert read_cutoff(known_at) == known_at


def test_a_moment_after_the_last_second_of_the_calendar_never_comes() -> None:
    assert first_second("9999-12-31 23:59:59.500000") is None


def test_a_label_with_parts_of_a_second_is_visible_at_its_moment(demo_store: Path) -> None:
    """Some procedures of the demo ended between two seconds."""
    found = label_known_at(demo_store, 10002428, table="procedureevents", where={})
    broken = [label for label in found if "." in str(label.row["storetime"])]

    assert broken
    assert all(label.visible_at(label.known_at) for label in found if label.known_at)


def test_a_table_that_the_store_lacks_and_an_unknown_patient_are_refused(
    demo_store: Path, store: Path
) -> None:
    with pytest.raises(StoreError, match="no table discharge"):
        label_known_at(demo_store, 10014354, table="discharge", where={})
    with pytest.raises(SubjectError, match="99999999"):
        label_known_at(store, 99999999, table="labevents", where={})
    with pytest.raises(SettingError, match="no profile 'lax'"):
        label_known_at(store, ANN.subject_id, table="labevents", where={}, profile="lax")


PATIENTS = (10039997, 10004457)
"""Two of those with rows in every table of the demo."""
WHOLE = Limits(rows=1_000_000, bytes=2_000_000_000, seconds=120)


@pytest.mark.parametrize("subject_id", PATIENTS)
@pytest.mark.parametrize("profile", CASE_PROFILES)
def test_every_row_and_cell_of_the_demo_is_in_the_case_from_its_moment_on(
    demo_store: Path, tmp_path: Path, profile: CaseProfile, subject_id: int
) -> None:
    """A second before a moment, and at it, a case holds just the cells whose moment has come."""
    store = Store.open(demo_store)
    with label_clock(store, subject_id, profile=profile) as clock:
        labels = {
            (table, column): clock.known_at(table=table, where={}, column=column)
            for table in store.tables
            if not TABLES[table].is_dictionary
            for column in (None, *TABLES[table].column_names)
        }
    for moment in _some_moments(labels):
        for cutoff in (_a_second_before(moment), moment):
            case = open_case(store, subject_id, cutoff=cutoff, profile=profile, folder=tmp_path)
            assert _cells_of(case) == _cells_visible(labels, cutoff)
            case.close()


Labels = dict[tuple[str, str | None], list[KnownLabel]]


def _some_moments(labels: Labels) -> list[str]:
    """The moment of a row in the middle of each of seven tables."""
    tables = (
        "labevents", "admissions", "microbiologyevents", "emar", "diagnosis", "transfers",
        "procedureevents",
    )  # fmt: skip
    chosen = []
    for table in tables:
        moments = sorted(label.known_at for label in labels[table, None] if label.known_at)
        chosen += moments[len(moments) // 2 :][:1]
    return chosen


def _a_second_before(moment: str) -> str:
    return str(datetime.fromisoformat(moment) - timedelta(seconds=1))


def _cells_of(case: Case) -> Counter[tuple[str, str | None]]:
    held: Counter[tuple[str, str | None]] = Counter()
    for table in case.tables:
        columns = TABLES[table].column_names
        counts = ", ".join(["count(*)", *(f'count("{column}")' for column in columns)])
        (row,) = case.select(f"SELECT {counts} FROM {table}", limits=WHOLE).rows
        held.update({(table, name): n for name, n in zip((None, *columns), row, strict=True)})
    return +held


def _cells_visible(labels: Labels, cutoff: str) -> Counter[tuple[str, str | None]]:
    visible: Counter[tuple[str, str | None]] = Counter()
    for (table, column), found in labels.items():
        visible[table, column] = sum(
            label.visible_at(cutoff)
            for label in found
            if column is None or label.row[column] is not None
        )
    return +visible
