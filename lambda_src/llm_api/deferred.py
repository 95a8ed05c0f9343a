"""Puts off an import that botocore makes and nothing here needs.

urllib3's HTTP/2 support, which botocore never turns on, wants to know a package's version and for that imports
`importlib.metadata`, and with it zipfile, csv and a dozen others: six hundredths of a naive function's cold start.
While botocore is imported, something stands in for that module that has the same names and imports it when one is used.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

METADATA = "importlib.metadata"


class _StandIn(ModuleType):
    """`importlib.metadata`, as long as nobody calls `version`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)  # the import system asks for such, and takes no for an answer
        return getattr(_real(), name)

    version: Callable[..., str] = staticmethod(lambda *arguments: _real().version(*arguments))


@contextmanager
def package_metadata() -> Iterator[None]:
    """Import `importlib.metadata` only if more than its name is needed meanwhile, and leave no trace of that."""
    if METADATA in sys.modules:
        yield
        return
    stand_in = _StandIn(METADATA)
    sys.modules[METADATA] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(METADATA) is stand_in:
            del sys.modules[METADATA]


def _real() -> ModuleType:
    if isinstance(sys.modules.get(METADATA), _StandIn):
        del sys.modules[METADATA]
    return importlib.import_module(METADATA)
