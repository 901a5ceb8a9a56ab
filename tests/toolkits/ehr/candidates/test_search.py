"""Finding titles by words and by likeness, and by both."""

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.toolkits.ehr.candidates import (
    KeywordMode,
    Match,
    fused,
    fuzzy_matches,
    hybrid_matches,
    keyword_matches,
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


def _found(keyword: str, *, mode: KeywordMode = "words") -> list[str]:
    found = keyword_matches(TITLES, keyword, mode=mode)
    assert found.total == len(found.matches)
    return [TITLES.titles[match.place] for match in found.matches]


def _alike(keyword: str, *, limit: int = 5, threshold: float = 0.0) -> list[str]:
    (found,) = fuzzy_matches(TITLES, [keyword], limit=limit, threshold=threshold)
    return [TITLES.titles[match.place] for match in found]


def test_all_words_must_occur_in_any_order_and_case() -> None:
    assert _found("FAILURE heart") == [
        "Heart failure, unspecified",
        "Acute on chronic systolic (congestive) heart failure",
    ]
    assert _found("heart diabetes") == []


def test_the_title_itself_comes_first_then_beginnings_then_words_then_parts_of_words() -> None:
    assert _found("heart") == [
        "Heart transplant status",
        "Heart failure, unspecified",
        "Acute on chronic systolic (congestive) heart failure",
        "Heartburn",
    ]
    assert _found("diabetes mellitus")[0] == "Diabetes mellitus"
    assert sorted(_found("eart")) == sorted(_found("heart"))


def test_a_code_or_its_beginning_finds_its_title() -> None:
    assert _found("i5023") == ["Acute on chronic systolic (congestive) heart failure"]
    assert _found("E11") == ["Type 2 diabetes mellitus without complications"]
    assert _found("5739") == ["Heartburn"]


@pytest.mark.parametrize("keyword", [".*", "heart|diabetes", "^Heart", "%", "", "  ", "\\"])
def test_no_character_is_special(keyword: str) -> None:
    assert _found(keyword) == []
    assert _found("(congestive)") == ["Acute on chronic systolic (congestive) heart failure"]


def test_a_title_of_several_codes_is_found_once_with_all_its_rows() -> None:
    (match,) = keyword_matches(TITLES, "heartburn").matches
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
    scores = [match.score for match in fuzzy_matches(TITLES, ["heart"], limit=8)[0]]
    assert scores == sorted(scores, reverse=True)
    twins = titles_of(("candidate",), [("ab",), ("ba",), ("zz",)], title="candidate")
    assert [m.place for m in fuzzy_matches(twins, ["xx"])[0]] == [0, 1, 2]


def test_a_threshold_keeps_out_what_is_not_alike() -> None:
    assert _alike("Heartburn", threshold=99.0) == ["Heartburn"]
    assert _alike("qqqq", threshold=50.0) == []


def test_a_code_is_found_with_or_without_its_dot() -> None:
    assert _found("I50.9") == _found("i509") == ["Heart failure, unspecified"]
    assert _found("250.00", mode="code") == ["Diabetes mellitus"]


def test_a_number_with_a_dot_is_a_code_only_where_codes_are() -> None:
    rows = [(225000, "Pressure"), (25000, "Flow"), (7, "Glucose 250.00 mg")]
    items = titles_of(("itemid", "candidate"), rows, title="candidate")
    for mode in get_args(KeywordMode):
        found = keyword_matches(items, "250.00", mode=mode).matches
        named = [items.titles[match.place] for match in found]
        assert named == (["Glucose 250.00 mg"] if mode in ("words", "phrase") else [])


def test_a_phrase_a_beginning_and_a_code_may_be_asked_for() -> None:
    assert _found("heart failure", mode="phrase") == [
        "Heart failure, unspecified",
        "Acute on chronic systolic (congestive) heart failure",
    ]
    assert _found("failure heart", mode="phrase") == []
    assert _found("heart", mode="prefix") == [
        "Heart transplant status", "Heart failure, unspecified", "Heartburn",
    ]  # fmt: skip
    assert _found("50", mode="code") == []
    assert _found("I50", mode="code") == [
        "Heart failure, unspecified",
        "Acute on chronic systolic (congestive) heart failure",
    ]


def test_a_page_is_a_part_of_the_whole_list() -> None:
    whole = keyword_matches(TITLES, "heart").matches
    for offset in range(5):
        page = keyword_matches(TITLES, "heart", limit=2, offset=offset)
        assert page.total == 4
        assert page.matches == whole[offset : offset + 2]


def test_an_abbreviation_is_written_out() -> None:
    assert _alike("t2dm")[0] == "Type 2 diabetes mellitus without complications"
    assert _alike("CHF")[0] == "Acute on chronic systolic (congestive) heart failure"


def test_british_spelling_and_words_written_as_one_find_their_title() -> None:
    titles = titles_of(
        ("candidate",), [("Edema of larynx",), ("Eczema",), ("Heart failure",)], title="candidate"
    )
    for asked, wanted in (("oedema of larynx", 0), ("heartfailure", 2)):
        (found,) = fuzzy_matches(titles, [asked], limit=1)
        assert titles.titles[found[0].place] == sorted(titles.titles)[1 if wanted == 0 else 2]


@given(st.lists(st.text(max_size=20), max_size=4))
def test_several_keywords_find_what_each_finds_alone(keywords: list[str]) -> None:
    together = fuzzy_matches(TITLES, keywords)
    assert together == [fuzzy_matches(TITLES, [keyword])[0] for keyword in keywords]
    assert all(0 <= m.score <= 100 for found in together for m in found)


def test_fusion_adds_reciprocal_ranks_and_breaks_ties_by_title() -> None:
    first, second = [Match(3, 9.0), Match(1, 8.0)], [Match(1, 0.9), Match(3, 0.8)]
    found = fused([first, second], limit=5)
    assert [match.place for match in found] == [1, 3]
    assert math.isclose(found[0].score, 1 / 61 + 1 / 62, abs_tol=1e-6)


def test_hybrid_search_without_a_model_is_keyword_and_fuzzy_search() -> None:
    (found,) = hybrid_matches(TITLES, ["heartburn"], limit=2)
    assert TITLES.titles[found[0].place] == "Heartburn"
