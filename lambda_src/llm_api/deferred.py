"""Puts off imports that botocore and urllib3 make and a request doesn't need: an eighth of a cold start.

While they are imported, a module of `DEFERRED` is made as usual but not run. It runs in place the first time that
anything is looked up in it, so that whoever needs it, now or ever, has the real one. `from module import name` looks
something up at once; where a function is imported that way, something that calls the real one is there under its name.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # it imports tempfile, zipfile and others
    from importlib.abc import Loader

DEFERRED: Mapping[str, tuple[str, ...]] = {
    "ast": (),
    "botocore.docs.bcdoc.restdoc": ("DocumentStructure",),
    "botocore.docs.method": ("document_model_driven_method",),
    "botocore.docs.paginator": ("document_paginate_method",),
    "botocore.docs.service": ("ServiceDocumenter",),
    "botocore.docs.waiter": ("document_wait_method",),
    "calendar": (),
    "configparser": (),
    "dateutil.parser": ("parse",),
    "getpass": ("getpass",),
    "importlib.metadata": ("version",),
    "jmespath": (),
    "mimetypes": (),
    "shlex": (),
    "subprocess": ("Popen",),
    "tempfile": (),
    "tokenize": (),
    "urllib.request": ("getproxies", "proxy_bypass"),
    "uuid": (),
}
"""By module: the functions, and classes that are only called, that are taken out of it as it is imported."""

_running = threading.RLock()


class _Deferred(ModuleType):
    """A module that hasn't run yet."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)  # the import system asks for such, and takes no for an answer
        return getattr(_run(self), name)


class _Later:
    """Makes the module, and keeps what would run it."""

    def __init__(self, real: "Loader", functions: Sequence[str]) -> None:
        self.real = real
        self.functions = functions

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Deferred(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        for name in self.functions:
            setattr(module, name, _caller(module, name))


class _Finder:
    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        functions = DEFERRED.get(name)
        spec = PathFinder.find_spec(name, path) if functions is not None else None
        if functions is None or spec is None or spec.loader is None:
            return None
        later: Any = _Later(spec.loader, functions)
        spec.loader = later
        return spec


@contextmanager
def imports() -> Iterator[None]:
    """Put off what is imported meanwhile."""
    finder: Any = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _caller(module: ModuleType, name: str) -> Callable[..., Any]:
    return lambda *arguments, **named: getattr(_run(module), name)(*arguments, **named)


def _run(module: ModuleType) -> ModuleType:
    with _running:
        if isinstance(module, _Deferred):
            deferred: Any = module
            later = deferred.__loader__
            for name in later.functions:
                delattr(deferred, name)
            deferred.__class__ = ModuleType
            deferred.__loader__ = deferred.__spec__.loader = later.real
            later.real.exec_module(deferred)
    return module


with imports():
    import dataclasses  # noqa: F401 - botocore's and ours; by way of `inspect` it asks for `ast` and `tokenize`
