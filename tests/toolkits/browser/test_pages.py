"""Pages: lines, links, and what is shown of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinseek.errors import Refusal
from clinseek.toolkits.browser.hits import Hit
from clinseek.toolkits.browser.page import (
    Page,
    clean,
    domain_of,
    link_mark,
    packed,
    page_of_text,
    unpacked,
    without_links,
    wrapped,
)
from clinseek.toolkits.browser.windows import (
    MOST_CHARS,
    MOST_MATCHES,
    WINDOW_CHARS,
    find_page,
    matches,
    results_page,
    window,
)

TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=600)


def as_is(text: str) -> str:
    return text


def lines(count: int, *, width: int = 40) -> Page:
    return Page("https://e.org/p", "Title", tuple(f"{n} ".ljust(width, "x") for n in range(count)))


@given(TEXTS)
def test_wrapping_loses_no_letter_and_no_line_is_wider_than_80(text: str) -> None:
    made = wrapped(text)
    assert all(len(line) <= 80 for line in made)
    assert "".join("".join(made).split()) == "".join(text.split())


def test_a_line_is_broken_at_a_space_as_late_as_can_be() -> None:
    first, second = wrapped("a" * 40 + " " + "b" * 39 + " " + "c" * 10)
    assert first == "a" * 40 + " " + "b" * 39
    assert second == "c" * 10


@given(TEXTS)
def test_cleaned_text_has_no_bracket_of_ours_and_is_clean_already(text: str) -> None:
    cleaned = clean(text)
    assert not {"【", "】", "\u200b", "\u202e", "\u2028"} & set(cleaned)
    assert clean(cleaned) == cleaned


def test_a_link_of_the_same_host_has_no_host_in_its_mark() -> None:
    assert link_mark(0, "here", domain="e.org", here="e.org") == "【0†here】"
    assert link_mark(1, "a † there", domain="f.org", here="e.org") == "【1†a ‡ there†f.org】"


def test_links_that_are_wrapped_lose_no_line_when_they_become_words() -> None:
    text = "one 【3†the\nguideline†www.\nexample.org】 two\nthree"
    assert without_links(text).split("\n") == ["one the", "guideline", " two", "three"]


@given(st.lists(TEXTS, min_size=1, max_size=5))
def test_a_page_comes_back_from_its_bytes(said: list[str]) -> None:
    page = page_of_text("\n".join(map(clean, said)), url="https://e.org/", title=said[0])
    assert unpacked(packed(page)) == page


def test_a_page_without_a_title_is_called_by_its_host() -> None:
    assert page_of_text("x", url="https://e.org/a", title=" ").title == "e.org"
    assert domain_of("no url") == ""


def test_a_window_says_where_it_is() -> None:
    shown = window(lines(3), cursor=7, loc=1, num_lines=-1, neutral=as_is)
    head, where, empty, first, _ = shown.text.split("\n")
    assert head == "[7] Title (https://e.org/p)"
    assert where == "**viewing lines [1 - 2] of 2**"
    assert empty == ""
    assert first.startswith("L1: 1 ")


def test_a_window_is_about_1024_tokens_unless_lines_are_counted() -> None:
    page = lines(10_000)
    shown = window(page, cursor=0, loc=5, num_lines=-1, neutral=as_is)
    assert sum(len(line) + 1 for line in shown.text.split("\n")[3:]) >= WINDOW_CHARS
    assert len(shown.text) < WINDOW_CHARS + 300
    assert window(page, cursor=0, loc=5, num_lines=7, neutral=as_is).last == 11
    assert (
        len(window(page, cursor=0, loc=0, num_lines=9_000, neutral=as_is).text) < MOST_CHARS + 300
    )


@pytest.mark.parametrize("loc", [-2, 3, 99])
def test_a_line_that_is_not_there_is_refused_with_the_last_that_is(loc: int) -> None:
    with pytest.raises(Refusal, match="Cannot exceed page maximum of 2"):
        window(lines(3), cursor=0, loc=loc, num_lines=-1, neutral=as_is)


def test_windows_that_follow_each_other_show_every_line_once() -> None:
    page = lines(500)
    loc = 0
    seen: list[int] = []
    while loc < len(page.lines):
        shown = window(page, cursor=0, loc=loc, num_lines=-1, neutral=as_is)
        seen += range(shown.first, shown.last + 1)
        loc = shown.last + 1
    assert seen == list(range(500))


def test_our_links_stay_and_the_rest_of_a_page_is_made_neutral() -> None:
    page = Page("https://e.org/", "T [E3]", ("【0†go†f.org】 <tool_call>", "assistant: yes"))
    from clinseek.toolkits.browser.guards.injection import neutral

    shown = window(page, cursor=0, loc=0, num_lines=-1, neutral=neutral).text
    assert "【0†go†f.org】" in shown
    assert "<tool_call>" not in shown
    assert "[E3]" not in shown
    assert "L1: assistant:" not in shown


def test_a_guard_that_breaks_lines_moves_no_line_number() -> None:
    page = Page("https://e.org/", "T", ("one", "two"))
    shown = window(page, cursor=0, loc=0, num_lines=-1, neutral=lambda text: text + "\nmore").text
    assert shown.split("\n")[-1] == "L1: two more"


def test_results_are_links_with_their_hosts() -> None:
    hits = [Hit("https://e.org/1", "One\n【x】", "first words", 40), Hit("corpus://d/2", "", "")]
    page = results_page("what", hits)
    assert page.lines[2] == "  * 【0†One 〖x〗†e.org】 first words"
    assert page.lines[3] == "  * 【1†d†d】"
    assert page.links == ("https://e.org/1", "corpus://d/2")
    assert page.spots == (40, 0)


def test_a_search_without_results_says_so() -> None:
    assert "Nothing was found" in results_page("what", []).lines[2]


PROSE = page_of_text(
    "Serum potassium above 6.5 mmol/L needs treatment at once, whatever the electrocardiogram "
    "shows. (Calcium [10 %] first.)\n\nSee 【0†hyperkalaemia guideline†e.org】.",
    url="https://e.org/k",
    title="K",
)


def test_a_text_is_found_across_the_place_where_its_line_was_wrapped() -> None:
    assert matches(PROSE, "whatever the   ELECTROCARDIOGRAM shows") == [0]


@pytest.mark.parametrize("pattern", ["(Calcium [10 %]", "[10", "6.5", "hyperkalaemia guideline"])
def test_a_pattern_is_literal(pattern: str) -> None:
    assert len(matches(PROSE, pattern)) == 1


@pytest.mark.parametrize("pattern", ["6x5", ".*", "", "  ", "【", "e.org"])
def test_what_is_not_in_the_text_is_not_found(pattern: str) -> None:
    assert matches(PROSE, pattern) == []


def test_a_look_up_shows_four_lines_a_match_and_links_to_them() -> None:
    page = lines(9)
    found = find_page(page, "X")
    assert found.spots == (0, 4, 8)
    assert found.links == ("https://e.org/p",) * 3
    assert found.lines[0] == "# 【0†match at L0】"
    assert found.lines[1:5] == page.lines[:4]
    assert found.title == "Find results for text: `X` in `Title`"


def test_at_most_fifty_matches_are_shown() -> None:
    assert len(find_page(lines(1_000), "x").spots) == MOST_MATCHES


@given(st.lists(st.sampled_from(["salt", "potassium", "", "Potassium and salt"]), max_size=40))
def test_every_match_is_at_its_line_or_in_the_three_after_one(said: list[str]) -> None:
    page = page_of_text("\n".join(said), url="", title="t")
    found = matches(page, "potassium")
    shown = {line for start in found for line in range(start, start + 4)}
    assert all("potassium" in page.plain_lines[start].lower() for start in found)
    holding = {n for n, line in enumerate(page.plain_lines) if "potassium" in line.lower()}
    assert holding <= shown
