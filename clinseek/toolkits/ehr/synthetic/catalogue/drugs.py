"""The pharmacy: what is ordered, how it is dispensed and given.

Names and formulary, GSN and NDC numbers have the shape of those in MIMIC-IV.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Schedule = Literal["fixed", "as needed", "sliding scale", "once", "infusion"]


class Base(NamedTuple):
    """What a drug is dissolved in, or what is added to a bag."""

    drug: str
    formulary: str
    strength: str
    dose: str
    unit: str


class Drug(NamedTuple):
    """One entry of the formulary. `hours` are the hours of the day at which it is due."""

    key: str
    name: str
    formulary: str
    gsn: str | None
    ndc: str
    strength: str
    dose: str
    unit: str
    form_value: str
    form_unit: str
    route: str
    frequency: str
    schedule: Schedule
    hours: tuple[int, ...] = ()
    base: Base | None = None
    additive: Base | None = None


_FIXED: dict[str, tuple[int, ...]] = {
    "DAILY": (8,),
    "QPM": (20,),
    "Q24H": (8,),
    "BID": (8, 20),
    "TID": (8, 14, 20),
    "Q12H": (8, 20),
    "Q8H": (6, 14, 22),
    "Q6H": (0, 6, 12, 18),
}

_MINI_BAG = Base("0.9% Sodium Chloride (Mini Bag Plus)", "NS/MBP100I", "100mL Bag", "100", "mL")
_ISO = Base("Iso-Osmotic Dextrose", "FRBD50", "50ml Bag", "50", "mL")
_D5W = Base("5% Dextrose", "HEPAD5W", "250mL Bag", "250", "mL")
_BAG = Base("Bag", "BAG50", "50 mL Bag", "1", "BAG")
_SALINE = Base("0.9% Sodium Chloride", "NS1000", "1000mL Bag", "1000", "mL")
_RINGER = Base("Lactated Ringers", "LR1000", "1000ml Bag", "1000", "mL")
_VITAMINS = Base("Multivitamin IV", "MVI10I", "10mL Vial", "10", "mL")


def _schedule_of(frequency: str) -> tuple[Schedule, tuple[int, ...]]:
    if frequency in _FIXED:
        return "fixed", _FIXED[frequency]
    if frequency == "ASDIR":
        return "sliding scale", (8, 12, 17, 22)
    if frequency == "ONCE":
        return "once", ()
    return ("as needed", ()) if frequency.endswith("PRN") else ("infusion", ())


def _drugs(listing: str, bases: dict[str, Base]) -> dict[str, Drug]:
    """Drugs from lines of twelve parts; a base is named by the key of its drug."""
    drugs = {}
    for line in listing.strip().splitlines():
        parts = [part.strip() for part in line.split("|")]
        key, name, formulary, gsn, ndc, strength, dose, unit, value, form, route, frequency = parts
        schedule, hours = _schedule_of(frequency)
        drugs[key] = Drug(
            key, name, formulary, gsn or None, ndc, strength, dose, unit, value, form, route,
            frequency, schedule, hours, bases.get(key),
            _VITAMINS if key == "saline" else None,
        )  # fmt: skip
    return drugs


DRUGS: dict[str, Drug] = _drugs(
    """
