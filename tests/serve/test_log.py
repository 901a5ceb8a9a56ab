"""The log of a server tells where a fault of ours happened, and none of its words."""

import logging

from clinseek.serve.log import log_handler

NAME = "Wilhelmina Zylbersztejn"


def test_a_fault_is_told_by_its_place_and_kind_and_not_by_its_words() -> None:
    try:
        raise KeyError(NAME)
    except KeyError as fault:
        told = logging.LogRecord(
            "clinseek.serve.session", logging.ERROR, __file__, 1, "%s failed", ("ehr.think",),
            (type(fault), fault, fault.__traceback__),
        )  # fmt: skip
    said = log_handler().format(told)
    assert said.startswith("clinseek: ehr.think failed\n")
    assert "test_log.py" in said
    assert said.endswith("KeyError (its words are not logged)")
    assert NAME not in said
