"""Cuts botocore's data about AWS's services to what this package uses, into `llm_api/data/`.

    python lambda_src/service_data.py BOTOCORE       write the files, from the botocore in this folder
    python lambda_src/service_data.py                … from the one that is installed

To make one client, botocore lists the folders of all services and reads the endpoints of all Regions and services,
1.25 MB of JSON. The same files with the used services and operations alone are some 25 KB, compressed; `llm_api.aws`
gives them to botocore in place of its own. They come from a current botocore, so that a runtime whose own is older
still knows today's operations.
"""

import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parent / "llm_api" / "data"

OPERATIONS: Mapping[str, frozenset[str]] = {
    "bedrock-runtime": frozenset(
        {
            "Converse",
            "ConverseStream",
            "CountTokens",
            "InvokeModel",
            "InvokeModelWithResponseStream",
        }
    ),
    "dynamodb": frozenset({"GetItem", "PutItem", "UpdateItem"}),
    "sagemaker-runtime": frozenset({"InvokeEndpoint", "InvokeEndpointWithResponseStream"}),
    "stepfunctions": frozenset({"DescribeExecution", "GetExecutionHistory", "SendTaskSuccess", "StartExecution"}),
}
"""By botocore's name of the service."""

ENDPOINT_PREFIXES = frozenset({"bedrock-runtime", "dynamodb", "runtime.sagemaker", "states"})
"""The same services as `endpoints.json` calls them."""

_PROSE = frozenset({"documentation", "max", "pattern"})

SERVICE_FILES = ("service-2", "endpoint-rule-set-1")
SHARED_FILES = ("endpoints", "partitions", "sdk-default-configuration")


def cut(botocore_data: Path) -> dict[str, Any]:
    """The files by name, without suffix: botocore's own, cut.

    Parameters:
        botocore_data: the folder `data` of an installed botocore.
    """
    files: dict[str, Any] = {name: _load(botocore_data / name) for name in SHARED_FILES}
    for partition in files["endpoints"]["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in services if name in ENDPOINT_PREFIXES}
    for service, operations in OPERATIONS.items():
        version = max(path.name for path in (botocore_data / service).iterdir() if path.is_dir())
        for name in SERVICE_FILES:
            files[f"{service}/{version}/{name}"] = _load(botocore_data / service / version / name)
        _keep_operations(files[f"{service}/{version}/service-2"], operations)
    return {name: _without_prose(content) for name, content in files.items()}


def committed(folder: Path = DATA) -> dict[str, Any]:
    """The files in the repository, as `cut` gives them."""
    return {
        path.relative_to(folder).as_posix().removesuffix(".json.gz"): json.loads(gzip.decompress(path.read_bytes()))
        for path in sorted(folder.rglob("*.json.gz"))
    }


def write(files: Mapping[str, Any], folder: Path = DATA) -> None:
    """Replace the files in the repository."""
    for path in folder.rglob("*.json.gz"):
        path.unlink()
    for name, content in files.items():
        path = folder / f"{name}.json.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))


def _load(path: Path) -> Any:
    plain = path.with_name(f"{path.name}.json")
    return json.loads(plain.read_bytes() if plain.exists() else gzip.decompress(_compressed(path).read_bytes()))


def _compressed(path: Path) -> Path:
    return path.with_name(f"{path.name}.json.gz")


def _keep_operations(model: dict[str, Any], operations: frozenset[str]) -> None:
    """Cut a service model to some operations and the shapes that they reach."""
    model["operations"] = {name: model["operations"][name] for name in sorted(operations)}
    reached: set[str] = set()
    waiting = list(_shapes_in(model["operations"]))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _shapes_in(model["shapes"][name])
    model["shapes"] = {name: shape for name, shape in model["shapes"].items() if name in reached}


def _shapes_in(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        if isinstance(content.get("shape"), str):
            yield content["shape"]
        for value in content.values():
            yield from _shapes_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from _shapes_in(value)


def _without_prose(content: Any) -> Any:
    """Without what botocore never looks at: descriptions, and constraints that it leaves to the service."""
    if isinstance(content, dict):
        return {
            name: _without_prose(value)
            for name, value in content.items()
            # A member may have such a name too, but then it is described by an object.
            if not (name in _PROSE and isinstance(value, str | int))
        }
    if isinstance(content, list):
        return [_without_prose(value) for value in content]
    return content


def main() -> None:
    """Write the files."""
    if len(sys.argv) > 1:
        botocore = Path(sys.argv[1])
    else:
        import importlib.util

        found = importlib.util.find_spec("botocore")
        if found is None or found.origin is None:
            sys.exit("botocore is not installed: name the folder of one.")
        botocore = Path(found.origin).parent
    write(cut(botocore / "data"))
    total = sum(path.stat().st_size for path in DATA.rglob("*.json.gz"))
    print(f"{DATA.name}: {total:,} bytes")


if __name__ == "__main__":
    main()
