"""A synthetic hospital that writes MIMIC-IV-shaped records.

`synthesise` draws patients, lets diseases drive vital signs, laboratory values, cultures, orders,
drugs, intensive care and notes, and writes all tables of MIMIC-IV (hosp, icu), MIMIC-IV-ED and
MIMIC-IV-Note as raw csv.gz, with the clock habits measured on the open MIMIC-IV demo: late and
missing storetimes, date-only columns, charttimes after storetimes, planned starts.

With `images` patients also get chest films, in the shape of MIMIC-CXR-JPG (see `films`).

Outcomes are everything that is decided after a patient came through the door: the end of the ED
visit and its disposition, admission, ICU care, length of stay, death, where to, codes, return. In
an `independent` cohort they are independent of which rows and cells exist before them and of what
those hold:

- The clinical course of a visit (disease, severity, recovery) and every process that writes rows
  (labs, cultures, orders, doses, flowsheet, ...) have random streams of their own, and none reads
  an outcome: a process writes until the outcome cuts it off.
- Outcomes come from another stream. Each decision rests on the illness of another stranger drawn
  there, so none tells of the patient's illness and none of another decision; a stay is a race of
  constant hazards, so the time spent so far tells nothing of the time left.
- What in real life foretells an outcome is left out: the bed request and drug orders of the ED,
  the discharge order hours before the door, comfort care, worsening before death, admission types
  that encode a short stay. Rows that are stored around an end (devices) are stored at the end
  when the outcome cuts them off.

What stays: a patient's ninth and later visits are few, and after the twelfth none follows.
"""

from clinseek.toolkits.ehr.synthetic.cohort import SynthProgress, SynthReport, synthesise

__all__ = ["SynthProgress", "SynthReport", "synthesise"]
