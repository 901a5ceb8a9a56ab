"""Images on the page of a run: bounded, with the parts that were named, and no patient."""

import base64
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from clinseek.evals.report.inline_pictures import MOST_BYTES, MOST_PICTURES, inlined
from clinseek.evals.report.pictures import images_of, size_of
from clinseek.evals.report.run_page import run_page
from clinseek.evals.transcripts.evidence import observations_of

pytest.importorskip("PIL", reason="needs Pillow")

from tests.evals.report.films import drawn, filmed_record, named, noise


def test_each_picture_stands_in_the_page_once_as_what_it_is() -> None:
    page = run_page(filmed_record())
    assert page.count("data:image/jpeg;base64,") == 2
    for picture in (drawn(0), drawn(1)):
        held = f'href="data:image/jpeg;base64,{base64.b64encode(picture).decode()}"'
        assert page.count(held) == 1
        assert f'href="#picture-{named(picture)}"' in page
    assert "img-src data:;" in page
    assert not re.search(r'(src|href)="(http|//|file)', page)


def test_parts_are_drawn_in_the_pixels_of_the_file_and_a_citation_leads_to_its_part() -> None:
    page = run_page(filmed_record())
    assert 'viewBox="0 0 400 320"' in page
    assert '<rect x="60" y="70" width="90" height="70"><title>E1#1 Heart</title></rect>' in page
    assert '<a href="#E1-part-1">E1#1</a>' in page
    assert '<li id="E1-part-1" class="cited">E1#1 Heart: from (60, 70) to (150, 140)</li>' in page
    assert '<a href="#E2">E2#9</a>' in page
    question = page[page.index("Images of the question") : page.index("The run</h2>")]
    assert "E1#1 Heart" in question
    assert "Left Lung" not in question
    assert "Image 2: s1/b.dcm: not shown to the model" in question


def test_what_a_tool_drew_is_found_again_where_another_tool_looks_at_it() -> None:
    run = filmed_record().as_json()
    images = images_of(run, observations_of(run))
    assert images.of["E2"].shown == named(drawn(1))
    assert images.of["E2"].size == (200.0, 160.0)
    assert images.pictures == [named(drawn(0)), named(drawn(1))]


def test_without_a_patient_no_facts_of_one_are_told() -> None:
    alone, patient = run_page(filmed_record()), run_page(filmed_record(subject_id=7))
    assert "<dt>patient</dt>" not in alone
    assert "record as of" not in alone
    assert "<dt>images</dt><dd>2</dd>" in alone
    assert "<dt>patient</dt><dd>7</dd>" in patient


def test_a_page_holds_twelve_pictures_and_names_the_others() -> None:
    held = {f"{at:064}": base64.b64encode(drawn(at)).decode() for at in range(MOST_PICTURES + 2)}
    found = inlined(held, held)
    assert len(found.addresses) == MOST_PICTURES
    assert len(found.left_out) == 2
    assert "12 pictures" in next(iter(found.left_out.values()))


def test_a_large_picture_is_made_smaller_or_named_where_pillow_is_not_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = noise(1200)
    held = {"a": base64.b64encode(large).decode()}
    assert len(large) > MOST_BYTES
    address = inlined(held, held).addresses["a"]
    small = base64.b64decode(address.partition(",")[2])
    assert len(small) <= MOST_BYTES
    size = size_of(small)
    assert size is not None
    assert size[0] <= 1024
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert "too many for a page" in inlined(held, held).left_out["a"]


@pytest.mark.parametrize("text", ["<svg onload=alert(1)>", '"><script>', "no base64 at all!"])
def test_what_is_no_picture_never_reaches_the_page(text: str) -> None:
    run = filmed_record().as_json()
    run["images"] = dict.fromkeys(run["images"], text)
    assert "data:" not in run_page(run).replace("img-src data:", "")
    encoded = base64.b64encode(text.encode()).decode()
    run["images"] = dict.fromkeys(run["images"], encoded)
    assert encoded not in run_page(run)


def test_a_label_of_a_part_stays_text() -> None:
    record = filmed_record()
    record.evidence[0]["image"]["boxes"][0]["label"] = "</text><script>alert(1)</script>"
    page = run_page(record)
    assert "<script>" not in page


def test_sizes_are_read_from_headers_however_broken(tmp_path: Path) -> None:
    assert size_of(drawn(0, size=(123, 45))) == (123.0, 45.0)
    for cut in range(0, 200, 7):
        told: Any = size_of(drawn(0)[:cut])
        assert told in (None, (200.0, 160.0))
    assert size_of(b"") is None
    assert size_of(b"\xff\xd8\xff\xc0" + bytes(20)) is None
    assert list(tmp_path.iterdir()) == []
