"""The browser: search, open and find, over pages that a run can come back to.

What a harness calls, in order:

    archive = Archive.open(path, writes=mode != "replay")        # SettingError
    web = build_web("offline", guards=guards, environment=os.environ, folder=folder)

    reader = Reader(web=web, archive=archive, mode=mode, guards=guards)    # one for each run
    session = BrowserSession(reader, BrowserState.from_json(kept))
    tools = BrowserToolkit(session=session, executor=threads).get_tools()
    kept = session.state.as_json()         # after each call: JSON, to be checkpointed with the run

The names here load nothing heavy; those that do are imported where they are used.
"""

from clinseek.toolkits.browser.arguments import BROWSER_TOOL_NAMES, browser_tool_schemas
from clinseek.toolkits.browser.citations import Cited, cited_in
from clinseek.toolkits.browser.guarding import Guards
from clinseek.toolkits.browser.stack import BrowserState, Opened

__all__ = [
    "BROWSER_TOOL_NAMES",
    "BrowserState",
    "Cited",
    "Guards",
    "Opened",
    "browser_tool_schemas",
    "cited_in",
]
