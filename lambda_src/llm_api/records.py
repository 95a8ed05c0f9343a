"""`dataclass` as the standard library has it, for a cold start.

The standard library writes the source of each class's methods and compiles it as the module is imported, which for the
thirty classes of a start is a tenth of it. Here all classes share the same methods, which go by the class's fields;
making an instance takes up to a microsecond longer. Type checkers see the standard library's, and so does
`dataclasses.replace`.
"""

from dataclasses import MISSING, Field, field
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, get_origin

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen=False, slots):
        """A class decorator: the fields are the class's annotated names, their values in the class the defaults.

        Parameters:
            frozen: whether an instance is fixed once made, and can be a key.
            slots: True; an instance has its fields and nothing else.
        """
        return lambda cls: _made(cls, frozen)


_FIELDS = "__dataclass_fields__"


def _made(cls: Any, frozen: bool) -> Any:
    inherited: dict[str, Field[Any]] = getattr(cls, _FIELDS, {})
    own: dict[str, Field[Any]] = {}
    for name, kind in cls.__annotations__.items():
        if kind is not ClassVar and get_origin(kind) is not ClassVar:
            default = vars(cls).get(name, MISSING)
            own[name] = default if isinstance(default, Field) else field(default=default)
            own[name].name, own[name].type = name, kind
    methods = {"__init__": _init, "__repr__": _repr, "__eq__": _eq, "__hash__": _hash if frozen else None}
    if frozen:
        methods |= {"__setattr__": _refuse, "__delattr__": _refuse}
    kept = {name: value for name, value in vars(cls).items() if name not in {*own, "__dict__", "__weakref__"}}
    if kept.get("__hash__", 0) is None:
        del kept["__hash__"]
    slots = tuple(name for name in own if name not in inherited)
    made = type(cls)(cls.__name__, cls.__bases__, methods | kept | {"__slots__": slots, _FIELDS: inherited | own})
    made.__qualname__ = cls.__qualname__
    return made


def _init(self: Any, *values: Any, **named: Any) -> None:
    fields = self.__dataclass_fields__
    put = object.__setattr__
    for name, value in zip(fields, values, strict=False):
        put(self, name, value)
    for name in islice(fields, len(values), None):
        if name in named:
            value = named.pop(name)
        elif fields[name].default is not MISSING:
            value = fields[name].default
        elif fields[name].default_factory is not MISSING:
            value = fields[name].default_factory()
        else:
            raise TypeError(f"{type(self).__name__} needs {name!r}")
        put(self, name, value)
    if named or len(values) > len(fields):
        raise TypeError(f"{type(self).__name__} takes {', '.join(fields)}, each once")


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, name) for name in self.__dataclass_fields__)


def _eq(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(self) is type(other) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    shown = (f"{name}={getattr(self, name)!r}" for name, field in self.__dataclass_fields__.items() if field.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _refuse(self: Any, name: str, *_: Any) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"{type(self).__name__}.{name} is fixed")
