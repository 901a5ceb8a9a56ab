"""omr: what is measured in the clinic between the stays; only the day is known."""

from __future__ import annotations

from clinseek.toolkits.ehr.synthetic.clocks import DAY, date_of
from clinseek.toolkits.ehr.synthetic.record.desk import Desk


def write_clinic_visits(desk: Desk, start: int) -> None:
    """Weight, height, BMI and blood pressure from `start` until follow-up ends."""
    patient = desk.course.patient
    stream = desk.stream(None, "clinic")
    moment = start + round(stream.exponential(60) * DAY)
    weight = patient.weight_kg
    while moment < desk.course.follow_up_end:
        weight = max(40.0, weight + stream.normal(0, 0.7))
        systolic = round(stream.normal(112 + 0.28 * patient.age, 10))
        diastolic = round(0.55 * systolic + stream.normal(5, 4))
        measured = {
            "Blood Pressure": f"{systolic}/{diastolic}",
            "Weight (Lbs)": f"{weight * 2.2046:.1f}",
            "BMI (kg/m2)": f"{weight / (patient.height_cm / 100) ** 2:.1f}",
            "Height (Inches)": f"{patient.height_cm / 2.54:.1f}",
        }
        kept = [(name, value) for name, value in measured.items() if stream.chance(0.85)]
        if not desk.course.in_hospital(moment):
            for name, value in kept:
                desk.sheet.add(
                    "omr",
                    chartdate=date_of(moment),
                    seq_num=1,
                    result_name=name,
                    result_value=value,
                )
        moment += round(stream.exponential(90) * DAY) + DAY
