"""The user's own model server, where there is one on this machine: it writes the text, the rest stays pretended."""

import ipaddress
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from local_aws.models.errors import ServiceError
from local_aws.models.prompt import Prompt, Text

VARIABLE = "LOCAL_AWS_MODEL_URL"
"""Names an OpenAI-compatible server, such as `http://127.0.0.1:8080/v1`."""

MODEL_VARIABLE = "LOCAL_AWS_MODEL_NAME"
"""The model that is asked for there."""

TIMEOUT_SECONDS = 120


def from_environment(environment: Mapping[str, str]) -> Callable[[Prompt], str] | None:
    """What writes answers, or None where the variable is not set.

    Raises:
        ValueError: the URL leads off this machine.
    """
    url = environment.get(VARIABLE, "").rstrip("/")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not _is_loopback(parts.hostname or ""):
        raise ValueError(
            f"{VARIABLE} is {url}, which is not on this machine. Prompts of local AWS stay here: give a URL such as "
            "http://127.0.0.1:8080/v1."
        )
    name = environment.get(MODEL_VARIABLE, "default")

    def write(prompt: Prompt) -> str:
        return _ask(f"{url}/chat/completions", name, prompt)

    return write


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _ask(url: str, name: str, prompt: Prompt) -> str:
    system = "\n".join(part.text for part in prompt.system if isinstance(part, Text))
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": turn.role, "content": turn.text()} for turn in prompt.turns if turn.text()]
    body = json.dumps({"model": name, "messages": messages, "max_tokens": prompt.max_tokens, "temperature": 0}).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310 - checked above
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as response:
            return str(json.load(response)["choices"][0]["message"]["content"])
    except (OSError, urllib.error.URLError, ValueError, LookupError, TypeError) as error:
        raise ServiceError(
            424,
            "ModelErrorException",
            f"The model server that {VARIABLE} names failed: {error}. Start it, or unset the variable.",
            {"originalStatusCode": 500, "resourceName": name},
        ) from None
