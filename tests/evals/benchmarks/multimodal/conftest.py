"""One synthetic cohort with films, its store, and source folders over a few of its patients."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from clinseek.evals.benchmarks.multimodal import Rebuilt, rebuild_multimodal
from clinseek.toolkits.ehr.store import ingest
from clinseek.toolkits.ehr.synthetic import synthesise
from tests.cli.conftest import CommandLine
from tests.evals.benchmarks.multimodal.source_folders import (
    drawn_studies,
    raw_rows,
    write_ehrxqa,
    write_medmod,
)

PER_TASK = 3
STUDIES_A_PATIENT = 3
ASKED = (10764812, 19427798, 18411271)
"""Patients with films in intensive care."""


@dataclass(frozen=True)
class Cohort:
    """Where everything lies, and the studies that EHRXQA's questions are about."""

    raw: Path
    store: Path
    ehrxqa: Path
    medmod: Path
    studies: list[dict[str, Any]]

    @property
    def cxr(self) -> Path:
        return self.raw / "cxr"


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    pytest.importorskip("PIL", reason="needs Pillow")
    place = tmp_path_factory.mktemp("sources")
    raw = place / "raw"
    synthesise(raw, patients=12, seed=7, images=True)
    ingest([raw], place / "store", codes=raw / "codes")
    studies = [
        study
        for subject_id in ASKED
        for study in [each for each in drawn_studies(raw) if each["subject_id"] == subject_id][
            :STUDIES_A_PATIENT
        ]
    ]
    return Cohort(
        raw,
        place / "store",
        write_ehrxqa(place / "ehrxqa-1.0.0", studies),
        write_medmod(place / "MedMod", raw, raw_rows(raw, "icu/icustays")),
        studies,
    )


@pytest.fixture(scope="session")
def rebuilt(cohort: Cohort, tmp_path_factory: pytest.TempPathFactory) -> Rebuilt:
    """The benchmark made of both sources; never written to."""
    return rebuild_multimodal(
        ehrxqa=cohort.ehrxqa, medmod=cohort.medmod, cxr=[cohort.cxr], store=cohort.store,
        out=tmp_path_factory.mktemp("rebuilt") / "mm", per_task=PER_TASK,
    )  # fmt: skip


@pytest.fixture
def copied(cohort: Cohort, tmp_path: Path) -> Cohort:
    """The same with source folders that a test may break."""
    shutil.copytree(cohort.ehrxqa, tmp_path / "ehrxqa")
    shutil.copytree(cohort.medmod, tmp_path / "medmod")
    return Cohort(
        cohort.raw, cohort.store, tmp_path / "ehrxqa", tmp_path / "medmod", cohort.studies
    )


@pytest.fixture
def clinseek(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> CommandLine:
    """The command line, with a home of its own and no option from the environment."""
    monkeypatch.setenv("CLINSEEK_HOME", str(tmp_path / "home"))
    for name in ("STORE", "MODEL", "PROFILE", "TRACEBACK"):
        monkeypatch.delenv(f"CLINSEEK_{name}", raising=False)
    return CommandLine(capsys)
