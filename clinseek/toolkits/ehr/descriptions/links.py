"""Which columns carry a code that a dictionary explains, and what the dictionary says of it."""

from __future__ import annotations

from typing import NamedTuple


class Link(NamedTuple):
    """`columns` of a table refer to `keys` of `dictionary`; `shows` stand beside them in a reply."""

    columns: tuple[str, ...]
    dictionary: str
    keys: tuple[str, ...]
    shows: tuple[str, ...]


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
"""Tables whose codes are explained beside them. ED `diagnosis` and cultures carry their own names."""
