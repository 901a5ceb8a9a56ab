"""Our words on the hospital module: stays, orders, medication."""

from clinseek.toolkits.ehr.descriptions.model import Prose, prose

HOSP_CARE: tuple[Prose, ...] = (
    prose(
        "patients",
        "The patient: one row.",
        """
        gender: Sex as recorded, F or M.
        anchor_age: Age in years at the time of this record (ages above 89 are given as 91).
        anchor_year: Year of this record on the patient's shifted calendar.
        anchor_year_group: Real calendar years into which the anchor year falls, e.g. 2014 - 2016.
        dod: Date of death, from the hospital or the state's registry within a year of discharge.
        """,
        "All dates of a patient are shifted by one offset into the years 2100-2200; differences "
        "between times are real, seasons are kept roughly, calendar years mean nothing.",
    ),
    prose(
        "admissions",
        "One row is one stay in the hospital.",
        """
        admittime: When the patient was admitted.
        dischtime: When the patient left the hospital; length of stay is dischtime - admittime.
        deathtime: When the patient died in hospital; empty for those who left alive.
        admission_type: Kind of admission, e.g. EW EMER., URGENT, ELECTIVE, OBSERVATION ADMIT.
        admit_provider_id: Code of the person who admitted.
        admission_location: Where the patient came from, e.g. EMERGENCY ROOM.
        discharge_location: Where the patient went, e.g. HOME, SKILLED NURSING FACILITY, DIED.
        insurance: Payer, e.g. Medicare, Medicaid, Other.
        language: Language spoken.
        marital_status: Marital status.
        race: Race or ethnicity as recorded.
        edregtime: When the patient was registered in the emergency department before this stay.
        edouttime: When the patient left the emergency department for this stay.
        hospital_expire_flag: 1 when the patient died during this stay, else 0.
        """,
        "A stay that still runs has no dischtime: that says nothing of how it ends.",
        "admission_type, insurance, marital_status and race hold their last state.",
    ),
    prose(
        "transfers",
        "One row is one stretch of time in one place of the hospital.",
        """
        transfer_id: Number of this stretch.
        eventtype: ED (emergency department), admit, transfer, or discharge.
        careunit: Name of the ward or unit, e.g. Medical Intensive Care Unit (MICU).
        intime: When the patient came to the place.
        outtime: When the patient left the place.
        """,
        "The row whose outtime is empty is where the patient is now.",
    ),
    prose(
        "services",
        "One row is one change of the service that is responsible for the patient.",
        """
        transfertime: When the responsibility changed.
        prev_service: Service before; empty for the first of a stay.
        curr_service: Service from then on, e.g. MED (medicine), SURG, CSURG (cardiac surgery),
            CMED (cardiology), NMED (neurology), OMED (oncology), TRAUM, ORTHO.
        """,
        "The service is who treats, not where the patient lies; for the place see transfers.",
    ),
    prose(
        "poe",
        "One row is one order entered by a provider (provider order entry), of any kind.",
        """
        poe_id: Id of the order.
        poe_seq: Number of the order within the patient.
        ordertime: When the order was entered.
        order_type: Kind, e.g. Medications, Lab, Radiology, Nutrition, Consults, ADT orders.
        order_subtype: Finer kind, e.g. General Xray, Admit, Discharge Planning.
        transaction_type: New, Change, D/C (discontinue), H (hold), and the like.
        discontinue_of_poe_id: The earlier order that this one stops.
        discontinued_by_poe_id: The later order that stopped this one.
        order_status: Whether the order was active.
        """,
        "An order is an intention: see emar for what was given and labevents for what resulted.",
        "The drug or the test is often named only in pharmacy, prescriptions or poe_detail.",
    ),
    prose(
        "poe_detail",
        "One row is one further field of an order (a name and its value).",
        """
        poe_id: The order that the field belongs to.
        poe_seq: Number of that order within the patient.
        field_name: Name of the field, e.g. Code status, Admit to, Transfer to, Tubes & Drains type.
        field_value: Value of the field.
        """,
        "Has no time of its own; join poe for ordertime.",
    ),
    prose(
        "pharmacy",
        "One row is one entry of the pharmacy for an order of medication: how it is to be given.",
        """
        pharmacy_id: Id of the entry; prescriptions and emar refer to it.
        poe_id: The order behind it.
        starttime: When the medication is to start.
        stoptime: When the medication is to stop.
        medication: Name of the drug.
        proc_type: Kind of entry, e.g. Unit Dose, IV Piggyback, IV Large Volume, TPN.
        status: State of the entry.
        entertime: When the entry was made.
        verifiedtime: When a pharmacist verified it.
        route: Way of giving, e.g. PO (by mouth), IV, SC, IH (inhaled).
        frequency: How often, e.g. BID (twice a day), Q6H, PRN (as needed).
        disp_sched: Hours of the day at which it is dispensed.
        infusion_type: Letter code of the kind of infusion.
        sliding_scale: Y when the dose follows a measured value (e.g. insulin by glucose).
        lockout_interval: Least time between doses that the patient triggers (pain pumps).
        basal_rate: Steady rate of such a pump, per hour.
        one_hr_max: Most that such a pump gives in an hour.
        doses_per_24_hrs: Doses in 24 hours.
        duration: Length of the course, in duration_interval.
        duration_interval: Unit of duration: Ongoing, Doses, Hours, Days, Weeks.
        expiration_value: Time after which the entry lapses, in expiration_unit.
        expiration_unit: Unit of expiration_value.
        expirationdate: When the entry lapses.
        dispensation: Where the drug is taken from, e.g. Omnicell.
        fill_quantity: Amount dispensed.
        """,
        "Orders, not administrations: see emar for what was given.",
        "starttime may lie ahead of this record: the medication is planned.",
    ),
    prose(
        "prescriptions",
        "One row is one drug of one order of medication (compounds have several rows).",
        """
        pharmacy_id: The pharmacy's entry; one may have several rows here.
        poe_id: The order behind it.
        poe_seq: Number of that order within the patient.
        starttime: When the medication is to start.
        stoptime: When the medication is to stop.
        drug_type: MAIN (the drug itself), BASE (what it is dissolved in) or ADDITIVE.
        drug: Name of the drug, as free text.
        formulary_drug_cd: The hospital's own code of the drug.
        gsn: Generic Sequence Number(s), a grouping of like drugs.
        ndc: National Drug Code, 11 digits; 0 where there is none.
        prod_strength: Strength of the product, e.g. 40mg Tablet.
        form_rx: Form in which it was ordered.
        dose_val_rx: Dose ordered, as text (may be a range such as 1-2), in dose_unit_rx.
        dose_unit_rx: Unit of the dose, e.g. mg, mL, UNIT.
        form_val_disp: Amount dispensed, as text, in form_unit_disp.
        form_unit_disp: Unit of what is dispensed, e.g. TAB, VIAL, BAG.
        doses_per_24_hrs: Doses in 24 hours.
        route: Way of giving, e.g. PO (by mouth), IV, SC.
        """,
        "Orders, not administrations: see emar (from about 2014) or inputevents (intensive care) "
        "for what was given.",
        "Count courses on drug_type MAIN, or bases and additives multiply them.",
        "starttime may lie ahead of this record (planned), and stoptime may precede starttime.",
    ),
    prose(
        "emar",
        "One row is one event of the administration record (eMAR): a dose given, held or refused.",
        """
        emar_id: Id of the event; emar_detail refers to it.
        emar_seq: Number of the event within the patient.
        poe_id: The order behind it.
        pharmacy_id: The pharmacy's entry behind it.
        enter_provider_id: Code of the person who charted it.
        charttime: When the dose was given (or not).
        medication: Name of the drug.
        event_txt: What happened, e.g. Administered, Not Given, Hold Dose, Started, Stopped.
        scheduletime: Hour for which the dose was planned.
        storetime: When the event was stored.
        """,
        "Only rows whose event_txt says Administered, Started, Applied and so on are doses given.",
        "Exists from about 2014 and not on every ward: no row does not mean no drug.",
        "The amount stands in emar_detail.",
    ),
    prose(
        "emar_detail",
        "One row is one part of an administration: the order as a whole, or one product of it.",
        """
        emar_id: The event in emar.
        emar_seq: Number of that event within the patient.
        parent_field_ordinal: Which product of the event; empty on the row that sums it up.
        administration_type: Kind, e.g. Standard Maintenance Medication, IV Infusion.
        pharmacy_id: The pharmacy's entry behind it.
        barcode_type: Kind of bar code that was scanned.
        reason_for_no_barcode: Why none was scanned.
        complete_dose_not_given: Yes when only a part of the dose was given.
        dose_due: Dose that was due, as text, in dose_due_unit.
        dose_due_unit: Unit of dose_due.
        dose_given: Dose that was given, as text, in dose_given_unit; may be ___ or a range.
        dose_given_unit: Unit of dose_given.
        will_remainder_of_dose_be_given: Whether the rest is to follow.
        product_amount_given: Amount of the product, e.g. number of tablets.
        product_unit: Unit of product_amount_given.
        product_code: The hospital's code of the product.
        product_description: Name of the product.
        product_description_other: Name where the product has no code.
        prior_infusion_rate: Rate before a change, in infusion_rate_unit.
        infusion_rate: Rate from then on, in infusion_rate_unit.
        infusion_rate_adjustment: Kind of change of the rate.
        infusion_rate_adjustment_amount: Size of that change.
        infusion_rate_unit: Unit of the rates, e.g. mL/hr.
        route: Way of giving.
        infusion_complete: Whether the infusion ran to its end.
        completion_interval: How long the dose took.
        new_iv_bag_hung: Y when a new bag was hung.
        continued_infusion_in_other_location: Y when it went on elsewhere.
        restart_interval: Time until it was started again.
        side: Side of the body, e.g. Left.
        site: Place on the body, e.g. Abdomen.
        non_formulary_visual_verification: Whether a drug not in the formulary was checked by eye.
        """,
        "Has no time of its own; join emar for charttime and event_txt.",
        "Several rows belong to one event: sum only rows with a parent_field_ordinal, or only "
        "those without.",
    ),
    prose(
        "provider",
        "One row is the code of one provider.",
        "provider_id: Code of the person; says nothing about who that is.",
    ),
)
