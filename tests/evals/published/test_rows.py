"""Published rows over the folder of their images."""

from pathlib import Path

from clinseek.evals.published import placed_rows
from clinseek.evals.rows import Row


def test_a_row_whose_images_lie_elsewhere_is_another_row(tmp_path: Path) -> None:
    file = tmp_path / "medmod" / "mimic-cxr" / "a.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"-")
    row = Row(qid="a", task="t", question="Effusion?", images=["mimic-cxr/a.jpg"], group="medmod")
    before = row.fingerprint
    (placed,) = placed_rows([row], tmp_path)
    assert placed.images == ["medmod/mimic-cxr/a.jpg"]
    assert placed.fingerprint != before
