"""What each `ehr.*` tool takes: published names and arguments, and a few optional ones of ours.

What cannot be read becomes a sentence (see `toolkits.arguments`), never an exception.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WithJsonSchema, model_validator

from clinseek.toolkits.arguments import Arguments
from clinseek.toolkits.ehr.candidates.keyword import KeywordMode
from clinseek.toolkits.ehr.candidates.semantic.model_choice import semantic_absence
from clinseek.toolkits.ehr.tools.fields import (
    DEFAULT_ROWS,
    TEXT_SCHEMA,
    Citations,
    Columns,
    EndTime,
    Keyword,
    Keywords,
    Limit,
    Offset,
    StartTime,
    SubjectId,
    TableName,
    Text,
    Texts,
)

MOST_ENTRIES = 100


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
        WithJsonSchema(TEXT_SCHEMA),
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

    @model_validator(mode="before")
    @classmethod
    def _plural(cls, given: object) -> object:
        """`columns` is what many a model writes for `column`."""
        if isinstance(given, dict) and "columns" in given and "column" not in given:
            return {("column" if name == "columns" else name): given[name] for name in given}
        return given


class GetRecordsByTime(_Paged):
    """ehr.get_records_by_time."""

    tool = "ehr.get_records_by_time"
    says = "Show the rows of one table whose time lies between start_time and end_time, in order."
    start_time: StartTime = None
    end_time: EndTime = None
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0
    column: Columns = None


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
    column: Columns = None


class GetRecordsByKeyword(_Paged):
    """ehr.get_records_by_keyword."""

    tool = "ehr.get_records_by_keyword"
    says = (
        "Show the rows of one table that hold a keyword in any text column or in the name of their "
        "code, e.g. creatinine in labevents. The keyword is taken literally; case does not matter."
    )
    keyword: Annotated[Keyword, Field(description="The text to look for.")]
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0
    column: Columns = None


class GetRecordsByValue(_Paged):
    """ehr.get_records_by_value."""

    tool = "ehr.get_records_by_value"
    says = "Show the rows of one table whose column holds exactly a value."
    column_name: Annotated[str, Field(description="Name of the column.")]
    value: Annotated[Text, Field(description="The value, e.g. 50912 or Creatinine.")]
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0
    column: Columns = None


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


CandidateTable = Annotated[
    str, Field(description="A candidate table, e.g. diagnoses_ccs_candidates.")
]
EntriesEach = Annotated[
    int, Field(ge=1, le=MOST_ENTRIES, description="Entries for each, 5 by default.")
]


class GetCandidatesByKeyword(Arguments):
    """ehr.get_candidates_by_keyword."""

    tool = "ehr.get_candidates_by_keyword"
    says = (
        "Find entries of a candidate table (the fixed wordings that answers use) that hold every "
        "word of a keyword or begin with it as a code."
    )
    table_name: CandidateTable
    keyword: Annotated[Keyword, Field(description="Words to look for, taken literally.")]
    limit: Limit = DEFAULT_ROWS
    offset: Offset = 0
    mode: Annotated[
        KeywordMode,
        Field(
            description="words: all of them, in any order (default). phrase: as written. prefix: "
            "entries that begin with it. code: codes that begin with it."
        ),
    ] = "words"


class GetCandidatesByFuzzyMatching(Arguments):
    """ehr.get_candidates_by_fuzzy_matching."""

    tool = "ehr.get_candidates_by_fuzzy_matching"
    says = (
        "Find the five entries of a candidate table that are spelt most like each keyword: typos, "
        "another order of the words, common abbreviations."
    )
    table_name: CandidateTable
    keywords: Keywords
    limit: EntriesEach = 5
    threshold: Annotated[
        float, Field(ge=0, le=100, description="Least likeness in mode fuzzy, 0 (default) to 100.")
    ] = 0.0
    mode: Annotated[
        Literal["fuzzy", "hybrid"],
        Field(description="fuzzy (default), or hybrid: all searches by one ranking."),
    ] = "fuzzy"


class GetCandidatesBySemanticSimilarity(Arguments):
    """ehr.get_candidates_by_semantic_similarity."""

    tool = "ehr.get_candidates_by_semantic_similarity"
    says = (
        "Find the five entries of a candidate table that are nearest in meaning to each query, "
        "by sentence embeddings together with words and spelling."
    )
    table_name: CandidateTable
    query: Keywords
    limit: EntriesEach = 5
    threshold: Annotated[
        float, Field(ge=-1, le=1, description="Least cosine in mode semantic, 0.5 by default.")
    ] = 0.5
    mode: Annotated[
        Literal["semantic", "hybrid"],
        Field(
            description="hybrid: semantic, fuzzy and keyword search by one ranking (default). "
            "semantic: the cosine alone, from threshold on."
        ),
    ] = "hybrid"


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
    citations: Citations = None


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
    GetCandidatesBySemanticSimilarity,
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
"""The eleven of the paper."""


def offered_arguments() -> tuple[type[Arguments], ...]:
    """The arguments of every tool that can work here: search by meaning needs its model."""
    absent = GetCandidatesBySemanticSimilarity if semantic_absence() else None
    return tuple(arguments for arguments in ARGUMENTS if arguments is not absent)
