"""The `ehr.*` tools as LangChain tools bound to one case."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from langchain_core.tools import BaseTool
from langchain_core.tools.base import BaseToolkit
from pydantic import ConfigDict

from clinseek.errors import Refusal
from clinseek.toolkits.arguments import Arguments, parameters_of, read_arguments
from clinseek.toolkits.ehr.case import Case
from clinseek.toolkits.ehr.tools import arguments as takes
from clinseek.toolkits.ehr.tools import candidates, counts, orientation, records, sql, submission
from clinseek.toolkits.ehr.tools.records import Answer
from clinseek.toolkits.observation import Observation

_ANSWERS: dict[type[Arguments], Callable[[Case, Any], Answer]] = {
    takes.LoadEhr: orientation.load_ehr,
    takes.GetTableNames: orientation.table_names,
    takes.GetColumnNames: orientation.column_names,
    takes.GetTableDescription: orientation.table_description,
    takes.GetUniqueValues: counts.unique_values,
    takes.GetRecordsByTime: records.by_time,
    takes.GetEventCountsByTime: counts.event_counts,
    takes.GetLatestRecords: records.latest,
    takes.GetRecordsByKeyword: records.by_keyword,
    takes.GetRecordsByValue: records.by_value,
    takes.RunSqlQuery: sql.run,
    takes.GetCandidatesByKeyword: candidates.by_keyword,
    takes.GetCandidatesByFuzzyMatching: candidates.by_fuzzy_matching,
    takes.GetCandidatesBySemanticSimilarity: candidates.by_semantic_similarity,
    takes.Think: submission.think,
    takes.Finish: submission.finish,
}


class EhrTool(BaseTool):
    """One `ehr.*` tool over one case.

    What a model did wrong comes back as text with `Observation(refused=True)`: the schema is
    handed to LangChain as JSON, which leaves reading the arguments to `_run`, where unknown and
    unreadable ones are answered instead of dropped or raised.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    case: Case
    takes: type[Arguments]

    def _run(self, /, *unnamed: Any, **given: Any) -> Answer:
        try:
            if unnamed:
                raise Refusal(f"{self.name} takes its arguments by name")
            asked = read_arguments(self.takes, given)
            if isinstance(asked, takes.SubjectArguments):
                orientation.check_patient(self.case, asked.subject_id)
            return _ANSWERS[self.takes](self.case, asked)
        except Refusal as refusal:
            return str(refusal), Observation(refused=True)

    async def _arun(self, /, *unnamed: Any, **given: Any) -> Answer:
        # LangChain's own would hand the model's arguments to a function with named parameters.
        return await asyncio.to_thread(partial(self._run, *unnamed, **given))


class EhrToolkit(BaseToolkit):
    """The sixteen `ehr.*` tools over `case`; they keep nothing, so calls may run in parallel.

    Search by meaning is absent where its model is: `semantic_absence` says why.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    case: Case

    def get_tools(self) -> list[BaseTool]:
        """One tool for each of EHR_TOOL_NAMES that can work here, in that order."""
        return [
            EhrTool(
                name=arguments.tool,
                description=arguments.says,
                args_schema=parameters_of(arguments),
                case=self.case,
                takes=arguments,
            )
            for arguments in takes.offered_arguments()
        ]
