"""What each `ehr.*` tool takes: published names and arguments, and a few optional ones of ours.

Validation is wider than the schema that a model is shown: numbers may come as text, a list as one
item. What cannot be read at all becomes a sentence (see `read_arguments`), never an exception.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

DEFAULT_ROWS = 200
MOST_ROWS = 2_000


def _subject_id(given: object) -> object:
    """An id written as a float ("10014354.0") is still that id."""
    if isinstance(given, bool):
        raise ValueError("a subject_id is a number such as 10014354")
    text = str(given).strip()
    return text[:-2] if text.endswith(".0") else text


def _text(given: object) -> object:
    return str(given) if isinstance(given, int | float) and not isinstance(given, bool) else given


def _listed(given: object) -> object:
    """One item, several parted by commas in a JSON list, or a list: always a list of texts."""
    if isinstance(given, str) and given.lstrip().startswith("["):
        try:
            given = json.loads(given)
        except ValueError:
            return [given]
    if isinstance(given, str):
        return [given]
    return [_text(item) for item in given] if isinstance(given, list | tuple) else given


def _columns(given: object) -> object:
    listed = _listed(given)
    if not isinstance(listed, list):
        return listed
    return [part.strip() for item in listed for part in str(item).split(",") if part.strip()]


_TEXT_SCHEMA = {"type": "string"}
_TEXTS_SCHEMA = {"type": "array", "items": {"type": "string"}}

SubjectId = Annotated[
    int | None,
    BeforeValidator(_subject_id),
    WithJsonSchema(_TEXT_SCHEMA),
    Field(description="Patient of this run; may be left out."),
]
TableName = Annotated[str, Field(description="Name of the table, e.g. labevents.")]
Text = Annotated[str, BeforeValidator(_text), WithJsonSchema(_TEXT_SCHEMA)]
Texts = Annotated[list[str], BeforeValidator(_listed), WithJsonSchema(_TEXTS_SCHEMA)]
StartTime = Annotated[
    Text | None,
    WithJsonSchema(_TEXT_SCHEMA),
    Field(description="YYYY-MM-DD or YYYY-MM-DD HH:MM:SS, inclusive; left out: from the first."),
]
EndTime = Annotated[
    Text | None,
    WithJsonSchema(_TEXT_SCHEMA),
    Field(
        description="As start_time; a bare date means the end of that day; left out: to the last."
    ),
]
Limit = Annotated[
    int, Field(ge=1, le=MOST_ROWS, description=f"Rows to show, {DEFAULT_ROWS} by default.")
]
Offset = Annotated[int, Field(ge=0, description="Rows to skip, for paging.")]
Columns = Annotated[
    list[str] | None,
    BeforeValidator(_columns),
    WithJsonSchema(_TEXTS_SCHEMA),
    Field(description="Columns to show; left out: all."),
]
Keywords = Annotated[
    list[str],
    BeforeValidator(_listed),
    WithJsonSchema({"anyOf": [_TEXT_SCHEMA, _TEXTS_SCHEMA]}),
    Field(description="One keyword or a list of them."),
]


class Arguments(BaseModel):
    """The arguments of one tool; `tool` and `says` are its name and what a model reads of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    tool: ClassVar[str]
    says: ClassVar[str]


class SubjectArguments(Arguments):
    """Arguments that name the patient."""

    subject_id: SubjectId = None


class LoadEhr(SubjectArguments):
    """ehr.load_ehr."""

    tool = "ehr.load_ehr"
    says = (
        "Open the record of this run's patient as of this run's time, and list its tables with "
        "their row counts. The run is bound to one patient and one moment; no other can be opened."
    )
    timestamp: Annotated[
        Text | None,
        WithJsonSchema(_TEXT_SCHEMA),
        Field(description="Time of this run, YYYY-MM-DD HH:MM:SS; may be left out."),
    ] = None


class GetTableNames(SubjectArguments):
    """ehr.get_table_names."""

    tool = "ehr.get_table_names"
    says = "List the names of the patient's tables, the candidate tables and the dictionaries."


class GetColumnNames(SubjectArguments):
    """ehr.get_column_names."""

    tool = "ehr.get_column_names"
    says = "List the columns of one table."
    table_name: TableName


class GetTableDescription(Arguments):
    """ehr.get_table_description."""

    tool = "ehr.get_table_description"
    says = (
        "Explain one table: what a row is, what each column means with units and pitfalls, what is "
        "empty in this record and why, and how it joins other tables."
    )
    table_name: TableName


class GetUniqueValues(SubjectArguments):
    """ehr.get_unique_values."""

    tool = "ehr.get_unique_values"
    says = "List the distinct values of one column with how often each occurs (at most 50 values)."
    table_name: TableName
    column_name: Annotated[str, Field(description="Name of the column.")]


class _Paged(SubjectArguments):
    table_name: TableName


class GetRecordsByTime(_Paged):
    """ehr.get_records_by_time."""

    tool = "ehr.get_records_by_time"
    says = "Show the rows of one table whose time lies between start_time and end_time, in order."
    start_time: StartTime = None
    end_time: EndTime = None
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0
    columns: Columns = None


