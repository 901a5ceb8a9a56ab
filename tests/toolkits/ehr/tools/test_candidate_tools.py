"""Searching the fixed wordings that answers use."""

import pytest

from tests.toolkits.ehr.tools.small_case import Call, table_of


def test_a_keyword_lists_one_line_a_wording_with_its_codes(call: Call) -> None:
    text, seen = call(
        "get_candidates_by_keyword", table_name="labevents_candidates", keyword="creat"
    )
    assert table_of(text) == [
        {"candidate": "Creatinine", "itemid": "50912, 51082", "fluid": "Blood, Urine",
         "category": "Chemistry"},
    ]  # fmt: skip
    assert seen.tables == ("labevents_candidates",)
    assert "entries 1-1 of 1 with 'creat'" in text


@pytest.mark.parametrize(
    ("keyword", "found"),
    [("(50%", ["Hematocrit (50%)"]), ("blood chem", ["Potassium", "Creatinine"]),
     ("50971", ["Potassium"]), (".*", []), ("%", ["Hematocrit (50%)"])],
)  # fmt: skip
def test_a_keyword_is_literal_and_searches_codes_and_categories(
    call: Call, keyword: str, found: list[str]
) -> None:
    text, seen = call("get_candidates_by_keyword", table_name="labevents", keyword=keyword)
    assert not seen.refused
    assert ([row["candidate"] for row in table_of(text)] if found else []) == found
    if not found:
        assert "ehr.get_candidates_by_fuzzy_matching" in text


def test_a_misspelling_finds_the_nearest_wording(call: Call) -> None:
    text, _ = call(
        "get_candidates_by_fuzzy_matching",
        table_name="labevents_candidates",
        keywords=["creatinnine", "potasium"],
    )
    rows = table_of(text)
    best = {row["keyword"]: row["candidate"] for row in reversed(rows)}
    assert best == {"creatinnine": "Creatinine", "potasium": "Potassium"}
    assert len(rows) == 6


def test_one_keyword_may_be_a_plain_text(call: Call) -> None:
    asked = {"table_name": "labevents_candidates"}
    assert call("get_candidates_by_fuzzy_matching", keywords="k", **asked) == call(
        "get_candidates_by_fuzzy_matching", keywords=["k"], **asked
    )


def test_the_modes_of_a_keyword_are_literal_too(call: Call) -> None:
    asked = {"table_name": "labevents", "keyword": "chem blood"}
    assert "no entry holds" in call("get_candidates_by_keyword", mode="phrase", **asked)[0]
    text, _ = call(
        "get_candidates_by_keyword", table_name="labevents", keyword="hem", mode="prefix"
    )
    assert [row["candidate"] for row in table_of(text)] == ["Hematocrit (50%)"]
    refused = call("get_candidates_by_keyword", mode="regex", **asked)
    assert refused[1].refused
    assert "'words', 'phrase', 'prefix' or 'code'" in refused[0]


def test_a_threshold_leaves_out_what_is_not_alike_and_says_so(call: Call) -> None:
    text, seen = call(
        "get_candidates_by_fuzzy_matching",
        table_name="labevents", keywords=["creatinine", "xylophone"], threshold=80,
    )  # fmt: skip
    assert not seen.refused
    assert [row["candidate"] for row in table_of(text)] == ["Creatinine"]
    assert "nothing for 'xylophone'" in text


def test_hybrid_search_ranks_all_searches_as_one(call: Call) -> None:
    text, _ = call(
        "get_candidates_by_fuzzy_matching",
        table_name="labevents", keywords="potassium", mode="hybrid", limit=1,
    )  # fmt: skip
    assert [row["candidate"] for row in table_of(text)] == ["Potassium"]


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("get_candidates_by_keyword", {"keyword": " "}, "the keyword is empty"),
        ("get_candidates_by_fuzzy_matching", {"keywords": ["", " "]}, "no keyword"),
        ("get_candidates_by_fuzzy_matching", {"keywords": []}, "no keyword"),
        ("get_candidates_by_fuzzy_matching", {"keywords": ["a"] * 10_000}, "at most 50 items"),
        ("get_candidates_by_fuzzy_matching", {"keywords": "a" * 2_000}, "at most 1,000 characters"),
    ],
)
def test_nothing_or_too_much_is_refused_with_a_sentence(
    call: Call, name: str, asked: dict[str, object], said: str
) -> None:
    text, seen = call(name, table_name="labevents", **asked)
    assert seen.refused
    assert said in text


@pytest.mark.parametrize("name", ["get_candidates_by_keyword", "get_candidates_by_fuzzy_matching"])
def test_an_unknown_candidate_table_names_those_there_are(call: Call, name: str) -> None:
    words = "keyword" if name.endswith("keyword") else "keywords"
    text, seen = call(name, table_name="lab_candidates", **{words: "x"})
    assert seen.refused
    assert "did you mean labevents_candidates?" in text
    assert call(name, table_name="d_labitems", **{words: "x"})[1].refused


def test_pages_of_candidates_say_where_to_go_on(call: Call) -> None:
    asked = {"table_name": "labevents", "keyword": "blood", "limit": 1}
    first, _ = call("get_candidates_by_keyword", **asked)
    assert "entries 1-1 of 3 with 'blood'; give more words or page with offset=1" in first
    second, _ = call("get_candidates_by_keyword", offset=2, **asked)
    assert "entries 3-3 of 3" in second
    assert "no entry at offset 3 of 3" in call("get_candidates_by_keyword", offset=3, **asked)[0]
