"""The look-ups on real rows: the open demo."""

from pathlib import Path

from clinseek.validity.probe.run import probe


def test_nothing_can_be_read_off_the_demo_but_under_the_published_rule(demo_store: Path) -> None:
    report = probe(demo_store, outcomes=["los_7d", "in_hospital_death"], sample=8, structure=False)
    assert report.holds
    for found in report.direct:
        expected = 1.0 if found.profile == "reference" else 0.0
        assert found.answered.value == found.right.value == expected
