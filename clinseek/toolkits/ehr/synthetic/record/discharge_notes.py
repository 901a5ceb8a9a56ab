"""discharge and discharge_detail: the summary of a stay, told from the rows that were written."""

from __future__ import annotations

from clinseek.toolkits.ehr.synthetic.catalogue.labs import LABS
from clinseek.toolkits.ehr.synthetic.clocks import (
    DAY,
    LAGS,
    MINUTE,
    midnight_of,
    text_of,
    whole_minute,
)
from clinseek.toolkits.ehr.synthetic.course import Visit
from clinseek.toolkits.ehr.synthetic.record.coding import Coding
from clinseek.toolkits.ehr.synthetic.record.desk import Desk
from clinseek.toolkits.ehr.synthetic.record.emergency import TITLES
from clinseek.toolkits.ehr.synthetic.record.pharmacy import Medication
from clinseek.toolkits.ehr.synthetic.streams import Stream

_REPORTED = (51301, 51222, 51265, 50983, 50971, 50882, 51006, 50912, 50931, 50813)


_HEAD = (
    " \nName:  ___                     Unit No:   ___\n \n"
    "Admission Date:  ___              Discharge Date:   ___\n \n"
    "Date of Birth:  ___             Sex:   "
)


def write_discharge_note(
    desk: Desk, visit: Visit, coding: Coding, medications: list[Medication], sequence: int
) -> bool:
    """The note of one admission; False where none was dictated (short observation stays)."""
    stream = desk.course.stream("rows", visit.number, "discharge note", str(visit.end))
    admit = visit.start if visit.outcome.admit is None else visit.outcome.admit
    if visit.end - admit < 0.6 * DAY and stream.chance(0.7):
        return False
    charted = midnight_of(visit.end)
    stored = charted + LAGS["discharge note"].minutes(stream) * MINUTE
    note_id = f"{desk.sheet.subject_id}-DS-{sequence}"
    desk.sheet.add(
        "discharge",
        note_id=note_id,
        hadm_id=visit.hadm_id,
        note_type="DS",
        note_seq=sequence,
        charttime=text_of(charted),
        storetime=None if stream.chance(0.01) else text_of(whole_minute(stored)),
        text=_text(desk, visit, coding, medications, stream),
    )
    desk.sheet.add(
        "discharge_detail",
        note_id=note_id,
        field_name="author",
        field_value="___",
        field_ordinal=1,
    )
    return True


def _text(
    desk: Desk, visit: Visit, coding: Coding, medications: list[Medication], stream: Stream
) -> str:
    patient, coded = desk.course.patient, visit.outcome.coded
    sex = "woman" if patient.gender == "F" else "man"
    version = patient.icd_version
    past = ", ".join(condition.name.lower() for condition in patient.conditions) or "none"
    operations = [procedure.words for procedure, _ in coding.procedures] or ["None"]
    secondary = [TITLES[code, version] for code in coding.diagnoses[1:]] or ["None"]
    died = visit.outcome.died_in_hospital
    history = f"___ year old {sex} with a history of {past} who presented with {coded.story}."
    parts = [
        _HEAD + f"{patient.gender}\n",
        f"Service: {_service(coded.service)}",
        "Allergies: \nNo Known Allergies / Adverse Drug Reactions",
        f"Chief Complaint:\n{visit.disease.complaint[0]}",
        "Major Surgical or Invasive Procedure:\n" + "\n".join(operations),
        f"History of Present Illness:\n{history}",
        f"Past Medical History:\n{past}",
        "Physical Exam:\n" + _exam(desk, visit),
        "Pertinent Results:\n" + _results(desk, visit),
        "Brief Hospital Course:\n" + _hospital_course(desk, visit, coding),
        "Discharge Medications:\n" + ("None." if died else _medications(medications)),
        "Discharge Disposition:\n" + _disposition(visit),
        f"Discharge Diagnosis:\n{coded.name}\n\nSecondary:\n" + "\n".join(secondary),
        "Discharge Condition:\n" + ("Expired" if died else _condition(stream)),
        "Followup Instructions:\n___",
    ]
    return "\n \n".join(parts) + "\n"


