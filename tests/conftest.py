"""Fixtures that more than one folder of the suite needs."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes depends on what else the machine does; speed is measured in benchmarks/.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Ctrl-C is heard, here and by what the tests start, also where a script's `&` began the suite.

    A shell without job control lets such a process ignore it, and so do its children: tests that
    stop a command would wait for ever.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def open_data() -> Path:
    """The folder of open data (MIMIC-IV demo and others), named by CLINSEEK_OPEN_DATA.

    Without it a test is skipped, but fails where CI is set: there nothing may be left untested.
    """
    named = os.environ.get("CLINSEEK_OPEN_DATA")
    if not named:
        said = "CLINSEEK_OPEN_DATA is not set: the open MIMIC-IV demo is not at hand"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    folder = Path(named)
    if not (folder / "mimic-iv-demo").is_dir():
        pytest.fail(f"CLINSEEK_OPEN_DATA={named} holds no mimic-iv-demo folder")
    return folder


@pytest.fixture(scope="session")
def demo_store(open_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The open demo (hosp, icu, ed) as a store, ingested once a session; never written to."""
    from clinseek.toolkits.ehr.store import ingest

    folders = ("mimic-iv-demo", "mimic-iv-ed-demo", "mimic-iv-demo-derived")
    store = tmp_path_factory.mktemp("demo") / "store"
    ingest([open_data / folder for folder in folders], store)
    return store
