"""What was mistyped or left out is told in our words, with what to type instead."""

from pathlib import Path

import pytest

from tests.cli.conftest import CommandLine
from tests.evals.scorers.made import a_record, a_row, a_run_folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask", "--web", "foo", "q"), "'--web': 'foo' is not one of 'record', 'replay'"),
        (("ask", "--role", "foo", "q"), "'--role': 'foo' is not one of 'clinseek'"),
        (("eval", "rows.jsonl", "--executor", "foo"), "'--executor': 'foo' is not one of 'local'"),
        (("score", "run", "--ci", "foo"), "'--ci': 'foo' is not one of 'auto', 't'"),
    ],
)
def test_a_value_that_is_none_of_those_offered_is_told_in_our_words(
    clinseek: CommandLine, arguments: tuple[str, ...], said: str
) -> None:
    ran = clinseek(*arguments)
    assert ran.code == 2
    assert f"clinseek: invalid value for {said}" in ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask", "q"), "missing option --store ("),
        (("ask", "q"), "; add --store STORE, or set CLINSEEK_STORE; see clinseek ask --help"),
        (("ask", "--store", "x", "q"), "; add --subject N; see clinseek ask --help"),
        (("ingest", "x"), "missing option --out; add --out STORE, or set CLINSEEK_STORE; see"),
        (("tool", "load_ehr", "-s", "x"), "missing option --subject; add --subject N; see"),
    ],
)
def test_an_option_that_is_missing_is_told_as_it_is_to_be_typed(
    clinseek: CommandLine, arguments: tuple[str, ...], said: str
) -> None:
    ran = clinseek(*arguments)
    assert ran.code == 2
    assert said in ran.err
    assert "invalid value" not in ran.err


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--subjects", "there is no such file; name a text file with one subject_id a line"),
        ("--codes", "there is no such folder; name the one that holds the code tables"),
    ],
)
def test_an_ingest_names_the_option_whose_path_is_not_there(
    clinseek: CommandLine, raw: Path, tmp_path: Path, option: str, said: str
) -> None:
    ran = clinseek("ingest", raw, "--out", tmp_path / "store", option, tmp_path / "nosuch")
    assert ran.code == 2
    assert f"clinseek: {option} {tmp_path / 'nosuch'}: {said}" in ran.err
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("run.json", "run.json: not what clinseek eval wrote (no JSON: "),
        ("run.json", "put the file back as it was, or run the evaluation into a new folder"),
        ("rows.jsonl", "rows.jsonl, line 1: no JSON ("),
        ("rows.jsonl", "; mend that line: a file of rows is JSONL"),
    ],
)
def test_a_broken_file_of_a_run_is_named_with_what_to_do(
    clinseek: CommandLine, tmp_path: Path, file: str, said: str
) -> None:
    folder = a_run_folder(tmp_path / "run", [a_row("yes")], [a_record(["yes"])])
    (folder / file).write_text('{"half\n')
    ran = clinseek("score", folder)
    assert ran.code == 2
    assert said in ran.err
