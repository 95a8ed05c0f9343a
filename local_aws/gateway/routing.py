"""Which resource a path belongs to: a static segment before a variable one before a greedy one, at each step.

A resource is found by its path alone; a method that it lacks is not looked for elsewhere. Segments compare decoded,
and an encoded slash does not part them.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from local_aws.gateway.document import Api, Operation


@dataclass(frozen=True, slots=True)
class Match:
    """A resource for a path. `operation` is None where the resource has no such method.

    Attributes:
        resource: the template, such as `/model/{modelId}/invoke`.
        parameters: path parameters, decoded once.
    """

    resource: str
    operation: Operation | None
    parameters: Mapping[str, str]


def match(api: Api, method: str, raw_path: str) -> Match | None:
    """The resource that serves a path, which begins with a slash and holds no stage; None where there is none."""
    segments = [unquote(segment) for segment in raw_path.split("/")[1:]]
    while len(segments) > 1 and segments[-1] == "":
        segments.pop()
    best: tuple[tuple[int, ...], str, dict[str, str]] | None = None
    for template in api.resources:
        found = _fit(template.split("/")[1:], segments)
        if found is not None and (best is None or found[0] < best[0]):
            best = (found[0], template, found[1])
    if best is None:
        return None
    _, resource, parameters = best
    operations = api.resources[resource]
    return Match(resource, operations.get(method) or operations.get("ANY"), parameters)


def _fit(template: list[str], segments: list[str]) -> tuple[tuple[int, ...], dict[str, str]] | None:
    """(rank, parameters), the lower rank the better: 0 a static segment, 1 a variable one, 2 a greedy one."""
    rank: list[int] = []
    parameters: dict[str, str] = {}
    for index, part in enumerate(template):
        if part.startswith("{") and part.endswith("+}"):
            rest = "/".join(segments[index:])
            return ((*rank, 2), {**parameters, part[1:-2]: rest}) if rest else None
        if index >= len(segments):
            return None
        if part.startswith("{") and part.endswith("}"):
            if not segments[index]:
                return None
            parameters[part[1:-1]] = segments[index]
            rank.append(1)
        elif part == segments[index]:
            rank.append(0)
        else:
            return None
    return (tuple(rank), parameters) if len(template) == len(segments) else None
