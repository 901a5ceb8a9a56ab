"""Schematic chest films: numpy and Pillow draw what a study shows, the same bytes every time."""

from clinseek.toolkits.ehr.synthetic.films.drawing.body import Body, Exposure, body_of
from clinseek.toolkits.ehr.synthetic.films.drawing.canvas import SIZE
from clinseek.toolkits.ehr.synthetic.films.drawing.picture import WORDS, draw_film, jpeg_of

__all__ = ["SIZE", "WORDS", "Body", "Exposure", "body_of", "draw_film", "jpeg_of"]
