"""`Link` fields of an answer -> targets by relation (RFC 8288). Pure."""

import re

# One link: its target, and its parameters up to the comma that begins the next; commas stand in targets and quotes too.
_LINK = re.compile(r'<([^<>]*)>((?:[^",<]|"(?:[^"\\]|\\.)*")*)')
_PARAMETER = re.compile(r';\s*([^\s=;,"]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*))?')
# The search for a quote's end is begun anew at each link: bounded, it cannot become long.
_MOST_CHARACTERS = 4_096
_ESCAPED = re.compile(r"\\(.)")


def targets(field: str) -> dict[str, str]:
    """Relation in lower case -> the first target that has it, as written, perhaps relative.

    A link about another resource (`anchor`) is left out; of several `rel` in one link the first counts.
    """
    found: dict[str, str] = {}
    for target, rest in _LINK.findall(field[:_MOST_CHARACTERS]):
        parameters: dict[str, str] = {}
        for name, value in _PARAMETER.findall(rest):
            parameters.setdefault(name.lower(), _unquoted(value))
        if "anchor" not in parameters:
            for relation in parameters.get("rel", "").lower().split():
                found.setdefault(relation, target.strip())
    return found


def _unquoted(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
