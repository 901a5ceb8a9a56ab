from pathlib import Path
from typing import Any, Protocol

import pytest
from langchain_core.language_models import BaseChatModel

from clinseek import api
from clinseek.records import Record
from tests.graphs.doubles import CUTOFF, SUBJECT, Turn, Ward, scripted


class Ask(Protocol):
    def __call__(self, *turns: Turn, **options: Any) -> Record: ...


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("CLINSEEK_HOME", str(place))
    monkeypatch.delenv("CLINSEEK_STORE", raising=False)
    return place


@pytest.fixture
def ward(tmp_path: Path, home: Path) -> Ward:
    return Ward(tmp_path)


@pytest.fixture
def ask(ward: Ward) -> Ask:
    """Ask the ward a question of a model that says these turns, or of the `model` given.

    With a `spec` the model goes by that name.
    """

    def asked(
        *turns: Turn, model: BaseChatModel | None = None, spec: str = "offline", **options: Any
    ) -> Record:
        speaker = model or scripted(*turns)
        settings: dict[str, Any] = {
            "model": spec,
            "subject_id": SUBJECT,
            "cutoff": CUTOFF,
            "store": ward.folder,
            "means": ward.means(speaker),
            **options,
        }
        return api.ask(settings.pop("question", "What was the latest potassium?"), **settings)

    return asked
