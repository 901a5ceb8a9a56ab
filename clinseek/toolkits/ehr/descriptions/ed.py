"""Our words on the emergency department module."""

from clinseek.toolkits.ehr.descriptions.model import Prose, prose

_STAY = "stay_id: Id of the visit to the emergency department (not of intensive care)."
_VITALS = """
        temperature: Body temperature in degrees Fahrenheit; some entries are in Celsius.
        heartrate: Heart rate, beats a minute.
        resprate: Breaths a minute.
        o2sat: Oxygen saturation in %.
        sbp: Systolic blood pressure in mmHg.
        dbp: Diastolic blood pressure in mmHg.
        pain: Pain as the patient gave it, 0-10 or words.
"""

ED: tuple[Prose, ...] = (
    prose(
        "edstays",
        "One row is one visit to the emergency department.",
        f"""
        {_STAY}
        intime: When the patient came.
        outtime: When the patient left the department.
        gender: Sex as recorded, F or M.
        race: Race or ethnicity as recorded.
        arrival_transport: How the patient came: WALK IN, AMBULANCE, HELICOPTER, ...
        disposition: How the visit ended: HOME, ADMITTED, TRANSFER, ELOPED, EXPIRED, ...
        """,
        "A visit that still runs has no outtime, disposition or hadm_id: that says nothing of how "
        "it ends.",
    ),
    prose(
        "triage",
        "One row is the first assessment at one visit to the emergency department.",
        f"""
        {_STAY}
        {_VITALS}
        acuity: Emergency severity index, 1 (most urgent) to 5.
        chiefcomplaint: What the patient came for, as free text.
        """,
        "Has no time of its own: it was at the visit's intime (edstays).",
        "Values are as typed and may be implausible.",
    ),
    prose(
        "vitalsign",
        "One row is one set of vital signs during a visit to the emergency department.",
        f"""
        {_STAY}
        charttime: When they were taken.
        {_VITALS}
        rhythm: Heart rhythm in words, e.g. Sinus Rhythm.
        """,
        "Values are as typed and may be implausible.",
    ),
    prose(
        "medrecon",
        "One row is one drug that the patient took before the visit (reconciliation of medicines).",
        f"""
        {_STAY}
        charttime: When the list was made.
        name: Name of the drug.
        gsn: Generic Sequence Number, a grouping of like drugs.
        ndc: National Drug Code.
        etc_rn: Number of the class for drugs with several classes.
        etccode: Code of the therapeutic class.
        etcdescription: Words of the therapeutic class.
        """,
        "What was taken at home, not what was given; one drug has a row for each of its classes.",
    ),
    prose(
        "pyxis",
        "One row is one drug taken from the dispensing cabinet of the emergency department.",
        f"""
        {_STAY}
        charttime: When it was taken out.
        med_rn: Number of the drug within the moment.
        name: Name of the drug.
        gsn_rn: Number of the gsn for drugs with several.
        gsn: Generic Sequence Number, a grouping of like drugs.
        """,
        "Taken out is nearly, not surely, given; fluids are often missing.",
        "One drug has a row for each of its gsn: count distinct med_rn.",
    ),
    prose(
        "diagnosis",
        "One row is one diagnosis billed for one visit to the emergency department.",
        f"""
        {_STAY}
        seq_num: Rank for billing; 1 is the most relevant.
        icd_code: Code without its dot.
        icd_version: Edition of the code, 9 or 10.
        icd_title: Words of the code.
        """,
        "Set after the visit: a visit that still runs has no rows.",
    ),
)
