"""Filters that look at one trace: pure functions, each with a name and a reason to drop."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from clinseek.training.filters.verdict import KEPT, Dropped, Filter, Verdict
from clinseek.training.splits import PatientSplit
from clinseek.training.traces.patients import patients_of
from clinseek.training.traces.trace import FINISH, Message, Trace, arguments_in, calls_in

_SHOWN = 160


def test_patients(split: PatientSplit, *, unknown: bool) -> Filter:
    """No trace of a patient of the test split; `unknown`: those without a patient are kept.

    Whom the task names counts as whom the file says; where they are several, the trace goes.
    """

    def verdict(trace: Trace, _: int) -> Verdict:
        patients = sorted(patients_of(trace))
        if tested := [each for each in patients if split.part_of(each) == "test"]:
            return Dropped("test patient", f"patient {tested[0]} is of the test split")
        if len(patients) > 1:
            named = ", ".join(map(str, patients))
            return Dropped("several patients", f"file and task name the patients {named}")
        if not patients:
            said = "no patient is named, so the test split cannot be ruled out"
            return KEPT if unknown else Dropped("unknown patient", said)
        return KEPT

    return Filter("test_patients", f"no patient of the test split ({split.named})", verdict)


def complete() -> Filter:
    """The run ended by its own finish call, and each call before it has its answer."""

    def verdict(trace: Trace, _: int) -> Verdict:
        if trace.status == "failed":
            return Dropped("failed", f"the run failed ({trace.stop_reason})")
        if not _ends_by_finish(trace.messages):
            return Dropped("no finish call", f"it ended by {trace.stop_reason}, not by {FINISH}")
        if trace.stop_reason != "finish":
            return Dropped("made to conclude", f"it ended by {trace.stop_reason}")
        if missing := _unanswered(trace.messages):
            return Dropped("unanswered call", f"no result for the call {missing[0]}")
        return KEPT

    return Filter("complete", "ended by its own ehr.finish, every call answered", verdict)


def readable() -> Filter:
    """The arguments of every call are a JSON object; nothing else is to be learnt."""

    def verdict(trace: Trace, _: int) -> Verdict:
        for _at, call in calls_in(trace.messages):
            if arguments_in(call) is None:
                written = " ".join(call["function"]["arguments"].split())[:_SHOWN]
                return Dropped(
                    "no JSON object", f"{call['function']['name']} called with {written}"
                )
        return KEPT

    return Filter("readable", "the arguments of every call are a JSON object", verdict)


def correct(least: float) -> Filter:
    """The score of the answer is at least `least`."""

    def verdict(trace: Trace, _: int) -> Verdict:
        return _at_least(trace, "default", least, missing="no score")

    return Filter("correct", f"score at least {least:g}", verdict)


def grounded(least: float) -> Filter:
    """At least this share of the answer's items stands on what it cites.

    Where it does not apply (nothing was answered, the file keeps no evidence) a trace stays.
    """

    def verdict(trace: Trace, _: int) -> Verdict:
        return _at_least(trace, "groundedness", least, missing=None)

    return Filter("grounded", f"groundedness at least {least:g}, where it applies", verdict)


def no_leak(profiles: Collection[str]) -> Filter:
    """Made under a profile that shows nothing of the future, and no call reached out of the case.

    `profiles` empty: any profile will do.
    """
    named = ", ".join(sorted(profiles)) or "any profile"

    def verdict(trace: Trace, _: int) -> Verdict:
        profile = trace.origin["profile"]
        if profiles and profile not in profiles:
            said = f"the record was shown under the profile {profile or 'not told'}"
            return Dropped("profile", said)
        policy = trace.scores.get("policy")
        if policy is not None and policy["value"] == 0:
            return Dropped("out of case", policy["explanation"])
        return KEPT

    return Filter("no_leak", f"profile {named}; no call out of the case", verdict)


def unrepaired() -> Filter:
    """Nothing of it had to be mended by the harness."""

    def verdict(trace: Trace, _: int) -> Verdict:
        if trace.salvaged is not None:
            return Dropped("salvaged", f"its answer was read from its words ({trace.salvaged})")
        if trace.repairs:
            kinds = ", ".join(f"{kind} ({n})" for kind, n in sorted(trace.repairs.items()))
            return Dropped("repaired", f"the harness mended its calls: {kinds}")
        return KEPT

    return Filter("unrepaired", "no call was mended by the harness", verdict)


def uncondensed() -> Filter:
    """No observation gave way to a line: each turn was shown the conversation as it stands."""

    def verdict(trace: Trace, _: int) -> Verdict:
        if trace.condensed:
            said = f"{trace.condensed} observations gave way before its end"
            return Dropped("condensed", said)
        return KEPT

    return Filter("uncondensed", "every turn was shown the whole conversation", verdict)


def short_enough(most: int) -> Filter:
    """It takes at most `most` tokens."""

    def verdict(_: Trace, tokens: int) -> Verdict:
        return Dropped("too long", f"{tokens:,} tokens") if tokens > most else KEPT

    return Filter("length", f"at most {most:,} tokens", verdict)


def _at_least(trace: Trace, scorer: str, least: float, *, missing: str | None) -> Verdict:
    judged = trace.scores.get(scorer)
    if judged is None or judged["value"] is None:
        if missing is None:
            return KEPT
        return Dropped(missing, judged["explanation"] if judged else "it was not scored")
    if judged["value"] >= least:
        return KEPT
    said = " ".join(judged["explanation"].split())[:_SHOWN]
    return Dropped("too low", f"{judged['value']:.2f}: {said}")


def _ends_by_finish(messages: Sequence[Message]) -> bool:
    last = next((each for each in reversed(messages) if each["role"] == "assistant"), None)
    return last is not None and any(
        call["function"]["name"] == FINISH for call in last.get("tool_calls", ())
    )


def _unanswered(messages: Sequence[Message]) -> list[str]:
    """The ids of calls without a result; the last finish call needs none."""
    answered = {message.get("tool_call_id") for message in messages if message["role"] == "tool"}
    return [
        call["id"]
        for _, call in calls_in(messages)
        if call["id"] not in answered and call["function"]["name"] != FINISH
    ]
