"""Finding titles by words and by likeness."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.toolkits.ehr.candidates import (
    Titles,
    fuzzy_matches,
    keyword_matches,
    load_titles,
)
from clinseek.toolkits.ehr.candidates.titles import titles_of

ROWS = [
    ("I509", 10, "Heart failure, unspecified"),
    ("I5023", 10, "Acute on chronic systolic (congestive) heart failure"),
    ("Z941", 10, "Heart transplant status"),
    ("E119", 10, "Type 2 diabetes mellitus without complications"),
    ("E109", 10, "Type 1 diabetes mellitus without complications"),
    ("25000", 9, "Diabetes mellitus"),
    ("K219", 10, "Heartburn"),
    ("5739", 9, "Heartburn"),
]
TITLES = titles_of(("icd_code", "icd_version", "candidate"), list(ROWS), title="candidate")


def _found(keyword: str) -> list[str]:
    return [TITLES.titles[match.place] for match in keyword_matches(TITLES, keyword)]


def _alike(keyword: str, *, limit: int = 5, threshold: float = 0.0) -> list[str]:
    found = fuzzy_matches(TITLES, keyword, limit=limit, threshold=threshold)
    return [TITLES.titles[match.place] for match in found]


def test_all_words_must_occur_in_any_order_and_case() -> None:
    assert _found("FAILURE heart") == [
        "Acute on chronic systolic (congestive) heart failure",
        "Heart failure, unspecified",
    ]
    assert _found("heart diabetes") == []


def test_the_title_itself_comes_first_then_beginnings_then_words_then_parts() -> None:
    assert _found("heart") == [
        "Heart failure, unspecified",
        "Heart transplant status",
        "Heartburn",
        "Acute on chronic systolic (congestive) heart failure",
    ]
    assert _found("diabetes mellitus")[0] == "Diabetes mellitus"
    assert _found("eart") == sorted(_found("heart"))


def test_a_code_or_its_beginning_finds_its_title() -> None:
    assert _found("i5023") == ["Acute on chronic systolic (congestive) heart failure"]
    assert _found("E11") == ["Type 2 diabetes mellitus without complications"]
    assert _found("5739") == ["Heartburn"]


@pytest.mark.parametrize("keyword", [".*", "heart|diabetes", "^Heart", "%", "", "  ", "\\"])
def test_no_character_is_special(keyword: str) -> None:
    assert _found(keyword) == []
    assert _found("(congestive)") == ["Acute on chronic systolic (congestive) heart failure"]


def test_a_title_of_several_codes_is_found_once_with_all_its_rows() -> None:
    (match,) = keyword_matches(TITLES, "heartburn")
    assert TITLES.rows[match.place] == (("K219", 10), ("5739", 9))


@given(st.text(max_size=12))
def test_keyword_search_finds_what_a_plain_reading_finds(keyword: str) -> None:
    words = keyword.lower().split()
    plain = {
        title
        for title in TITLES.titles
        for code, _, borne in ROWS
        if borne == title and words
        and all(word in f"{title.lower()}\t{code.lower()}\t10\t9" for word in words)
    }  # fmt: skip
    assert set(_found(keyword)) <= plain
    if all(len(word) > 2 for word in words):
        assert set(_found(keyword)) == plain


def test_misspellings_and_other_orders_of_words_find_their_title() -> None:
    assert _alike("heart faliure unspecified")[0] == "Heart failure, unspecified"
    assert _alike("diabetes mellitus type 2 without complications")[0] == (
        "Type 2 diabetes mellitus without complications"
    )


def test_likeness_gives_the_wished_number_best_first_equals_by_title() -> None:
    assert len(_alike("x")) == 5
    assert len(_alike("x", limit=2)) == 2
    assert _alike("  ") == []
    scores = [match.score for match in fuzzy_matches(TITLES, "heart", limit=8)]
    assert scores == sorted(scores, reverse=True)
    twins = titles_of(("candidate",), [("ab",), ("ba",), ("zz",)], title="candidate")
    assert [m.place for m in fuzzy_matches(twins, "xx")] == [0, 1, 2]


def test_a_threshold_keeps_out_what_is_not_alike() -> None:
    assert _alike("Heartburn", threshold=99.0) == ["Heartburn"]
    assert _alike("qqqq", threshold=50.0) == []


def _vocabulary(file: Path, *titles: str) -> Path:
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE x_candidates (candidate TEXT)")
        connection.executemany("INSERT INTO x_candidates VALUES (?)", [(t,) for t in titles])
        connection.commit()
    return file


def test_titles_are_loaded_once_and_again_when_the_file_is_another(tmp_path: Path) -> None:
    file = _vocabulary(tmp_path / "v.sqlite", "a", "b")
    loaded = load_titles(file, "x_candidates")
    assert isinstance(loaded, Titles)
    assert loaded.titles == ("a", "b")
    assert load_titles(file, "x_candidates") is loaded
    other = _vocabulary(tmp_path / "new.sqlite", "c", "d", "e")
    other.replace(file)
    assert load_titles(file, "x_candidates").titles == ("c", "d", "e")


def test_a_table_or_title_column_that_is_not_there_is_a_key_error(tmp_path: Path) -> None:
    file = _vocabulary(tmp_path / "v.sqlite", "a")
    with pytest.raises(KeyError):
        load_titles(file, "absent")
    with pytest.raises(KeyError):
        load_titles(file, "x_candidates", title="absent")
