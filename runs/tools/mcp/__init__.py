"""Tools of remote servers, by the Model Context Protocol (docs/mcp.md).

``service`` is what a run is given; ``catalog`` makes tools of what a server lists; ``tools`` and ``resources`` call them;
``elicitation`` turns a server's question into one for the person; ``results`` turns what it answers into text.
``connections`` keeps one connection for each server and person, ``connection`` owns it, ``transports`` and ``guarded_http``
carry it.
"""
