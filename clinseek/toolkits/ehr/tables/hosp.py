"""The hospital-wide module of MIMIC-IV (v2.2 and v3.1 carry the same columns).

Columns and types as in the create.sql scripts of MIT-LCP/mimic-code.
"""

from clinseek.toolkits.ehr.tables.model import Table, table

HOSP: tuple[Table, ...] = (
    table(
        "hosp",
        "admissions",
        """
        subject_id integer, hadm_id integer, admittime time, dischtime time, deathtime time,
        admission_type text, admit_provider_id text, admission_location text, discharge_location
        text, insurance text, language text, marital_status text, race text, edregtime time,
        edouttime time, hospital_expire_flag integer
        """,
    ),
    table(
        "hosp",
        "d_hcpcs",
        """
        code text, category integer, long_description text, short_description text
        """,
    ),
    table(
        "hosp",
        "d_icd_diagnoses",
        """
        icd_code text, icd_version integer, long_title text
        """,
    ),
    table(
        "hosp",
        "d_icd_procedures",
        """
        icd_code text, icd_version integer, long_title text
        """,
    ),
    table(
        "hosp",
        "d_labitems",
        """
        itemid integer, label text, fluid text, category text
        """,
    ),
    table(
        "hosp",
        "diagnoses_icd",
        """
        subject_id integer, hadm_id integer, seq_num integer, icd_code text, icd_version integer
        """,
    ),
    table(
        "hosp",
        "drgcodes",
        """
        subject_id integer, hadm_id integer, drg_type text, drg_code text, description text,
        drg_severity integer, drg_mortality integer
        """,
    ),
    table(
        "hosp",
        "emar",
        """
        subject_id integer, hadm_id integer, emar_id text, emar_seq integer, poe_id text,
        pharmacy_id integer, enter_provider_id text, charttime time, medication text, event_txt
        text, scheduletime time, storetime time
        """,
    ),
    table(
        "hosp",
        "emar_detail",
        """
        subject_id integer, emar_id text, emar_seq integer, parent_field_ordinal text,
        administration_type text, pharmacy_id integer, barcode_type text, reason_for_no_barcode
        text, complete_dose_not_given text, dose_due text, dose_due_unit text, dose_given text,
        dose_given_unit text, will_remainder_of_dose_be_given text, product_amount_given text,
        product_unit text, product_code text, product_description text, product_description_other
        text, prior_infusion_rate text, infusion_rate text, infusion_rate_adjustment text,
        infusion_rate_adjustment_amount text, infusion_rate_unit text, route text, infusion_complete
        text, completion_interval text, new_iv_bag_hung text, continued_infusion_in_other_location
        text, restart_interval text, side text, site text, non_formulary_visual_verification text
        """,
    ),
    table(
        "hosp",
        "hcpcsevents",
        """
        subject_id integer, hadm_id integer, chartdate date, hcpcs_cd text, seq_num integer,
        short_description text
        """,
    ),
    table(
        "hosp",
        "labevents",
        """
        labevent_id integer, subject_id integer, hadm_id integer, specimen_id integer, itemid
        integer, order_provider_id text, charttime time, storetime time, value text, valuenum
        number, valueuom text, ref_range_lower number, ref_range_upper number, flag text, priority
        text, comments text
        """,
    ),
    table(
        "hosp",
        "microbiologyevents",
        """
        microevent_id integer, subject_id integer, hadm_id integer, micro_specimen_id integer,
        order_provider_id text, chartdate date, charttime time, spec_itemid integer, spec_type_desc
        text, test_seq integer, storedate date, storetime time, test_itemid integer, test_name text,
        org_itemid integer, org_name text, isolate_num integer, quantity text, ab_itemid integer,
        ab_name text, dilution_text text, dilution_comparison text, dilution_value number,
        interpretation text, comments text
        """,
    ),
    table(
        "hosp",
        "omr",
        """
        subject_id integer, chartdate date, seq_num integer, result_name text, result_value text
        """,
    ),
    table(
        "hosp",
        "patients",
        """
        subject_id integer, gender text, anchor_age integer, anchor_year integer, anchor_year_group
        text, dod date
        """,
    ),
    table(
        "hosp",
        "pharmacy",
        """
        subject_id integer, hadm_id integer, pharmacy_id integer, poe_id text, starttime time,
        stoptime time, medication text, proc_type text, status text, entertime time, verifiedtime
        time, route text, frequency text, disp_sched text, infusion_type text, sliding_scale text,
        lockout_interval text, basal_rate number, one_hr_max text, doses_per_24_hrs number, duration
        number, duration_interval text, expiration_value integer, expiration_unit text,
        expirationdate time, dispensation text, fill_quantity text
        """,
    ),
    table(
        "hosp",
        "poe",
        """
        poe_id text, poe_seq integer, subject_id integer, hadm_id integer, ordertime time,
        order_type text, order_subtype text, transaction_type text, discontinue_of_poe_id text,
        discontinued_by_poe_id text, order_provider_id text, order_status text
        """,
    ),
    table(
        "hosp",
        "poe_detail",
        """
        poe_id text, poe_seq integer, subject_id integer, field_name text, field_value text
        """,
    ),
    table(
        "hosp",
        "prescriptions",
        """
        subject_id integer, hadm_id integer, pharmacy_id integer, poe_id text, poe_seq integer,
        order_provider_id text, starttime time, stoptime time, drug_type text, drug text,
        formulary_drug_cd text, gsn text, ndc text, prod_strength text, form_rx text, dose_val_rx
        text, dose_unit_rx text, form_val_disp text, form_unit_disp text, doses_per_24_hrs number,
        route text
        """,
    ),
    table(
        "hosp",
        "procedures_icd",
        """
        subject_id integer, hadm_id integer, seq_num integer, chartdate date, icd_code text,
        icd_version integer
        """,
    ),
    table(
        "hosp",
        "provider",
        """
        provider_id text
        """,
    ),
    table(
        "hosp",
        "services",
        """
        subject_id integer, hadm_id integer, transfertime time, prev_service text, curr_service text
        """,
    ),
    table(
        "hosp",
        "transfers",
        """
        subject_id integer, hadm_id integer, transfer_id integer, eventtype text, careunit text,
        intime time, outtime time
        """,
    ),
)