def _service(service: str) -> str:
    names = {"MED": "MEDICINE", "SURG": "SURGERY", "CMED": "CARDIOLOGY", "NMED": "NEUROLOGY",
             "ORTHO": "ORTHOPAEDICS", "CSURG": "CARDIOTHORACIC"}  # fmt: skip
    return names.get(service, service)


def _exam(desk: Desk, visit: Visit) -> str:
    stream = desk.stream(visit, "exam in the note")
    lines = []
    for name, moment in (("ADMISSION", visit.start), ("DISCHARGE", visit.end)):
        if name == "DISCHARGE" and visit.outcome.died_in_hospital:
            break
        vitals = desk.body.vitals(stream, disease=visit.disease, severity=visit.severity_at(moment))
        lines.append(
            f"{name} PHYSICAL EXAM:\nVS: T {vitals.temperature} BP {vitals.sbp}/{vitals.dbp} "
            f"HR {vitals.heartrate} RR {vitals.resprate} O2 sat {vitals.o2sat}%\n"
            "GENERAL: alert, in no distress\nHEENT: anicteric sclerae\nCV: regular, no murmurs"
        )
    return "\n".join(lines)


def _results(desk: Desk, visit: Visit) -> str:
    """First and last value of the common tests of the stay."""
    first: dict[int, str] = {}
    last: dict[int, str] = {}
    begin, end = text_of(visit.start), text_of(visit.end)
    for row in desk.sheet.of("labevents"):
        itemid, value = row["itemid"], row.get("value")
        in_stay = begin <= str(row["charttime"]) <= end
        if not in_stay or not isinstance(itemid, int) or itemid not in _REPORTED or value is None:
            continue
        first.setdefault(itemid, str(value))
        last[itemid] = str(value)
    named = [itemid for itemid in _REPORTED if itemid in first]
    opening = " ".join(f"{LABS[itemid].label}-{first[itemid]}" for itemid in named)
    closing = " ".join(f"{LABS[itemid].label}-{last[itemid]}" for itemid in named)
    return f"ADMISSION LABS:\n___ BLOOD {opening}\nDISCHARGE LABS:\n___ BLOOD {closing}"


def _hospital_course(desk: Desk, visit: Visit, coding: Coding) -> str:
    coded = visit.outcome.coded
    days = max(1, round((visit.end - visit.start) / DAY))
    words = [f"# {coded.name}: The patient was treated for {coded.name.lower()} over {days} days."]
    if visit.outcome.icu:
        words.append(f"The patient was cared for in the {visit.disease.icu_unit}.")
    words += [f"{procedure.words} was performed." for procedure, _ in coding.procedures]
    for condition in desk.course.patient.conditions[:3]:
        words.append(f"# {condition.name}: stable on the home regimen.")
    if visit.outcome.died_in_hospital:
        words.append("Despite treatment the patient died on ___.")
    return "\n".join(words)


def _medications(medications: list[Medication]) -> str:
    home = [
        entry.drug
        for entry in medications
        if entry.drug.schedule == "fixed" and entry.drug.route.startswith("PO")
    ]
    names = dict.fromkeys(f"{drug.name} {drug.dose} {drug.unit} {drug.route} {drug.frequency}"
                          for drug in home)  # fmt: skip
    lines = [f"{number}.  {name} " for number, name in enumerate(names, start=1)]
    return "\n".join(lines) or "None."


def _disposition(visit: Visit) -> str:
    place = visit.outcome.discharge_location or "HOME"
    words = {"HOME": "Home", "HOME HEALTH CARE": "Home With Service", "DIED": "Expired"}
    return words.get(place, "Extended Care")


def _condition(stream: Stream) -> str:
    state = stream.pick(("Clear and coherent.", "Confused - sometimes."))
    return f"Mental Status: {state}\nActivity Status: Ambulatory - Independent."
