"""Which columns lead to another table: to what explains a code, to rows that belong together."""

from __future__ import annotations

from typing import NamedTuple


class Link(NamedTuple):
    """`columns` lead to `keys` of `target`; its columns `shows` stand beside them in replies."""

    columns: tuple[str, ...]
    target: str
    keys: tuple[str, ...]
    shows: tuple[str, ...] = ()


_LAB_ITEM = Link(("itemid",), "d_labitems", ("itemid",), ("label", "fluid", "category"))
_ICU_ITEM = Link(("itemid",), "d_items", ("itemid",), ("label", "category"))
_CODE = ("icd_code", "icd_version")

DICTIONARY_LINKS: dict[str, tuple[Link, ...]] = {
    "chartevents": (_ICU_ITEM,),
    "datetimeevents": (_ICU_ITEM,),
    "diagnoses_icd": (Link(_CODE, "d_icd_diagnoses", _CODE, ("long_title",)),),
    "hcpcsevents": (Link(("hcpcs_cd",), "d_hcpcs", ("code",), ("long_description",)),),
    "ingredientevents": (_ICU_ITEM,),
    "inputevents": (_ICU_ITEM,),
    "labevents": (_LAB_ITEM,),
    "outputevents": (_ICU_ITEM,),
    "procedureevents": (_ICU_ITEM,),
    "procedures_icd": (Link(_CODE, "d_icd_procedures", _CODE, ("long_title",)),),
}
"""Tables whose codes are explained beside them; ED diagnoses and cultures bring their own names."""

_STAY = Link(("stay_id",), "edstays", ("stay_id",))
_ORDER = Link(("poe_id",), "poe", ("poe_id",))
_PHARMACY = Link(("pharmacy_id",), "pharmacy", ("pharmacy_id",))
_ICU_STAY = Link(("stay_id",), "icustays", ("stay_id",))

RECORD_LINKS: dict[str, tuple[Link, ...]] = {
    "chartevents": (_ICU_STAY,),
    "datetimeevents": (_ICU_STAY,),
    "diagnosis": (_STAY,),
    "discharge_detail": (Link(("note_id",), "discharge", ("note_id",)),),
    "emar": (_ORDER, _PHARMACY),
    "emar_detail": (Link(("emar_id",), "emar", ("emar_id",)), _PHARMACY),
    "ingredientevents": (_ICU_STAY, Link(("orderid",), "inputevents", ("orderid",))),
    "inputevents": (_ICU_STAY,),
    "medrecon": (_STAY,),
    "outputevents": (_ICU_STAY,),
    "pharmacy": (_ORDER,),
    "poe_detail": (_ORDER,),
    "prescriptions": (_ORDER, _PHARMACY),
    "procedureevents": (_ICU_STAY,),
    "pyxis": (_STAY,),
    "radiology_detail": (Link(("note_id",), "radiology", ("note_id",)),),
    "triage": (_STAY,),
    "vitalsign": (_STAY,),
}
"""Tables of the patient that belong together; hadm_id joins all that is of one hospital stay."""
