"""Our `dataclass` does what the standard library's does, as far as the package needs it."""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from llm_api import records

Decorator = Callable[..., Callable[[type[Any]], type[Any]]]


def point(dataclass: Decorator, **options: Any) -> Any:
    """A class with every kind of field, and one that adds to it."""

    @dataclass(slots=True, **options)
    class Point:
        """A point."""

        kind: ClassVar[str] = "point"
        x: int
        y: int = 2
        tags: list[str] = dataclasses.field(default_factory=list)
        secret: str = dataclasses.field(default="s", repr=False)

        def far(self) -> int:
            return self.x + self.y

    @dataclass(slots=True, **options)
    class Named(Point):
        name: str = "p"

    return Named


@pytest.fixture(params=[records.dataclass, dataclasses.dataclass], ids=["ours", "theirs"])
def dataclass(request: pytest.FixtureRequest) -> Decorator:
    """Both: what is said of ours has to be true of theirs."""
    decorator: Decorator = request.param
    return decorator


@pytest.mark.parametrize("frozen", [True, False])
def test_instances_are_made_compared_and_shown(dataclass: Decorator, frozen: bool) -> None:
    # GIVEN a class with defaults, from a class with defaults
    named = point(dataclass, frozen=frozen)
    # THEN fields come in order, by position or name
    one = named(1, tags=["a"], name="n")
    assert (one.x, one.y, one.tags, one.secret, one.name, one.far(), one.kind) == (1, 2, ["a"], "s", "n", 3, "point")
    # AND a default that is made is made anew
    assert named(1).tags is not named(1).tags
    # AND equal fields are equal instances, of one class
    assert named(1) == named(x=1) != named(2)
    assert named(1) != point(dataclass, frozen=frozen)(1)
    # AND the text leaves out what is to be left out
    assert repr(one).endswith("Named(x=1, y=2, tags=['a'], name='n')")
    # AND there is nothing but the fields
    assert not hasattr(one, "__dict__")
    with pytest.raises((AttributeError, TypeError)):  # Python 3.11's own stumbles over itself while refusing
        one.other = 1


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, [], "s", "n", 6), {}), ((1,), {"x": 1}), ((1,), {"z": 1})]
)
def test_wrong_values_are_refused(dataclass: Decorator, values: tuple[Any, ...], named: dict[str, Any]) -> None:
    # GIVEN too few values, too many, one twice, or one that has no field
    # THEN no instance is made
    with pytest.raises(TypeError):
        point(dataclass)(*values, **named)


def test_frozen_instances_stay_as_they_are_and_can_be_keys(dataclass: Decorator) -> None:
    # GIVEN a frozen class
    @dataclass(frozen=True, slots=True)
    class Key:
        a: int

    # THEN equal instances are one key, and no field can be changed
    key: Any = Key
    assert {key(1), key(1)} == {key(1)}
    with pytest.raises(dataclasses.FrozenInstanceError):
        key(1).a = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del key(1).a


def test_mutable_instances_can_be_changed_and_are_no_keys(dataclass: Decorator) -> None:
    # GIVEN a class that isn't frozen
    instance = point(dataclass)(1)
    # WHEN a field is changed
    instance.x = 5
    # THEN it is, and the instance has no hash
    assert instance.far() == 7
    with pytest.raises(TypeError):
        hash(instance)


def test_a_copy_with_changes_can_be_made(dataclass: Decorator) -> None:
    # GIVEN an instance
    one = point(dataclass, frozen=True)(1, name="n")
    # THEN the standard library makes another of it
    assert dataclasses.replace(one, y=9) == type(one)(1, 9, name="n")


def test_methods_of_the_class_stay(dataclass: Decorator) -> None:
    # GIVEN a class that makes its instances itself
    @dataclass(slots=True)
    class Own:
        a: int
        b: int = 0

        def __init__(self, a: int) -> None:
            self.a, self.b = a, a

    # THEN it does
    own: Any = Own
    assert repr(own(3)).endswith("Own(a=3, b=3)")
