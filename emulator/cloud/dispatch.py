"""What an API consists of: its operations, the parameters of each, and how these are checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.cloud.errors import CloudError
from emulator.cloud.vpc.models.tasks import Pace

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

Json = dict[str, Any]
Work = Callable[[], Json]
"""What is left to do until there is a reply. It may take long and call the cloud itself: nothing is held meanwhile."""

Check = Callable[[object], bool]


def text(value: object) -> bool:
    """Whether a parameter is a string."""
    return isinstance(value, str)


def number(value: object) -> bool:
    """Whether a parameter is an integer; JSON's true is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def numbers(value: object) -> bool:
    """Whether a parameter is a list of integers."""
    return isinstance(value, list) and all(number(item) for item in value)


def decimal(value: object) -> bool:
    """Whether a parameter is a number, whole or not."""
    return number(value) or isinstance(value, float)


def flag(value: object) -> bool:
    """Whether a parameter is a boolean."""
    return isinstance(value, bool)


def texts(value: object) -> bool:
    """Whether a parameter is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def record(value: object) -> bool:
    """Whether a parameter is an object."""
    return isinstance(value, dict)


def records(value: object) -> bool:
    """Whether a parameter is a list of objects."""
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was let through: its parameters, when it takes place, how fast its task shall be, and whose it is."""

    params: Mapping[str, Any]
    now: float
    pace: Pace
    identity: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One action of an API. `run` does it and gives the reply, but for RequestId, or raises CloudError.

    `hidden` names the parameters that no log may hold.
    """

    run: Callable[[Cloud, Call], Json | Work]
    parameters: Mapping[str, Check]
    required: tuple[str, ...] = ()
    per_second: int = 20
    throttled: str = "RequestLimitExceeded"
    changes: bool = True
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """An API of one version, in each region for itself or for the whole account."""

    version: str
    operations: Mapping[str, Operation]
    regional: bool = True


def check(operation: Operation, params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters without those that are null. Raises UnknownParameter, InvalidParameter or MissingParameter."""
    given = {name: value for name, value in params.items() if value is not None}
    for name, value in given.items():
        is_valid = operation.parameters.get(name)
        if is_valid is None:
            raise CloudError("UnknownParameter", f"The parameter `{name}` is not recognized.")
        if not is_valid(value):
            raise CloudError("InvalidParameter", f"The value type of parameter `{name}` is not valid.")
    for name in operation.required:
        if name not in given:
            raise CloudError("MissingParameter", f"The request is missing a required parameter `{name}`.")
    return given


def item(entry: Mapping[str, Any], where: str, **fields: Check) -> dict[str, Any]:
    """An object inside a parameter, checked like the parameters; every field given here is required."""
    for name, is_valid in fields.items():
        if name not in entry:
            raise CloudError("MissingParameter", f"The request is missing a required parameter `{where}.{name}`.")
        if not is_valid(entry[name]):
            raise CloudError("InvalidParameter", f"The value type of parameter `{where}.{name}` is not valid.")
    for name in entry:
        if name not in fields:
            raise CloudError("UnknownParameter", f"The parameter `{where}.{name}` is not recognized.")
    return dict(entry)
