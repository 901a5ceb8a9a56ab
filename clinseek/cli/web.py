"""`clinseek web`: what an archive of queries and pages holds, and a copy of it to give away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clinseek.cli.options import JsonOption
from clinseek.cli.output import emit, emit_json, say, table
from clinseek.errors import SettingError

if TYPE_CHECKING:
    from clinseek.toolkits.browser.archive import Answer, Archive, Question

ArchiveArgument = Annotated[
    Path | None,
    typer.Option(
        "--archive",
        metavar="FILE",
        envvar="CLINSEEK_WEB_ARCHIVE",
        help="The archive (default: the one in CLINSEEK_HOME, where there is but one).",
    ),
]
LONGEST = 70
SHORTEST_HASH = 6

web_app = typer.Typer(
    help="Look into an archive of queries and pages, or copy it.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add `web`."""
    app.add_typer(web_app, name="web", rich_help_panel="Ask")


@web_app.callback()
def web() -> None:
    """Look into an archive of queries and pages, or copy it."""


@web_app.command("ls")
def ls(archive: ArchiveArgument = None, as_json: JsonOption = False) -> None:
    """List every query and page of an archive, in the order of their retrieval.

    [dim]clinseek web ls[/dim]
    [dim]clinseek web ls --archive web.sqlite --json[/dim]
    """
    with _opened(archive) as held:
        listed = [_told(question, answer) for question, answer in held.answers()]
        webs = held.webs()
    if as_json:
        emit_json({"archive": held.path, "backends": webs, "answers": listed})
        return
    if not listed:
        emit(f"{held.path} holds nothing yet.")
        return
    table(
        ("kind", "asked", "came to", "sha256", "retrieved (UTC)"),
        [
            (
                each["kind"],
                _short(each["asked"]),
                _short(each["failure"] or each["title"]),
                (each["page"] or each["body"])[:12] or None,
                each["retrieved"],
            )
            for each in listed
        ],
    )
    emit(f"\n{held.path}: {len(listed):,} answers of {', '.join(webs)}")


@web_app.command("show")
def show(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="A URL, a query, or the start of a sha256.")
    ],
    archive: ArchiveArgument = None,
    topn: Annotated[
        int | None, typer.Option(help="Of a query kept several times, the one with so many hits.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="The bytes as they were fetched.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what an archive holds of a page or a query: the lines as a model was shown them.

    [dim]clinseek web show corpus://demo/potassium.md[/dim]
    [dim]clinseek web show 'high potassium' --archive web.sqlite[/dim]
    """
    with _opened(archive) as held:
        found = _found(held, what, topn)
        if raw:
            _write_raw(held, *found)
            return
        told = {**_told(*found), "lines": _lines(held, *found)}
    if as_json:
        emit_json(told)
        return
    for name in ("url", "title", "retrieved", "web", "failure"):
        if told[name]:
            emit(f"{name}: {told[name]}")
    for number, line in enumerate(told["lines"]):
        emit(f"L{number}: {line}")


@web_app.command("export")
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new file.")],
    archive: ArchiveArgument = None,
    as_json: JsonOption = False,
) -> None:
    """Copy an archive into one new file that can be given to others, also while runs use it.

    [dim]clinseek web export given.sqlite --archive web.sqlite[/dim]

    It holds the queries as they were sent: look through them (`clinseek web ls`) first.
    """
    with _opened(archive) as held:
        held.export(out)
        answers = sum(1 for _ in held.answers())
    if as_json:
        emit_json({"archive": out, "answers": answers, "bytes": out.stat().st_size})
        return
    say(f"{out}: {answers:,} answers, {out.stat().st_size / 1e6:,.1f} MB")


@contextmanager
def _opened(named: Path | None) -> Iterator[Archive]:
    from clinseek.toolkits.browser.archive import Archive

    held = Archive.open(named or _only_one(), writes=False)
    try:
        yield held
    finally:
        held.close()


def _only_one() -> Path:
    """The one archive at home; SettingError where there is none, or several."""
    from clinseek.settings import web_folder

    found = sorted(web_folder().glob("*.sqlite"))
    if not found:
        raise SettingError(
            f"there is no web archive in {web_folder()} yet: a run that browses makes one; or name "
            "another with --archive"
        )
    if len(found) > 1:
        raise SettingError(f"name one with --archive: {', '.join(map(str, found))}")
    return found[0]


def _found(held: Archive, what: str, topn: int | None) -> tuple[Question, Answer]:
    """The question that `what` names; SettingError where none or more than one does."""
    asked = [each for each in held.answers() if what in (each[0].asked, each[1].url)]
    if not asked and len(what) >= SHORTEST_HASH:
        hashes = ((each, (each[1].page, each[1].body)) for each in held.answers())
        asked = [each for each, named in hashes if any(one.startswith(what) for one in named)]
    if not asked:
        raise SettingError(f"{held.path} holds no {what!r}; see: clinseek web ls")
    kept = sorted({question.topn for question, _ in asked if question.kind == "search"})
    known = ", ".join(map(str, kept))
    if topn is not None:
        asked = [each for each in asked if each[0].topn == topn]
        if not asked:
            raise SettingError(
                f"{what!r} is not kept with --topn {topn}, but with {known or 'none'}"
            )
    elif len(kept) > 1:
        raise SettingError(f"{what!r} is kept with several numbers of hits; name --topn: {known}")
    return next((each for each in asked if not each[1].sentence), asked[0])


def _told(question: Question, answer: Answer) -> dict[str, Any]:
    return {
        "kind": question.kind,
        "asked": question.asked,
        "topn": question.topn or None,
        "url": answer.url,
        "title": answer.title,
        "mime": answer.mime,
        "body": answer.body,
        "page": answer.page,
        "web": answer.web,
        "retrieved": answer.retrieved,
        "failure": answer.sentence,
    }


def _lines(held: Archive, question: Question, answer: Answer) -> tuple[str, ...]:
    from clinseek.toolkits.browser.reader import page_shown
    from clinseek.toolkits.observation import WebSource

    if answer.sentence:
        return ()
    page = page_shown(
        held,
        WebSource(
            cursor=0,
            kind=question.kind,
            url=answer.url,
            title=answer.title,
            first=0,
            last=0,
            retrieved=answer.retrieved,
            sha256=answer.page or answer.body,
        ),
    )
    if page is None:
        held.blob(answer.page or answer.body)  # says what is wrong where the archive is damaged
        return ()
    return page.lines


def _write_raw(held: Archive, question: Question, answer: Answer) -> None:
    body = held.blob(answer.body) if answer.body else None
    if body is None:
        raise SettingError(f"nothing was fetched for {question.asked!r}: {answer.sentence}")
    typer.echo(body, nl=False)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