flush|Sodium Chloride 0.9%  Flush|NACLFLUSH||0|10 mL Syringe|3|mL|0.3|SYR|IV|Q8H
heparin sc|Heparin|HEPA5I|006549|63323026201|5000 Units / mL- 1mL Vial|5000|UNIT|1|mL|SC|BID
acetaminophen|Acetaminophen|ACET325|004489|00904198261|325mg Tablet|650|mg|2|TAB|PO/NG|Q6H:PRN
docusate|Docusate Sodium|DOCU100|003009|00904224461|100mg Capsule|100|mg|1|CAP|PO/NG|BID
senna|Senna|SENN187|019964|00904516561|8.6 mg Tablet|8.6|mg|1|TAB|PO/NG|BID
ondansetron|Ondansetron|ONDA4I|015869|00409475503|2mg/mL-2mL Vial|4|mg|1|VIAL|IV|Q8H:PRN
insulin|Insulin|INRHI|001723|00002821501|100 Units / mL - 10 mL Vial|0|UNIT|0|mL|SC|ASDIR
pantoprazole|Pantoprazole|PANT40|027462|00904647461|40mg Tablet|40|mg|1|TAB|PO|Q24H
pantoprazole iv|Pantoprazole|PANT40I|047635|00008092355|40mg Vial|40|mg|1|VIAL|IV|Q12H
potassium|Potassium Chloride|KCL20P|001262|76439034310|20mEq Packet|40|mEq|2|PKT|PO|ONCE
magnesium|Magnesium Sulfate|MAG2PM|016546|00409672924|2 g / 50 mL Premix Bag|2|gm|1|BAG|IV|ONCE
furosemide iv|Furosemide|FURO40I|008205|00409610204|40mg/4mL Vial|40|mg|1|VIAL|IV|BID
furosemide|Furosemide|FURO20|008208|51079007220|20mg Tablet|20|mg|1|TAB|PO/NG|DAILY
ceftriaxone|CefTRIAXone|CEFX1F|009162|00338500241|1g/50mL Frozen Bag|1|gm|1|BAG|IV|Q24H
azithromycin|Azithromycin|AZIT500I|048790|00069315083|500mg Vial|500|mg|1|VIAL|IV|Q24H
vancomycin|Vancomycin|VANC1F|043952|00338355248|1g Frozen Bag|1000|mg|1|BAG|IV|Q12H
cefepime|CefePIME|CEFE2I|024095|60505614704|2 g Vial|2|g|1|VIAL|IV|Q12H
piperacillin|Piperacillin-Tazobactam|ZOSY4FPB|040819|00206886202|4.5 g Frozen Bag|4.5|g|1|BAG|IV|Q8H
cefazolin|CefazoLIN|CEFA2F|066489|00338350841|2 g Frozen Bag|2|g|1|BAG|IV|Q8H
ciprofloxacin|Ciprofloxacin HCl|CIPR500|009510|00172531210|500mg Tab|500|mg|1|TAB|PO/NG|Q12H
metronidazole|MetRONIDAZOLE (FLagyl)|METR500I|009588|00338105548|\
500mg Premix Bag|500|mg|1|BAG|IV|Q8H
prednisone|PredniSONE|PRED20|006751|00054001820|20 mg Tablet|40|mg|2|TAB|PO/NG|DAILY
nebuliser|Ipratropium-Albuterol Neb|DUONEB|048698|00487020160|3 mL Vial|1|NEB|1|VIAL|IH|Q6H
albuterol|Albuterol 0.083% Neb Soln|ALBU3H|005039|49502069724|0.083%;3mL Vial|1|\
NEB|1|VIAL|IH|Q4H:PRN
heparin drip|Heparin Sodium|HEPPREMIX|060301|00264958720|25,000 unit Premix Bag|\
25,000|UNIT|1|BAG|IV|INFUSION
norepinephrine|NORepinephrine|NORE8/250|066452|61553015311|\
8 mg / 250 mL Premix Bag|8|mg|1|BAG|IV DRIP|TITRATE TO
propofol|Propofol|PROP100IG|016796|63323026965|1000mg/100mL Vial|1000|mg|1|VIAL|IV DRIP|TITRATE TO
fentanyl|Fentanyl Citrate|FENT2.5PM|041385|61553020341|\
2.5 mg / 50 mL Premix Bag|2.5|mg|1|BAG|IV DRIP|INFUSION
insulin drip|Insulin Regular|INRHPM|001723|00338012612|\
100 Units / 100 mL Premix Bag|100|UNIT|1|BAG|IV DRIP|INFUSION
saline|Sodium Chloride 0.9%|NSLV|001210|00338004904|Floor Stock Bag|1000|mL|1000|mL|IV|ONCE
ringer|Lactated Ringers|LR1000|001187|00338011704|1000ml Bag|1000|mL|1|BAG|IV|ONCE
aspirin|Aspirin|ASA81|004380|00904404073|81mg Tab|81|mg|1|TAB|PO/NG|DAILY
atorvastatin|Atorvastatin|ATOR40|029969|00071015723|40mg Tablet|40|mg|1|TAB|PO/NG|QPM
clopidogrel|Clopidogrel|CLOP75|038164|63653117101|75mg Tablet|75|mg|1|TAB|PO/NG|DAILY
metoprolol|Metoprolol Tartrate|METO25|050631|51079025520|25mg Tablet|25|mg|1|TAB|PO/NG|BID
lisinopril|Lisinopril|LISI5|000393|51079098120|5mg Tablet|5|mg|1|TAB|PO/NG|DAILY
amlodipine|Amlodipine|AMLO5|016926|51079045120|5mg Tablet|5|mg|1|TAB|PO/NG|DAILY
diltiazem|Diltiazem|DILT30|000574|63739007910|30 mg Tab|30|mg|1|TAB|PO/NG|Q6H
warfarin|Warfarin|WARF5|006562|00056017275|5mg Tablet|5|mg|1|TAB|PO/NG|QPM
levothyroxine|Levothyroxine Sodium|LEVO50|006649|00074455211|50mcg Tablet|50|mcg|1|TAB|PO/NG|DAILY
omeprazole|Omeprazole|OMEP20|033530|00093521193|20mg Cap|20|mg|1|CAP|PO|DAILY
sertraline|Sertraline|SERT50|046229|00904586461|50 mg Tab|50|mg|1|TAB|PO/NG|DAILY
gabapentin|Gabapentin|GABA300|021414|63739059110|300mg Capsule|300|mg|1|CAP|PO/NG|TID
oxycodone|OxyCODONE (Immediate Release)|OXYC5|004225|00904644461|5mg Tablet|5|mg|1|TAB|PO/NG|Q4H:PRN
morphine|Morphine Sulfate|MORP2I|070023|00409189001|2 mg Syringe|2|mg|1|SYR|IV|Q4H:PRN
nitroglycerin|Nitroglycerin SL|NTG4SL|000461|00071041813|0.4mg SL Tablet Bottle|\
0.4|mg|0.04|BTL|SL|PRN
metformin|MetFORMIN (Glucophage)|METF500|022943|68084013901|500mg Tablet|500|mg|1|TAB|PO|BID
""",
    {
        "magnesium": _BAG,
        "ceftriaxone": _ISO,
        "azithromycin": _MINI_BAG,
        "vancomycin": _ISO,
        "cefepime": _MINI_BAG,
        "piperacillin": _ISO,
        "cefazolin": _ISO,
        "metronidazole": _BAG,
        "heparin drip": _D5W,
        "norepinephrine": _D5W,
        "saline": _SALINE,
        "ringer": _RINGER,
    },
)
"""Every drug of the cohort by its key."""

ROUTINE: tuple[str, ...] = ("flush", "heparin sc", "acetaminophen", "docusate", "senna")
"""What almost every inpatient gets."""


class HomeDrug(NamedTuple):
    """A drug as the emergency department lists it: (etccode, etcdescription) classes."""

    key: str
    name: str
    gsn: str
    ndc: str
    classes: tuple[tuple[str, str], ...]


HOME_DRUGS: dict[str, HomeDrug] = {
    drug.key: drug
    for drug in (
        HomeDrug(
            "aspirin", "aspirin", "016995", "10135017301",
            (
                ("00000575", "Salicylate Analgesics"),
                ("00005843", "Platelet Aggregation Inhibitors - Salicylates"),
            ),
        ),
        HomeDrug(
            "atorvastatin", "atorvastatin", "045772", "10135065305",
            (("00002747", "Antihyperlipidemic - HMG CoA Reductase Inhibitors (statins)"),),
        ),
        HomeDrug(
            "metoprolol", "metoprolol tartrate", "050631", "10135050301",
            (("00000237", "Beta Blockers Cardiac Selective"),),
        ),
        HomeDrug(
            "lisinopril", "lisinopril", "000393", "10135056501",
            (("00000219", "ACE Inhibitors"),),
        ),
        HomeDrug(
            "amlodipine", "amlodipine", "016926", "10135064801",
            (("00000247", "Calcium Channel Blockers - Dihydropyridines"),),
        ),
        HomeDrug(
            "furosemide", "furosemide", "008208", "10544013130",
            (("00000250", "Diuretic - Loop"),),
        ),
        HomeDrug(
            "metformin", "metformin", "022943", "10135052701",
            (("00000805", "Antihyperglycemic - Biguanides"),),
        ),
        HomeDrug(
            "warfarin", "warfarin [Coumadin]", "006562", "00056017201",
            (("00000754", "Anticoagulants - Coumarin"),),
        ),
        HomeDrug(
            "levothyroxine", "levothyroxine", "006648", "15330018701",
            (("00006081", "Thyroid Hormones - Synthetic T4 (Thyroxine)"),),
        ),
        HomeDrug(
            "omeprazole", "omeprazole", "033530", "10135050910",
            (("00000445", "Gastric Acid Secretion Reducing Agents - Proton Pump Inhibitors"),),
        ),
        HomeDrug(
            "sertraline", "sertraline", "046229", "10135058030",
            (("00000530", "Antidepressant - Selective Serotonin Reuptake Inhibitors (SSRIs)"),),
        ),
        HomeDrug(
            "gabapentin", "gabapentin", "021414", "10135064501",
            (("00006030", "Anticonvulsant - GABA Analogs"),),
        ),
        HomeDrug(
            "albuterol", "albuterol sulfate", "005039", "12280024125",
            (
                (
                    "00005970",
                    "Asthma/COPD Therapy - Beta 2-Adrenergic Agents, Inhaled, Short Acting",
                ),
            ),
        ),
    )
}  # fmt: skip

PYXIS: dict[str, tuple[str, tuple[str, ...]]] = {
    "acetaminophen": ("Acetaminophen 325mg TAB", ("004489",)),
    "ondansetron": ("Ondansetron 4mg/2mL 2mL VIAL", ("015869", "061716")),
    "morphine": ("Morphine 4mg/1mL 1mL VIAL", ("004080", "070024")),
    "aspirin": ("Aspirin 81mg CHEWABLE TAB", ("004380",)),
    "furosemide iv": ("Furosemide 40mg/4mL 4mL VIAL", ("008205",)),
    "ceftriaxone": ("CeftriaXONE 1g/50mL 50mL BAG", ("009162",)),
    "azithromycin": ("Azithromycin 500mg VIAL", ("048790",)),
    "vancomycin": ("Vancomycin 1g/200mL 200mL BAG", ("043952",)),
    "cefepime": ("CefePIME 2g VIAL", ("024095",)),
    "piperacillin": ("Piperacillin-Tazobactam 4.5g/100mL 100mL BAG", ("040819",)),
    "nebuliser": ("Ipratropium-Albuterol 3mL 3mL AMP", ("048698",)),
    "prednisone": ("PredniSONE 20mg TAB", ("006751",)),
    "insulin drip": ("Insulin Human Regular 100units/1mL 10mL VIAL", ("001723",)),
    "pantoprazole iv": ("Pantoprazole 40mg VIAL", ("047635",)),
    "diltiazem": ("Diltiazem 25mg/5mL 5mL VIAL", ("016563",)),
    "heparin drip": ("Heparin 25,000units/500mL 500mL BAG", ("060301",)),
    "cefazolin": ("CefazoLIN 2g/50mL 50mL BAG", ("066489",)),
    "metronidazole": ("MetroNIDAZOLE 500mg/100mL 100mL BAG", ("009588",)),
    "ciprofloxacin": ("Ciprofloxacin 500mg TAB", ("009510",)),
    "clopidogrel": ("Clopidogrel 75mg TAB", ("038164",)),
}
"""What the ED's dispensing cabinet calls a drug, and its GSN numbers."""
