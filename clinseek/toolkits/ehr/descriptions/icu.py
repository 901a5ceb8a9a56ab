"""Our words on the intensive care module."""

from clinseek.toolkits.ehr.descriptions.model import Prose, prose

_ORDER = """
        orderid: Id that the ingredients of one order share.
        linkorderid: Id that links the same order over changes of its rate.
"""

ICU: tuple[Prose, ...] = (
    prose(
        "icustays",
        "One row is one stay in intensive care.",
        """
        stay_id: Id of the intensive care stay.
        first_careunit: Unit in which the stay began.
        last_careunit: Unit in which it ended.
        intime: When the patient came to intensive care.
        outtime: When the patient left it.
        los: Length of the stay in days, with fractions.
        """,
        "A stay without outtime still runs.",
    ),
    prose(
        "chartevents",
        "One row is one charted observation in intensive care: vital signs, scores, settings.",
        """
        itemid: Code of what was charted.
        charttime: When the observation was made.
        storetime: When it was entered or validated by hand.
        value: Observation as text.
        valuenum: Observation as a number in valueuom; scores carry their points.
        valueuom: Unit, e.g. mmHg, bpm, insp/min, %.
        warning: 1 when the person charting marked the value.
        """,
        "One quantity may have several itemids (e.g. arterial and non-invasive blood pressure; "
        "temperature in Fahrenheit and Celsius): check label and valueuom.",
        "Items of category Labs repeat labevents.",
    ),
    prose(
        "datetimeevents",
        "One row is one date or time charted in intensive care, e.g. when a line was placed.",
        """
        itemid: Code of what was charted.
        charttime: When the entry was made for.
        storetime: When it was entered or validated.
        value: The date or time that was charted.
        valueuom: Date or Date and Time.
        warning: 1 when the person charting marked the value.
        """,
        "value may lie ahead of this record where it is a plan.",
    ),
    prose(
        "inputevents",
        "One row is one stretch of an infusion or one dose, given in intensive care.",
        f"""
        starttime: When this stretch began.
        endtime: When it ended or its rate changed.
        storetime: When it was entered or validated.
        itemid: Code of the drug or fluid.
        amount: Amount given in this stretch, in amountuom.
        amountuom: Unit of amount, e.g. mg, ml, units.
        rate: Rate, in rateuom; empty for a single dose.
        rateuom: Unit of rate, e.g. mcg/kg/min, mL/hour.
        {_ORDER}
        ordercategoryname: Group of the order, e.g. 01-Drips, 02-Fluids (Crystalloids).
        secondaryordercategoryname: Second group, e.g. Additive (Crystalloid).
        ordercomponenttypedescription: Role in the mixture, e.g. Main order parameter.
        ordercategorydescription: Continuous Med, Continuous IV, Drug Push, Bolus and the like.
        patientweight: Weight of the patient in kg, as used for the rate.
        totalamount: Amount in the whole bag, in totalamountuom.
        totalamountuom: Unit of totalamount, mostly ml.
        isopenbag: 1 when it came from an open bag.
        continueinnextdept: 1 when it went on after transfer.
        statusdescription: How it ended: FinishedRunning, ChangeDose/Rate, Stopped, Paused.
        originalamount: Amount as first ordered or drawn into the bag.
        originalrate: Rate as first ordered, in rateuom.
        """,
        "An infusion is a chain of rows with one linkorderid: a change of rate starts a new one.",
        "A running stretch has its rate; its amount and end are not known yet.",
    ),
    prose(
        "ingredientevents",
        "One row is one ingredient (water, calories, a drug's substance) of an input.",
        f"""
        starttime: When this stretch began.
        endtime: When it ended or its rate changed.
        storetime: When it was entered or validated.
        itemid: Code of the ingredient.
        amount: Amount given in this stretch, in amountuom.
        amountuom: Unit of amount.
        rate: Rate, in rateuom.
        rateuom: Unit of rate.
        {_ORDER}
        statusdescription: How it ended: FinishedRunning, ChangeDose/Rate, Stopped, Paused.
        originalamount: Amount as first ordered.
        originalrate: Rate as first ordered, in rateuom.
        """,
        "Belongs to inputevents by orderid: do not add the two up.",
    ),
    prose(
        "outputevents",
        "One row is one measured output in intensive care: urine, drains, stool.",
        """
        itemid: Code of the output, e.g. Foley.
        charttime: When it was measured.
        storetime: When it was entered or validated.
        value: Amount since the measurement before, in valueuom.
        valueuom: Unit of value, ml.
        """,
        "Irrigant put in and urine out are separate items.",
    ),
    prose(
        "procedureevents",
        "One row is one procedure in intensive care: ventilation, lines, imaging, dialysis.",
        f"""
        starttime: When it began.
        endtime: When it ended.
        storetime: When it was entered or validated.
        itemid: Code of the procedure, e.g. Invasive Ventilation, Arterial Line.
        value: How long it lasted, in valueuom.
        valueuom: Unit of value: min, hour, day, or None for a moment.
        location: Where on the body.
        locationcategory: Broad group of location.
        {_ORDER}
        ordercategoryname: Group of the order, e.g. Ventilation, Invasive Lines.
        ordercategorydescription: Task (at a moment), Electrolytes, or a lasting process.
        patientweight: Weight of the patient in kg.
        isopenbag: 1 when it came from an open bag.
        continueinnextdept: 1 when it went on after transfer.
        statusdescription: How it ended: FinishedRunning, Stopped, Paused.
        originalamount: Amount as first ordered; mostly the duration again.
        originalrate: Rate as first ordered.
        """,
        "A row without endtime still runs.",
    ),
    prose(
        "caregiver",
        "One row is the code of one person who charts in intensive care.",
        "caregiver_id: Code of the person; says nothing about who that is.",
    ),
    prose(
        "d_items",
        "One row explains one item of intensive care charting.",
        """
        itemid: Code of the item.
        label: Name of the item.
        abbreviation: Its name, shortened.
        linksto: Table in which it is charted, e.g. chartevents.
        category: Group, e.g. Routine Vital Signs, Labs, Respiratory.
        unitname: Unit in which it is charted.
        param_type: Kind of value: Numeric, Text, Checkbox, Date and time, ...
        lownormalvalue: Lower end of its normal range; mostly empty.
        highnormalvalue: Upper end of its normal range; mostly empty.
        """,
    ),
)
