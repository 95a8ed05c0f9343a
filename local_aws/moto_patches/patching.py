"""How a gap is filled: moto's classes are patched in this process, and put back for the tests that watch the gap."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_MISSING = object()


class Patch:
    """Replaces attributes of moto's classes and remembers what was there."""

    def __init__(self) -> None:
        self._undo: list[tuple[Any, str, Any]] = []

    def replace(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Sets `owner.name` to `make(original)`; the original is None where there was none."""
        original = vars(owner).get(name, _MISSING)
        self._undo.append((owner, name, original))
        setattr(owner, name, make(getattr(owner, name, None)))

    def undo(self) -> None:
        """Puts everything back, last first."""
        while self._undo:
            owner, name, original = self._undo.pop()
            if original is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, original)


Gap = Callable[[Patch], None]
PATCHES: list[Gap] = []
_patch = Patch()
_lock = threading.Lock()
_installed = False


def gap(fill: Gap) -> Gap:
    """Registers a gap; they are filled in the order of their registration."""
    PATCHES.append(fill)
    return fill


def install() -> None:
    """Fills all gaps, once a process."""
    global _installed
    with _lock:
        if not _installed:
            for fill in PATCHES:
                fill(_patch)
            _installed = True


@contextmanager
def bare_moto() -> Iterator[None]:
    """moto as it is, for the tests that show that a gap is still one. Not for use beside another thread's local AWS."""
    global _installed
    with _lock:
        _patch.undo()
        _installed = False
    try:
        yield
    finally:
        install()
