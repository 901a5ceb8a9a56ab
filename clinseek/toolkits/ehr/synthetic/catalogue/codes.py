"""What an ICD code is, and the HCPCS codes of the cohort with a few it never uses.

ICD titles are those of the public ICD-9-CM, ICD-10-CM and ICD-10-PCS tables.
"""

from typing import NamedTuple


class IcdCode(NamedTuple):
    """One diagnosis or procedure code, its version, its title and its CCS category."""

    code: str
    version: int
    title: str
    ccs: int


class HcpcsCode(NamedTuple):
    """One billing code of a hospital service."""

    code: str
    category: int | None
    long_description: str | None
    short_description: str


HCPCS: tuple[HcpcsCode, ...] = (
    HcpcsCode(
        "G0378",
        None,
        "Hospital observation service, per hour",
        "Hospital observation per hr",
    ),
    HcpcsCode("99218", 1, None, "Hospital observation services"),
    HcpcsCode("93454", 1, None, "Cardiovascular"),
    HcpcsCode("43239", 1, None, "Digestive system"),
    HcpcsCode("36415", 1, None, "Cardiovascular system"),
    HcpcsCode("A0428", None, "Ambulance service, basic life support", "Bls"),
)
