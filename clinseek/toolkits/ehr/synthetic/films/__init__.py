"""Chest films of the synthetic cohort, in the folder shape of MIMIC-CXR-JPG.

Patients are filmed where their course gives reason. What a film shows (`findings`) is drawn, said
in its report and labelled from one and the same truth. The drawings are schemes made by numpy and
Pillow; each says in its margin that it is no patient's.
"""

from clinseek.toolkits.ehr.synthetic.films.findings import Finding, Findings
from clinseek.toolkits.ehr.synthetic.films.folder import DRAWN, FilmFolder, FilmReport

__all__ = ["DRAWN", "FilmFolder", "FilmReport", "Finding", "Findings"]
