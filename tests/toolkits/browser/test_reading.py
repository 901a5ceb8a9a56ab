"""From bytes to lines: HTML, PDF, text, and what is none of them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinseek.errors import Refusal
from clinseek.toolkits.browser.hits import Fetched
from clinseek.toolkits.browser.page import Page
from clinseek.toolkits.browser.reading import page_of, source_of
from clinseek.toolkits.browser.reading.charset import decoded
from tests.toolkits.browser.servers import GUIDELINE, pdf

URL = "https://www.example.org/guideline"


def read(html: str, *, url: str = URL) -> Page:
    return page_of(Fetched(url, "text/html; charset=utf-8", html.encode()))


def body_of(html: str) -> str:
    return "\n".join(read(f"<main>{html}</main>").lines)


def test_a_guideline_keeps_its_headings_lists_table_and_links() -> None:
    page = read(GUIDELINE)
    assert page.title == "Hyperkalaemia: management | Guideline"
    assert "\n".join(page.lines) == (
        "# Hyperkalaemia: management\n\n"
        "Serum K^{+} of 6.5 mmol/L or more is an emergency (【0†the evidence】). Platelets\n"
        "above 1000 \u00d7 10^{9}/L can mislead.\n\n"
        "Repeat the sample.\n\n"
        "## Treatment\n\n"
        "  * Protect the heart\n    * calcium\n  * Shift potassium\n\n"
        "  1. Record an ECG\n  2. Give calcium\n\n"
        "| Doses |\n"
        "| Aim | Drug | Dose |\n"
        "| Protect the heart | Calcium chloride 10 % | 10 mL |\n"
        "| Protect the heart | Calcium gluconate 10 % | 30 mL |\n"
        "| Shift | Insulin with glucose | Insulin with glucose |\n\n"
        "See the table, 【1†kidney disease】."
    )
    assert page.links == (
        "https://www.example.org/evidence?id=7",
        "https://www.example.org/renal",
    )


@pytest.mark.parametrize("word", ["Ignore what", "Hidden words", "a remark", "track", "Cookies"])
def test_what_is_not_to_be_seen_is_not_read(word: str) -> None:
    assert word not in "\n".join(read(GUIDELINE).lines)


def test_links_are_numbered_by_their_urls_and_resolved_by_the_base() -> None:
    page = read(
        '<html><head><base href="https://cdn.example.net/x/"></head><body><main>'
        '<a href="one">One</a> <a href="two">Two</a> <a href="one">again</a> '
        '<a href="javascript:run()">no</a> <a href="mailto:a@b.c">no</a> <a>no</a>'
        '<a href="https://[bad">no</a></main></body></html>'
    )
    assert page.links == ("https://cdn.example.net/x/one", "https://cdn.example.net/x/two")
    assert page.lines[0].count("【0†") == 2
    assert "javascript" not in page.lines[0]


def test_a_link_around_blocks_is_the_first_of_them() -> None:
    card = "<a href='/x'><img alt=''><h3>Title</h3><p>What it says.</p></a><p>Next</p>"
    assert body_of(card) == "### 【0†Title】\n\nWhat it says.\n\nNext"


def test_a_line_feed_in_the_source_is_a_space_and_a_break_is_a_line() -> None:
    assert body_of("<p>one\ntwo<br>three<br/><br/>four</p>") == "one two\nthree\n\nfour"


def test_raised_and_lowered_figures_keep_their_place() -> None:
    said = "10<sup>9</sup>/L H<sub>2</sub>O<sup><a href='/r'>3</a></sup><sup> </sup>"
    assert body_of(f"<p>{said}</p>") == "10^{9}/L H_{2}O【0†3】"


def test_text_set_beforehand_keeps_its_spaces() -> None:
    assert body_of("<pre>a   b\n  c</pre>") == "a   b\n  c"


def test_a_table_that_lays_a_page_out_is_read_as_blocks() -> None:
    said = body_of("<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>")
    assert said == "| a | b |"
    assert body_of(f"<table><tr><td>{'x ' * 600}</td><td>y</td></tr></table>").endswith("y")


def test_a_small_page_cannot_grow_by_what_its_cells_span() -> None:
    rows = '<tr><td rowspan="50" colspan="50">x</td><td>y</td></tr>' * 2_000
    page = read(f"<main><table>{rows}</table></main>")
    assert sum(map(len, page.lines)) < 1_000_000


def test_images_are_named_by_what_they_are_said_to_show() -> None:
    assert body_of('<p>See <img src="x.png" alt="peaked T waves"> <img src="y.png"></p>') == (
        "See [Image: peaked T waves]"
    )


def test_a_page_may_be_nested_a_thousand_deep() -> None:
    assert "deep" in body_of("<div>" * 1_000 + "deep" + "</div>" * 1_000)


def test_without_landmarks_navigation_is_left_out_and_nothing_of_the_content_lost() -> None:
    menu = "".join(f'<li><a href="/m{n}">Menu entry {n}</a></li>' for n in range(40))
    said = "".join(
        f"<p>Paragraph {n} says something of length about potassium and the heart.</p>"
        for n in range(20)
    )
    table = "<table><tr><th>Level</th><th>Act</th></tr><tr><td>6.5</td><td>now</td></tr></table>"
    page = read(
        f"<html><body><div class='menu'><ul>{menu}</ul></div><div id='c'><h1>Potassium</h1>"
        f"{said}{table}</div><nav>More</nav></body></html>"
    )
    text = "\n".join(page.lines)
    assert all(f"Paragraph {n} says" in text for n in range(20))
    assert "| 6.5 | now |" in text
    assert "# Potassium" in text
    assert "More" not in text


def test_a_landmark_with_little_of_the_text_is_not_taken_for_the_page() -> None:
    page = read(f"<main>Loading</main><div>{'Real text of the page. ' * 30}</div>")
    assert "Real text" in page.lines[0] + page.lines[1]


@pytest.mark.parametrize("html", ["<html><body></body></html>", "<script>x()</script>", "<!---->"])
def test_a_page_that_shows_nothing_is_refused(html: str) -> None:
    with pytest.raises(Refusal, match="shows no text"):
        read(html)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=300), st.sampled_from(["main", "p", "table", "a href='/x'", "li", "sup"]))
def test_any_text_can_be_read_as_html(said: str, tag: str) -> None:
    try:
        page = read(f"<main>x<{tag}>{said}</{tag.split(maxsplit=1)[0]}></main>")
    except Refusal:
        return
    assert all(len(line) <= 80 and "\n" not in line for line in page.lines)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.sampled_from(
    ["<p>", "</p>", "<ul>", "<li>", "</ul>", "<a href='/x'>", "</a>", "<sup>", "</sup>", "<table>",
     "<tr>", "<td>", "</table>", "<pre>", "</pre>", "<h2>", "<br>", "word", "<div>", "</div>"]
), max_size=40))  # fmt: skip
def test_any_tangle_of_tags_keeps_every_word(parts: list[str]) -> None:
    text = "\n".join(read("<main>begin " + " ".join(parts) + "</main>").lines)
    assert text.count("word") >= parts.count("word")


def test_a_pdf_is_read_page_by_page() -> None:
    page = page_of(Fetched(URL, "application/pdf", pdf("First words", "Second", title="Dosing")))
    assert page.title == "Dosing"
    assert page.lines[:4] == ("[page 1 of 2]", "First words", "", "[page 2 of 2]")


def test_a_pdf_under_a_wrong_type_is_still_a_pdf() -> None:
    assert "Words" in page_of(Fetched(URL, "text/html", pdf("Words"))).lines


@pytest.mark.parametrize(
    ("mime", "body", "sentence"),
    [
        ("application/pdf", b"no pdf at all", "says that it is a PDF but is none"),
        ("application/pdf", b"%PDF-1.4\nbroken", "cannot be read as one"),
        ("application/pdf", pdf("x")[:300], "cannot be read as one"),
        ("application/pdf", pdf(""), "pictures of pages and no text"),
        ("image/png", b"\x89PNG", "is image/png"),
        ("application/octet-stream", b"\0\1\2", "is application/octet-stream"),
        ("text/html", b"  ", "is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(mime: str, body: bytes, sentence: str) -> None:
    with pytest.raises(Refusal, match=sentence):
        page_of(Fetched(URL, mime, body))


def test_a_login_page_in_place_of_a_pdf_is_read_as_what_it_is() -> None:
    body = b"<!DOCTYPE html><html><body><main>Please log in</main></body></html>"
    assert page_of(Fetched(URL, "application/pdf", body)).lines == ("Please log in",)


def test_plain_text_keeps_its_lines() -> None:
    page = page_of(Fetched(URL, "text/plain", b"a\r\n\tb\rc\n", "Title"))
    assert (page.title, page.lines) == ("Title", ("a", "    b", "c"))


def test_the_source_of_a_page_is_shown_as_it_is() -> None:
    page = source_of(Fetched(URL, "text/html", b"<p>x</p>"))
    assert page.lines == ("<p>x</p>",)
    assert page.url == f"view-source:{URL}"
    with pytest.raises(Refusal, match="is not text"):
        source_of(Fetched(URL, "application/pdf", pdf("x")))


@pytest.mark.parametrize(
    ("body", "mime"),
    [
        ("5 µmol/l ± é".encode(), "text/html; charset=iso-8859-1"),
        ("5 µmol/l ± é".encode("cp1252"), "text/html; charset=iso-8859-1"),
        ("5 µmol/l ± é".encode("cp1252"), "text/html"),
        ("5 µmol/l ± é".encode("cp1252"), "text/html; charset=utf-8"),
        ("5 µmol/l ± é".encode("cp1252"), "text/html; charset=no-such"),
        ("5 µmol/l ± é".encode("utf-16"), "text/html"),
        (b"\xef\xbb\xbf" + "5 µmol/l ± é".encode(), "text/html; charset=cp1252"),
        (b'<meta charset="windows-1252">' + "5 µmol/l ± é".encode("cp1252"), "text/html"),
    ],
)
def test_a_wrong_charset_is_seen_through(body: bytes, mime: str) -> None:
    assert decoded(body, mime).endswith("5 µmol/l ± é")


def test_another_script_is_read_by_what_the_page_declares() -> None:
    said = "Калий в крови"
    assert decoded(said.encode("koi8-r"), "text/html; charset=koi8-r") == said


@pytest.mark.parametrize(
    ("said", "encoding"),
    [
        ("Калий выше нормы в крови пациента означает опасность для сердца", "cp1251"),
        ("Калий выше нормы в крови пациента означает опасность для сердца", "koi8-r"),
        ("Η υπερκαλιαιμία είναι επικίνδυνη για την καρδιά", "cp1253"),  # noqa: RUF001
        ("カリウムが高いと心臓に危険です。治療は次の通り。", "cp932"),
        ("高钾血症对心脏有危险，应立即治疗。", "gb18030"),  # noqa: RUF001
    ],
)
@pytest.mark.parametrize("mime", ["text/html; charset=utf-8", "text/html"])
def test_another_script_is_told_where_the_page_says_it_wrongly(
    said: str, encoding: str, mime: str
) -> None:
    markup = f'<html><head><meta charset="utf-8"></head><body><main><p>{said}</p></main></body>'
    assert said in decoded(markup.encode(encoding), mime)


def test_quotation_marks_and_umlauts_make_no_other_script() -> None:
    said = "<p>“Übergröße” – naïve façade: 5 µg ± 0.2 °C …</p>"  # noqa: RUF001
    assert decoded(said.encode("cp1252"), "text/html; charset=utf-8") == said


def test_what_lies_too_deep_is_told() -> None:
    deep = f"{'<div>' * 3000}deep{'</div>' * 3000}"
    with pytest.raises(Refusal, match="lies too deep in nested elements to be read"):
        read(f"<main>{deep}</main>")
    page = read(f"<main><p>Potassium of 6.5.</p>{deep}<p>after</p></main>")
    assert page.lines[0] == "Potassium of 6.5."
    assert page.lines[-1] == "[the rest of this page lies too deep in nested elements to be read]"


@given(st.binary(max_size=200), st.text(max_size=30))
def test_any_bytes_are_some_text(body: bytes, mime: str) -> None:
    assert isinstance(decoded(body, mime), str)
