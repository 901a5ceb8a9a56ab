"""Every error that clinseek raises on purpose.

    ClinseekError
    ├── UserError                  the user must change something: exit code 2, no traceback
    │   ├── SettingError           an option, environment variable or context key that cannot be
    │   ├── RawRecordError         a raw file or folder that cannot be read as MIMIC
    │   ├── StoreError             a store that is absent, broken, newer, or being written
    │   ├── SubjectError           a patient that the store does not hold
    │   ├── CutoffError            a moment that cannot be read or at which nothing is known
    │   ├── RuleError              a table or column without an availability rule
    │   ├── ModelError             a model that cannot be reached or named
    │   └── ThreadError            a thread that does not exist or cannot go on
    ├── Refusal                    a tool call that is answered with a sentence instead of rows
    ├── CaseError                  a case that could not be made or read: a fault of ours
    └── Interruption               a run that Ctrl-C stopped, with what to type to go on

A message says what happened, which value, where, and what to do next.
"""

from __future__ import annotations


class ClinseekError(Exception):
    """The root of the tree."""


class UserError(ClinseekError):
    """Something that the user can mend; shown as one sentence, exit code 2."""


class SettingError(UserError):
    """An option, environment variable, input or context key that cannot be."""


class RawRecordError(UserError):
    """A raw file or folder that cannot be read as MIMIC tables."""


class StoreError(UserError):
    """A store that is absent, broken, of a newer schema, or being written by another process."""


class SubjectError(UserError):
    """A patient that the store does not hold."""


class CutoffError(UserError):
    """A cutoff that cannot be read, carries a zone, or comes before the first record."""


class RuleError(UserError):
    """A table or column for which no availability rule exists; it is refused, never passed on."""


class ModelError(UserError):
    """A model that cannot be named, built or reached."""


class ThreadError(UserError):
    """A thread (checkpointed run) that does not exist or cannot go on."""


class Refusal(ClinseekError):
    """A tool call that cannot be answered; its sentence is the observation that the model gets."""


class CaseError(ClinseekError):
    """A case that could not be built or read although store, patient and cutoff are good."""


class Interruption(ClinseekError):
    """A run that was stopped at a terminal; its sentence says what goes on with it."""


def first_of(error: BaseException) -> BaseException:
    """The first error of a group, however deep it lies; an error that is no group itself.

    >>> first_of(ExceptionGroup("both", [ExceptionGroup("one", [KeyError("a")]), ValueError()]))
    KeyError('a')
    """
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def is_interrupt(error: BaseException) -> bool:
    """Whether an error is Ctrl-C, or was raised from it or amid it, in a group too.

    One that falls into the making of a class comes wrapped: by Python 3.11 as a RuntimeError from
    it, by pydantic's compiled part as a SchemaError that only names it.

    >>> amid = RuntimeError("Error calling __set_name__")
    >>> amid.__cause__ = KeyboardInterrupt()
    >>> is_interrupt(ExceptionGroup("several", [amid])), is_interrupt(KeyError("labevents"))
    (True, False)
    """
    left, met = [error], set[int]()
    while left:
        at = left.pop()
        if isinstance(at, KeyboardInterrupt) or _names_interrupt(at):
            return True
        met.add(id(at))
        held = [*at.exceptions] if isinstance(at, BaseExceptionGroup) else []
        amid = None if at.__suppress_context__ else at.__context__
        held += [each for each in (at.__cause__, amid) if each is not None]
        left += [each for each in held if id(each) not in met]
    return False


def _names_interrupt(error: BaseException) -> bool:
    return type(error).__name__ == "SchemaError" and str(error).rstrip().endswith(
        f"{KeyboardInterrupt.__name__}:"
    )
