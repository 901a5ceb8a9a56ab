"""The toolkits as MCP servers, for agents outside this graph.

service.py   what is served: tools over one case, pages about it (no MCP in it)
session.py   one client's session: its calls in threads, its evidence, its limits, its expiry
app.py       a session as an MCP server: names, schemas, results, resources
sessions.py  many sessions at once, each bound when it is opened and never again
stdio.py     one session over stdin and stdout
http.py      many sessions over Streamable HTTP, behind the checks of gate.py
log.py       what its log says: never a word of a client's message
ehr.py       the `ehr.*` toolkit as a service
browser.py   the `browser.*` toolkit as a service
"""
