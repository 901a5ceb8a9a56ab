"""ICD procedures of the cohort in both versions; the last two of each are distractors."""

from clinseek.toolkits.ehr.synthetic.catalogue.codes import IcdCode

PROCEDURES: tuple[IcdCode, ...] = (
    IcdCode(
        "0BH17EZ",
        10,
        "Insertion of Endotracheal Airway into Trachea, Via Natural or Artificial Opening",
        216,
    ),
    IcdCode("5A1945Z", 10, "Respiratory Ventilation, 24-96 Consecutive Hours", 216),
    IcdCode("5A1955Z", 10, "Respiratory Ventilation, Greater than 96 Consecutive Hours", 216),
    IcdCode(
        "02HV33Z",
        10,
        "Insertion of Infusion Device into Superior Vena Cava, Percutaneous Approach",
        54,
    ),
    IcdCode(
        "5A1D70Z",
        10,
        "Performance of Urinary Filtration, Intermittent, Less than 6 Hours Per Day",
        58,
    ),
    IcdCode(
        "0DJ08ZZ",
        10,
        "Inspection of Upper Intestinal Tract, Via Natural or Artificial Opening Endoscopic",
        70,
    ),
    IcdCode(
        "0W3P8ZZ",
        10,
        "Control Bleeding in Gastrointestinal Tract, Via Natural or Artificial Opening Endoscopic",
        98,
    ),
    IcdCode(
        "4A023N7",
        10,
        "Measurement of Cardiac Sampling and Pressure, Left Heart, Percutaneous Approach",
        47,
    ),
    IcdCode(
        "027034Z",
        10,
        "Dilation of Coronary Artery, One Artery with Drug-eluting Intraluminal Device, "
        "Percutaneous Approach",
        45,
    ),
    IcdCode(
        "0SRR0JZ",
        10,
        "Replacement of Right Hip Joint, Femoral Surface with Synthetic Substitute, Open Approach",
        153,
    ),
    IcdCode("0FT44ZZ", 10, "Resection of Gallbladder, Percutaneous Endoscopic Approach", 84),
    IcdCode(
        "30233N1",
        10,
        "Transfusion of Nonautologous Red Blood Cells into Peripheral Vein, Percutaneous Approach",
        222,
    ),
    IcdCode(
        "0SRC0J9",
        10,
        "Replacement of Right Knee Joint with Synthetic Substitute, Cemented, Open Approach",
        152,
    ),
    IcdCode(
        "021009W",
        10,
        "Bypass Coronary Artery, One Artery from Aorta with Autologous Venous Tissue, Open "
        "Approach",
        44,
    ),
    IcdCode("5A1221Z", 10, "Performance of Cardiac Output, Continuous", 50),
    IcdCode("B030ZZZ", 10, "Magnetic Resonance Imaging (MRI) of Brain", 198),
    IcdCode("10D00Z1", 10, "Extraction of Products of Conception, Low, Open Approach", 134),
    IcdCode("0DTJ4ZZ", 10, "Resection of Appendix, Percutaneous Endoscopic Approach", 80),
    IcdCode("9604", 9, "Insertion of endotracheal tube", 216),
    IcdCode(
        "9671",
        9,
        "Continuous invasive mechanical ventilation for less than 96 consecutive hours",
        216,
    ),
    IcdCode(
        "9672",
        9,
        "Continuous invasive mechanical ventilation for 96 consecutive hours or more",
        216,
    ),
    IcdCode("3893", 9, "Venous catheterization, not elsewhere classified", 54),
    IcdCode("3995", 9, "Hemodialysis", 58),
    IcdCode("4513", 9, "Other endoscopy of small intestine", 70),
    IcdCode("4443", 9, "Endoscopic control of gastric or duodenal bleeding", 93),
    IcdCode("3722", 9, "Left heart cardiac catheterization", 47),
    IcdCode("0066", 9, "Percutaneous transluminal coronary angioplasty [PTCA]", 45),
    IcdCode("8152", 9, "Partial hip replacement", 153),
    IcdCode("5123", 9, "Laparoscopic cholecystectomy", 84),
    IcdCode("9904", 9, "Transfusion of packed cells", 222),
    IcdCode("8154", 9, "Total knee replacement", 152),
    IcdCode("3611", 9, "(Aorto)coronary bypass of one coronary artery", 44),
    IcdCode("3961", 9, "Extracorporeal circulation auxiliary to open heart surgery", 50),
    IcdCode("8891", 9, "Magnetic resonance imaging of brain and brain stem", 198),
    IcdCode("741", 9, "Low cervical cesarean section", 134),
    IcdCode("4701", 9, "Laparoscopic appendectomy", 80),
)
