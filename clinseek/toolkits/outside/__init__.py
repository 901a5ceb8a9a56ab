"""Tools of MCP servers that are not ours, inside a run.

`server.py` reads what the user named (`--mcp NAME=URL|command`, a `[mcp]` table) and loads nothing
heavy. `session.py` opens those servers for one run; import it where it is used.

What a graph calls, in order, all on the event loop of the run:

    servers = (*servers_of(table), *map(read_server, options))       # pure; SettingError

    from clinseek.toolkits.outside.session import OutsideSession
    session = OutsideSession(servers, taken=names_of_our_tools, case=binding_or_None)
    tools = await session.tools()     # at load: opens every server at once; never raises for one
    session.absent                    # {name: why}: servers that could not be opened
    session.remarks                   # sentences on tools that were renamed or left out

    message = await tools[i].ainvoke(call)      # in act; also tools[i].invoke(call) in a thread
    await session.close()             # at finish, on cancellation, and before a fork opens anew

A session belongs to one run and one event loop and is not part of the state: a run that is
resumed makes a new one with the same arguments, and finds the same tools under the same names as
long as the servers offer them. `close` may be called from any task of the loop, and again.
`case` (`{"subject_id": ..., "cutoff": ..., "profile": ...}`) is sent only to servers marked
`bind = true`: nothing of the patient goes to any other but what the model writes into a call.
`OutsideServer.host` is the host that calls go to, None for a process on this machine.
"""

from clinseek.toolkits.outside.server import OutsideServer, read_server, servers_of

__all__ = ["OutsideServer", "read_server", "servers_of"]