class GetEventCountsByTime(SubjectArguments):
    """ehr.get_event_counts_by_time."""

    tool = "ehr.get_event_counts_by_time"
    says = "Count the rows of every table between start_time and end_time."
    start_time: StartTime = None
    end_time: EndTime = None


class GetLatestRecords(_Paged):
    """ehr.get_latest_records."""

    tool = "ehr.get_latest_records"
    says = "Show all rows of one table that bear its latest time."
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0
    columns: Columns = None


class GetRecordsByKeyword(_Paged):
    """ehr.get_records_by_keyword."""

    tool = "ehr.get_records_by_keyword"
    says = (
        "Show the rows of one table that hold a keyword in any text column or in the name of their "
        "code, e.g. creatinine in labevents. The keyword is taken literally; case does not matter."
    )
    keyword: Annotated[Text, Field(description="The text to look for.")]
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0
    columns: Columns = None


class GetRecordsByValue(_Paged):
    """ehr.get_records_by_value."""

    tool = "ehr.get_records_by_value"
    says = "Show the rows of one table whose column holds exactly a value."
    column_name: Annotated[str, Field(description="Name of the column.")]
    value: Annotated[Text, Field(description="The value, e.g. 50912 or Creatinine.")]
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0
    columns: Columns = None


class RunSqlQuery(SubjectArguments):
    """ehr.run_sql_query."""

    tool = "ehr.run_sql_query"
    says = (
        "Run one SELECT (SQLite) over the patient's tables, the dictionaries (d_labitems, d_items, "
        "d_icd_diagnoses, ...) and the candidate tables. Every patient's table has row_id; select "
        "it to be able to cite rows. Times are text, YYYY-MM-DD HH:MM:SS."
    )
    sql_query: Annotated[str, Field(description="The SELECT statement.")]
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0


class GetCandidatesByKeyword(Arguments):
    """ehr.get_candidates_by_keyword."""

    tool = "ehr.get_candidates_by_keyword"
    says = (
        "Find entries of a candidate table (the fixed wordings that answers use) that hold every "
        "word of a keyword or begin with it as a code."
    )
    table_name: Annotated[
        str, Field(description="A candidate table, e.g. diagnoses_ccs_candidates.")
    ]
    keyword: Annotated[Text, Field(description="Words to look for, taken literally.")]
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0


class GetCandidatesByFuzzyMatching(Arguments):
    """ehr.get_candidates_by_fuzzy_matching."""

    tool = "ehr.get_candidates_by_fuzzy_matching"
    says = "Find the five entries of a candidate table that are spelt most like each keyword."
    table_name: Annotated[
        str, Field(description="A candidate table, e.g. diagnoses_ccs_candidates.")
    ]
    keywords: Keywords
    limit: Annotated[int, Field(ge=1, le=100, description="Entries a keyword, 5 by default.")] = 5


class Think(Arguments):
    """ehr.think."""

    tool = "ehr.think"
    says = "Write a thought or a plan down. Reads nothing and changes nothing."
    response: Annotated[Text, Field(description="The thought.")]


class Finish(Arguments):
    """ehr.finish."""

    tool = "ehr.finish"
    says = (
        "Submit the final answer and end the run. Cite for each item the evidence it rests on: "
        "E3 is the third observation, E3#17 its row 17."
    )
    response: Annotated[Texts, Field(description="The answer, one item an entry.")]
    citations: Annotated[
        list[str | list[str]] | None,
        BeforeValidator(lambda given: [given] if isinstance(given, str) else given),
        WithJsonSchema({"type": "array", "items": {"anyOf": [_TEXTS_SCHEMA, _TEXT_SCHEMA]}}),
        Field(description='One entry an item of response, e.g. [["E3#17", "E5"], ["E4"]].'),
    ] = None


ARGUMENTS: tuple[type[Arguments], ...] = (
    LoadEhr,
    GetTableNames,
    GetColumnNames,
    GetTableDescription,
    GetUniqueValues,
    GetRecordsByTime,
    GetEventCountsByTime,
    GetLatestRecords,
    GetRecordsByKeyword,
    GetRecordsByValue,
    RunSqlQuery,
    GetCandidatesByKeyword,
    GetCandidatesByFuzzyMatching,
    Think,
    Finish,
)
"""Every tool's arguments, in the order in which the tools are listed."""

EHR_TOOL_NAMES: tuple[str, ...] = tuple(arguments.tool for arguments in ARGUMENTS)

PAPER_EHR_TOOL_NAMES: tuple[str, ...] = (
    "ehr.load_ehr",
    "ehr.get_table_names",
    "ehr.get_column_names",
    "ehr.get_table_description",
    "ehr.get_records_by_time",
    "ehr.get_latest_records",
    "ehr.run_sql_query",
    "ehr.get_candidates_by_keyword",
    "ehr.get_candidates_by_semantic_similarity",
    "ehr.think",
    "ehr.finish",
)
"""The eleven of the paper. `get_candidates_by_semantic_similarity` is not among EHR_TOOL_NAMES."""
