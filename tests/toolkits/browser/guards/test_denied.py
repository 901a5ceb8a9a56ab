"""Pages that an evaluation keeps closed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.toolkits.browser.guards import denied
from clinseek.toolkits.browser.guards.denied import DenyList

SHIPPED = DenyList.shipped()

CLOSED = [
    "https://huggingface.co/datasets/UCSC-VLAA/ClinSeek-Bench",
    "https://huggingface.co/datasets/x/ClinSeek-Bench/resolve/main/ClinSeek-Bench_text.json",
    "https://hf-mirror.com/datasets/x/mimic-iv",
    *("https://hf.co/datasets/x/EHR-Bench", "https://hf.co/datasets/x/mimic-iv"),
    "https://web.archive.org/web/2026/https://hf.co/datasets/x/ClinSeek-Bench",
    "https://cdn-lfs.huggingface.co/datasets/x/mimic_notes/a.parquet",
    "https://github.com/x/ClinSeekAgent/blob/main/README.md",
    "https://raw.githubusercontent.com/x/AgentEHR/main/a.json",
    "https://arxiv.org/abs/2605.20176",
    "https://arxiv.org/pdf/2605.20176v2.pdf",
    "https://export.arxiv.org/abs/2605.20176",
    "https://www.alphaxiv.org/abs/2605.20176",
    "https://doi.org/10.48550/arXiv.2605.20176",
    "https://physionet.org/content/mimiciv/3.1/",
    "https://physionet.org/files/mimic-cxr/2.0.0/",
    "https://physionet.org/content/ehrxqa/1.0.0/",
    "https://physionet-open.s3.amazonaws.com/mimic-iv-demo/2.2/hosp/labevents.csv.gz",
    "https://www.kaggle.com/datasets/x/mimic-iv",
]


@pytest.mark.parametrize("url", CLOSED)
def test_pages_of_benchmarks_and_records_are_closed(url: str) -> None:
    said = SHIPPED.check(url)
    assert said is not None
    assert said.startswith("not opened: this page is closed in an evaluation (")


@pytest.mark.parametrize(
    "disguise",
    [
        "{}#results",
        "{}?download=true",
        "https://web.archive.org/web/2026id_/{}",
        "https://r.jina.ai/{}",
        "https://www.google.com/url?q={}",
        "https://translate.google.com/translate?sl=en&u={}",
        "https://webcache.googleusercontent.com/search?q=cache:{}",
        "https://12ft.io/proxy?q={}",
    ],
)
@pytest.mark.parametrize("url", CLOSED)
def test_another_pages_address_does_not_open_them(url: str, disguise: str) -> None:
    assert SHIPPED.why(disguise.format(url)) is not None
    assert SHIPPED.why(disguise.format(url.removeprefix("https://"))) is not None


@pytest.mark.parametrize(
    "url",
    [
        "HTTPS://HUGGINGFACE.CO/DATASETS/X/CLINSEEK-BENCH",
        "https://huggingface.co./datasets/x/clinseek-bench",
        "https://huggingface.co:443/datasets/x/clinseek-bench",
        "https://huggingface.co//datasets//x/clinseek-bench",
        "https://huggingface.co/models/../datasets/x/clinseek-bench",
        "https://huggingface.co/%64atasets/x/%63linseek-bench",
        "https://huggingface.co/%2564atasets/x/mimic",
        "https://huggingface-co.translate.goog/datasets/x/mimic-iv?_x_tr_sl=en",
        "https://hf--mirror-com.translate.goog/datasets/x/mimic-iv",
        "https://www.google.com/url?q=https%3A%2F%2Fhuggingface.co%2Fdatasets%2Fx%2Fmimic",
    ],
)
def test_another_spelling_of_an_address_does_not_open_it(url: str) -> None:
    assert SHIPPED.why(url) is not None


@pytest.mark.parametrize(
    "url",
    [
        "https://www.nlm.nih.gov/medlineplus/a1c.html",
        "https://pubmed.ncbi.nlm.nih.gov/31234567/",
        "https://arxiv.org/abs/2303.08774",
        "https://huggingface.co/Qwen/Qwen3-8B",
        "https://huggingface.co/datasets/medquad",
        "https://physionet.org/about/",
        "https://github.com/langchain-ai/langgraph",
        "https://nothuggingface.co/datasets/x/mimic",
        "https://www.kaggle.com/learn",
        "https://mimic.mit.edu/docs/iv/modules/hosp/labevents/",
        "https://www.bmj.com/content/mimics-of-cellulitis",
        "https://www.google.com/search?q=stroke+mimic",
        "",
    ],
)
def test_other_pages_stay_open(url: str) -> None:
    assert SHIPPED.check(url, title="Hyperkalaemia: stroke mimics and EHR alerts") is None


def test_a_copy_on_an_unknown_host_is_known_by_its_title() -> None:
    assert SHIPPED.why("https://mirror.example.org/1", title="ClinSeek-Bench \u2013 Datasets")


LISTED = Path(denied.__file__).with_name("denied.txt")
PATTERNS = [
    line.partition(" | ")[0]
    for line in LISTED.read_text(encoding="utf-8").splitlines()
    if "/" in line.partition("|")[0] and not line.startswith("#")
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_shipped_rule_closes_the_page_that_it_names(pattern: str) -> None:
    assert DenyList.read(LISTED).why(f"https://{pattern.replace('*', 'someone/the-')}/v1")


def test_a_list_of_ones_own_closes_what_it_names(tmp_path: Path) -> None:
    listed = tmp_path / "closed.txt"
    listed.write_text("# ours\n\nwiki.example.org/answers | the answers\n")
    own = DenyList.read(listed)
    assert own.why("https://wiki.example.org/answers/1") == "the answers"
    assert own.why("https://wiki.example.org/questions") is None


@pytest.mark.parametrize("line", ["example.org/x", "example.org | why", "example.org/x |", "| why"])
def test_a_line_that_is_no_rule_is_named(line: str, tmp_path: Path) -> None:
    listed = tmp_path / "closed.txt"
    listed.write_text(f"# a\n{line}\n")
    with pytest.raises(SettingError, match=r"closed\.txt, line 2"):
        DenyList.read(listed)


def test_a_list_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be read"):
        DenyList.read(tmp_path / "none.txt")


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert SHIPPED.why(text) is None or isinstance(SHIPPED.why(text), str)
