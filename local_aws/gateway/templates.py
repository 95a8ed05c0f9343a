"""`$context` variables in templates and headers. There is no Velocity here: a template with directives is not emulated.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from local_aws.gateway.errors import NotEmulated

_NAME = r"(?:context|stageVariables)(?:\.[A-Za-z0-9_-]+)+"
_VARIABLE = re.compile(rf"\$\{{(?P<braced>{_NAME})\}}|\$(?P<bare>{_NAME})")
_DIRECTIVE = re.compile(r"#(set|if|else|elseif|end|foreach|define|macro)\b|\$!?\{?(input|util|method)\b")


def render(template: str, variables: Mapping[str, Any], absent: str = "") -> str:
    """A template's text.

    Args:
        variables: nested, `{"context": {…}, "stageVariables": {…}}`.
        absent: what stands for a variable without a value.

    Raises:
        NotEmulated: the template needs Velocity.
    """
    found = _DIRECTIVE.search(template)
    if found:
        raise NotEmulated(f"Templates with {found.group(0)!r} need Velocity, which local AWS does not have.")

    def value(match: re.Match[str]) -> str:
        found = look_up(match["braced"] or match["bare"], variables)
        return absent if found is None else found

    return _VARIABLE.sub(value, template)


def look_up(path: str, variables: Mapping[str, Any]) -> str | None:
    """The text of a variable, or None."""
    value: Any = variables
    for step in path.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return None
        value = value[step]
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def mapped_value(expression: str, variables: Mapping[str, Any]) -> str | None:
    """A header's value from a mapping expression: `'text'`, `context.requestId` or `stageVariables.name`.

    Raises:
        NotEmulated: an expression of another kind.
    """
    if len(expression) >= 2 and expression[0] == expression[-1] == "'":
        return expression[1:-1]
    if expression.startswith(("context.", "stageVariables.")):
        return look_up(expression, variables)
    raise NotEmulated(f"The mapping expression {expression!r} is neither 'text' nor a context variable.")
