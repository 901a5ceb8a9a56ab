"""The guards of one run, put together as the toolkit asks for them."""

from __future__ import annotations

from pathlib import Path

from clinseek.toolkits.browser.guarding import Guards
from clinseek.toolkits.browser.guards import injection
from clinseek.toolkits.browser.guards.addresses import Addresses
from clinseek.toolkits.browser.guards.denied import DenyList
from clinseek.toolkits.browser.guards.egress import Egress


def guards_of_run(
    case: Path | None, *, strictness: str = "balanced", closed: DenyList | None = None
) -> Guards:
    """The guards of a run over the case in the file `case`; without a case nothing is held back.

    `closed` are the pages that stay closed: `DenyList.shipped()` in an evaluation. Raises
    SettingError for a strictness that is none and CaseError for a case that cannot be read.
    """
    return Guards(
        egress=None if case is None else Egress.of_case(case, strictness=strictness),
        addresses=Addresses(),
        denied=closed,
        marking=injection,
    )
