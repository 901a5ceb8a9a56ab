"""The offline backend: corpora of the user's own, found by what they say."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinseek.errors import SettingError
from clinseek.toolkits.browser.backends.offline import OfflineWeb
from clinseek.toolkits.browser.backends.offline.index import PASSAGE_CHARS, passages_of
from clinseek.toolkits.browser.backends.offline.web import snippet
from clinseek.toolkits.browser.backends.offline.words import related_to, words_of
from clinseek.toolkits.browser.hits import Failed, Fetched, Hit
from clinseek.toolkits.browser.page import page_of_text
from clinseek.toolkits.browser.reading import page_of
from tests.toolkits.browser.servers import GUIDELINE, pdf
from tests.toolkits.browser.webs import session


def found(web: OfflineWeb, query: str, topn: int = 5) -> list[Hit]:
    hits = web.search(query, topn)
    assert not isinstance(hits, Failed)
    return list(hits)


def read(web: OfflineWeb, url: str) -> Fetched:
    fetched = web.fetch(url)
    assert isinstance(fetched, Fetched), fetched
    return fetched


def rows(path: Path, *listed: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in listed))
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "ward"
    (folder / "deep").mkdir(parents=True)
    (folder / "hyperkalaemia.html").write_text(GUIDELINE)
    (folder / "deep" / "warfarin notes.pdf").write_bytes(pdf("Stop warfarin before surgery"))
    (folder / "sodium.md").write_text("# Sodium\n\nHyponatraemia is mostly too much water.\n")
    (folder / "ignored.bin").write_bytes(b"\0")
    rows(folder / "rows.jsonl", {"id": 7, "title": "Lactate", "text": "Lactate above 4 is high."})
    return folder


def test_the_demo_corpus_answers_what_a_potassium_means(tmp_path: Path) -> None:
    web = OfflineWeb(folder=tmp_path)
    best = found(web, "what does a potassium of 6.7 mmol/L mean?")[0]
    assert best.url == "corpus://demo/potassium.md"
    assert "6.5 and above" in "\n".join(page_of(read(web, best.url)).lines)


def test_every_page_of_the_demo_corpus_says_that_it_is_no_advice(tmp_path: Path) -> None:
    web = OfflineWeb(folder=tmp_path)
    hits = found(web, "demonstration corpus medical advice", 50)
    assert len(hits) == 9
    for hit in hits:
        assert "Not medical advice" in read(web, hit.url).body.decode()


@pytest.mark.parametrize(
    ("query", "url", "title"),
    [
        ("calcium gluconate dose", "corpus://ward/hyperkalaemia.html", "Hyperkalaemia: management"),
        ("warfarin surgery", "corpus://ward/deep/warfarin%20notes.pdf", "warfarin notes"),
        ("too much water", "corpus://ward/sodium.md", "Sodium"),
        ("high lactate", "corpus://ward/rows.jsonl/7", "Lactate"),
    ],
)
def test_files_and_rows_of_a_folder_are_found_and_opened(
    tmp_path: Path, corpus: Path, query: str, url: str, title: str
) -> None:
    web = OfflineWeb([corpus], folder=tmp_path / "index")
    best = found(web, query)[0]
    assert best.url == url
    assert best.title.startswith(title)
    assert page_of(read(web, url)).lines


def test_rows_keep_their_urls_and_those_that_share_one_are_told_apart(tmp_path: Path) -> None:
    path = rows(
        tmp_path / "c.jsonl",
        {"id": "a", "url": "https://e.org/k", "question": "What is K?", "answer": "Potassium."},
        {"id": "b", "url": "https://e.org/k", "question": "Why K?", "answer": "Kalium potassium."},
    )
    web = OfflineWeb([path], folder=tmp_path / "index")
    assert {hit.url for hit in found(web, "potassium")} == {"https://e.org/k", "https://e.org/k#b"}
    assert read(web, "https://e.org/k#b").body == b"Kalium potassium."


def test_a_passage_of_a_long_document_opens_at_its_lines(tmp_path: Path) -> None:
    said = "\n\n".join(f"## Part {n}\n\n" + f"Words about thing{n}. " * 60 for n in range(30))
    (tmp_path / "long.md").write_text(said)
    web = OfflineWeb([tmp_path / "long.md"], folder=tmp_path / "index")
    best = found(web, "thing17")
    assert len(best) == 1, "one document is one hit"
    lines = page_of(read(web, best[0].url)).lines
    assert any("thing17" in line for line in lines[best[0].line : best[0].line + 60])
    run = session(web, tmp_path / "web.sqlite")
    from clinseek.toolkits.browser.arguments import Open, Search

    run.call(Search, {"query": "thing17"})
    assert "thing17" in run.call(Open, {"id": 0})[0]


def test_at_most_topn_documents_are_found(tmp_path: Path) -> None:
    web = OfflineWeb(folder=tmp_path)
    assert len(found(web, "blood", 2)) == 2
    assert len(found(web, "blood", 1)) == 1


@pytest.mark.parametrize(
    "query", ["(", '"', "AND OR NOT", "a:b^2~", "[1 TO 3]", "\\", "", "🙂", "+-*?", "/x/", "in"]
)
def test_no_query_is_a_fault(tmp_path: Path, query: str) -> None:
    assert isinstance(OfflineWeb(folder=tmp_path).search(query, 5), list)


def test_any_query_finds_the_same_again(tmp_path: Path) -> None:
    web = OfflineWeb(folder=tmp_path)

    @settings(deadline=None, max_examples=50)
    @given(st.text(max_size=40))
    def same(query: str) -> None:
        assert web.search(query, 5) == web.search(query, 5)

    same()


def test_an_unknown_page_is_told(tmp_path: Path) -> None:
    failed = OfflineWeb(folder=tmp_path).fetch("https://e.org/")
    assert isinstance(failed, Failed)
    assert "the offline corpus has no page https://e.org/" in failed.sentence


def test_the_index_is_built_once_and_again_when_the_corpus_changes(
    tmp_path: Path, corpus: Path
) -> None:
    one = OfflineWeb([corpus], folder=tmp_path / "index")
    again = OfflineWeb([corpus], folder=tmp_path / "index")
    assert one.name == again.name
    assert len(_built(tmp_path / "index")) == 1
    (corpus / "new.txt").write_text("Something about lithium.")
    other = OfflineWeb([corpus], folder=tmp_path / "index")
    assert other.name != one.name
    assert found(other, "lithium")
    assert len(_built(tmp_path / "index")) == 2


def test_the_name_of_a_corpus_does_not_depend_on_where_it_lies(
    tmp_path: Path, corpus: Path
) -> None:
    moved = tmp_path / "elsewhere" / corpus.name
    moved.parent.mkdir()
    corpus_name = OfflineWeb([corpus], folder=tmp_path / "index").name
    corpus.rename(moved)
    assert OfflineWeb([moved], folder=tmp_path / "index").name == corpus_name


def test_those_who_need_an_index_at_once_build_it_once(tmp_path: Path, corpus: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        webs = list(
            threads.map(lambda _: OfflineWeb([corpus], folder=tmp_path / "index"), range(4))
        )
    assert len(_built(tmp_path / "index")) == 1
    assert all(found(web, "warfarin") for web in webs)


def test_packed_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"title": "T", "text": "lithium"}\n'))
    assert found(OfflineWeb([path], folder=tmp_path / "index"), "lithium")[0].title == "T"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("c.jsonl", b"{broken\n", "line 1: not JSON"),
        ("c.jsonl", b'\n{"title": "x"}\n', "line 2: no text"),
        ("c.jsonl", b"[1]\n", "line 1: no text"),
        ("c.jsonl", b"\xff\xfe\n", "cannot be read"),
        ("c.jsonl.gz", b"not packed", "cannot be read"),
        ("c.docx", b"x", "holds no .jsonl, .txt, .md, .html or .pdf file"),
    ],
)
def test_a_corpus_that_cannot_be_read_is_told_and_leaves_no_index(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingError, match=sentence):
        OfflineWeb([tmp_path / name], folder=tmp_path / "index")
    assert not _built(tmp_path / "index")


def test_an_unreadable_file_among_others_is_left_out(tmp_path: Path, corpus: Path) -> None:
    (corpus / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    web = OfflineWeb([corpus], folder=tmp_path / "index")
    assert found(web, "calcium gluconate")
    assert not [hit for hit in found(web, "broken", 50) if hit.url.endswith("broken.pdf")]


def test_an_index_that_cannot_be_written_is_told(tmp_path: Path, corpus: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingError, match="cannot be written"):
        OfflineWeb([corpus], folder=tmp_path / "file")


def test_words_that_say_nothing_are_left_out_unless_there_are_no_others() -> None:
    assert words_of("What are the treatments for Anemia, for anemia?") == ["treatments", "anemia"]
    assert words_of("what is it") == ["what", "is", "it"]
    assert "therapy" in related_to(["treatments", "anemia"])
    assert "anaemia" in related_to(["anemia"])
    assert related_to(["anemia", "anaemia", "haemoglobin", "hemoglobin"]) == []


def test_a_snippet_is_the_sentence_that_says_most() -> None:
    text = "Salt is salt. Potassium rises when the kidney fails. " + "More of it. " * 60
    assert snippet(text, ["potassium", "kidney"]).startswith("Potassium rises")
    assert len(snippet(text, ["potassium"])) == 300
    assert snippet("", ["x"]) == ""


@given(st.lists(st.text("ab #", max_size=90), min_size=1, max_size=200))
def test_passages_hold_every_line_once(lines: list[str]) -> None:
    page = page_of_text("\n".join(lines), url="", title="t")
    passages = list(passages_of(page))
    together = "".join("".join(text.split()) for _, text in passages)
    assert together == "".join("".join(line.split()) for line in page.plain_lines)
    for line, text in passages:
        assert text.split("\n")[0] == page.plain_lines[line]
        assert len(text) <= PASSAGE_CHARS + 82


def _built(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*") if path.is_dir()]
