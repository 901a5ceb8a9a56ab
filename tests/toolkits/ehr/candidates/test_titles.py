"""Titles are loaded once, with the synonyms by which they are found."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from clinseek.toolkits.ehr.candidates import Titles, fuzzy_matches, keyword_matches, load_titles


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


CODED = """
CREATE TABLE d_icd_diagnoses (icd_code TEXT, icd_version INTEGER, long_title TEXT);
INSERT INTO d_icd_diagnoses VALUES ('431', 9, 'Intracerebral hemorrhage'),
    ('I619', 10, 'Nontraumatic intracerebral hemorrhage, unspecified'), ('A00', 10, 'Cholera');
CREATE TABLE diagnoses_icd_candidates (icd_code TEXT, icd_version INTEGER, candidate TEXT);
INSERT INTO diagnoses_icd_candidates SELECT * FROM d_icd_diagnoses;
CREATE TABLE diagnoses_ccs_candidates
    (icd_code TEXT, icd_version INTEGER, ccs_category TEXT, candidate TEXT);
INSERT INTO diagnoses_ccs_candidates VALUES
    ('431', 9, '109', 'Acute cerebrovascular disease'),
    ('I619', 10, '109', 'Acute cerebrovascular disease'),
    ('A00', 10, '135', 'Intestinal infection');
CREATE TABLE diagnoses_ccsr
    (icd_code TEXT, icd_version INTEGER, ccsr_category TEXT, ccsr_title TEXT);
INSERT INTO diagnoses_ccsr VALUES ('A00', 10, 'DIG001', 'Gut trouble');
CREATE TABLE icd_equivalents (icd_9 TEXT, icd_10 TEXT);
INSERT INTO icd_equivalents VALUES ('431', 'I619');
"""


@pytest.fixture
def coded(tmp_path: Path) -> Path:
    file = tmp_path / "coded.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(CODED)
    return file


def _names(titles: Titles, places: list[int]) -> list[str]:
    return [titles.titles[place] for place in places]


def test_a_category_is_found_by_the_title_of_a_code_in_it(coded: Path) -> None:
    titles = load_titles(coded, "diagnoses_ccs_candidates")
    found = keyword_matches(titles, "cholera")
    assert found.by_synonym
    assert _names(titles, [m.place for m in found.matches]) == ["Intestinal infection"]
    (alike,) = fuzzy_matches(titles, ["cholerra"], limit=1)
    assert _names(titles, [alike[0].place]) == ["Intestinal infection"]


def test_a_diagnosis_is_found_by_its_categories_where_no_title_holds_the_words(
    coded: Path,
) -> None:
    titles = load_titles(coded, "diagnoses_icd_candidates")
    found = keyword_matches(titles, "cerebrovascular")
    assert found.by_synonym
    assert found.total == 2
    gut = keyword_matches(titles, "gut trouble")
    assert _names(titles, [match.place for match in gut.matches]) == ["Cholera"]
    assert not keyword_matches(titles, "hemorrhage").by_synonym


def test_the_title_of_the_other_edition_follows_the_one_that_is_alike(coded: Path) -> None:
    titles = load_titles(coded, "diagnoses_icd_candidates")
    (found,) = fuzzy_matches(titles, ["intracerebral hemorrhage"], limit=2)
    assert _names(titles, [match.place for match in found]) == [
        "Intracerebral hemorrhage", "Nontraumatic intracerebral hemorrhage, unspecified",
    ]  # fmt: skip
    assert found[1].score == 90.0


def test_a_synonym_is_never_an_answer(coded: Path) -> None:
    titles = load_titles(coded, "diagnoses_icd_candidates")
    assert "Gut trouble" not in titles.titles
    assert {synonym.text for synonym in titles.synonyms} == {
        "Acute cerebrovascular disease", "Gut trouble", "Intestinal infection",
    }  # fmt: skip


def test_a_number_that_is_in_no_title_finds_nothing(tmp_path: Path) -> None:
    """The places that a synonym stands for are numbers of ours, not words of the vocabulary."""
    most = 2_000
    codes = ["".join("abcdefghij"[int(digit)] for digit in f"{at:04d}") for at in range(most)]
    file = tmp_path / "v.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(CODED)
        connection.executemany(
            "INSERT INTO diagnoses_icd_candidates VALUES (?, 10, ?)",
            [(code, f"Title {code}") for code in codes],
        )
        connection.executemany(
            "INSERT INTO diagnoses_ccsr VALUES (?, 10, 'DIG002', 'Every other trouble')",
            [(code,) for code in codes],
        )
        connection.commit()
    titles = load_titles(file, "diagnoses_icd_candidates")
    assert keyword_matches(titles, "every other trouble").total == most
    assert keyword_matches(titles, str(most - 1)).total == 0, "a place, and no code"
