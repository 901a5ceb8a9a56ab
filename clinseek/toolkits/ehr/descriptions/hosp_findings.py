"""Our words on the hospital module: results, billed codes, dictionaries."""

from clinseek.toolkits.ehr.descriptions.model import Prose, prose

_ICD = """
        icd_code: Code without its dot, e.g. I5023 or 42823.
        icd_version: 9 or 10; the same digits mean different things in each.
"""
_BILLED = (
    "Billed after discharge: a stay that still runs has no rows, whatever the patient suffers "
    "from; earlier stays have theirs."
)

HOSP_FINDINGS: tuple[Prose, ...] = (
    prose(
        "labevents",
        "One row is one result of one laboratory test on one specimen.",
        """
        labevent_id: Number of the row in this record, the same as row_id.
        specimen_id: Id of the specimen; tests of one draw share it.
        itemid: Code of the test.
        charttime: When the specimen was taken.
        storetime: When the result was to be had; about an hour later in the middle case.
        value: Result as text; ___ where it was removed or stands in comments.
        valuenum: Result as a number in valueuom; empty for results in words.
        valueuom: Unit, e.g. mg/dL, mEq/L, K/uL.
        ref_range_lower: Lower end of the normal range.
        ref_range_upper: Upper end of the normal range.
        flag: abnormal when the result lies outside its range, else empty.
        priority: ROUTINE or STAT (urgent).
        comments: Remark of the laboratory; often holds the result itself.
        """,
        "One name may have several itemids (blood, urine, blood gas): look at fluid and category "
        "before comparing values.",
        "A specimen drawn before the end of this record whose result came later is not in it.",
        "hadm_id is empty for outpatients' specimens and for those of before an admission.",
    ),
    prose(
        "microbiologyevents",
        "One row is one culture's test, or one organism in it, or one antibiotic tried on that.",
        """
        microevent_id: Number of the row in this record, the same as row_id.
        micro_specimen_id: Id of the specimen; its tests, organisms and antibiotics share it.
        chartdate: Day on which the specimen was taken.
        charttime: When the specimen was taken; empty where only the day is known.
        spec_itemid: Code of the kind of specimen.
        spec_type_desc: Kind of specimen, e.g. BLOOD CULTURE, URINE, SPUTUM.
        test_seq: Number of the test within its specimen.
        storedate: Day of the last word on the test.
        storetime: Time of the last word on the test; for cultures days after charttime.
        test_itemid: Code of the test.
        test_name: Name of the test, e.g. URINE CULTURE, Blood Culture, Routine.
        org_itemid: Code of the organism that grew.
        org_name: Organism that grew; empty when none did.
        isolate_num: Number of the colony, for antibiotics tried on it.
        quantity: How much grew, in words.
        ab_itemid: Code of the antibiotic.
        ab_name: Antibiotic tried on the organism.
        dilution_text: Least concentration that stops it, as text with its sign.
        dilution_comparison: The sign of that, e.g. <=, =>.
        dilution_value: The number of that, in ug/mL.
        interpretation: S (sensitive), I (intermediate), R (resistant), P (pending).
        comments: The laboratory's words, e.g. NO GROWTH, Gram stains, counts.
        """,
        "A negative culture has org_name NULL; its words stand in comments.",
        "A culture appears with its last word only: one that was taken and is still pending is not "
        "in this record.",
        "Several rows belong to one culture: count distinct micro_specimen_id, not rows.",
        "dilution_comparison is padded with spaces: compare trim(dilution_comparison).",
    ),
    prose(
        "omr",
        "One row is one measurement from the outpatient record (weight, blood pressure, ...).",
        """
        chartdate: Day of the measurement.
        seq_num: Number of the measurement within its day and kind.
        result_name: What was measured, e.g. Weight (Lbs), Height (Inches), BMI (kg/m2),
            Blood Pressure, eGFR.
        result_value: Result as text; blood pressure as systolic/diastolic in mmHg.
        """,
        "Weights are in pounds and heights in inches; the unit is part of result_name.",
        "Only the day is known, so a measurement enters the record on the next day.",
    ),
    prose(
        "diagnoses_icd",
        "One row is one diagnosis billed for one hospital stay.",
        f"""
        seq_num: Rank for billing; 1 is the principal diagnosis.
        {_ICD}
        """,
        _BILLED,
    ),
    prose(
        "procedures_icd",
        "One row is one procedure billed for one hospital stay.",
        f"""
        seq_num: Rank for billing.
        chartdate: Day of the procedure.
        {_ICD}
        """,
        _BILLED,
    ),
    prose(
        "drgcodes",
        "One row is one diagnosis related group by which a hospital stay was paid.",
        """
        drg_type: HCFA (Medicare's groups) or APR (all patients, with severity).
        drg_code: Code of the group.
        description: Words of the group.
        drg_severity: Severity of illness 1-4 (APR only).
        drg_mortality: Risk of death 1-4 (APR only).
        """,
        _BILLED,
    ),
    prose(
        "hcpcsevents",
        "One row is one service billed under a HCPCS code (mostly observation and procedures).",
        """
        chartdate: Day of the service.
        hcpcs_cd: Code of the service.
        seq_num: Rank for billing.
        short_description: Words of the code, shortened.
        """,
        _BILLED,
    ),
    prose(
        "d_hcpcs",
        "One row explains one HCPCS code.",
        """
        code: The code, five characters.
        category: Number of its broad group.
        long_description: Its words in full; often empty.
        short_description: Its words, shortened.
        """,
    ),
    prose(
        "d_icd_diagnoses",
        "One row explains one ICD diagnosis code.",
        f"""
        {_ICD}
        long_title: Its words in full.
        """,
    ),
    prose(
        "d_icd_procedures",
        "One row explains one ICD procedure code.",
        f"""
        {_ICD}
        long_title: Its words in full.
        """,
    ),
    prose(
        "d_labitems",
        "One row explains one laboratory test.",
        """
        itemid: Code of the test.
        label: Name of the test.
        fluid: What it is measured in, e.g. Blood, Urine, Cerebrospinal Fluid.
        category: Chemistry, Hematology or Blood Gas.
        """,
        "Several itemids share one label.",
    ),
)
