"""The account's functions. What a function does when it is run is put in by whoever owns the cloud."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from emulator.cloud.errors import CloudError

Run = Callable[[Any], object]
"""A function's code: from the event to what JSON can hold. It may raise FailedRun; any other exception is its own."""


class FailedRun(Exception):
    """A run that did not end well: 430 an exception in the code, 433 the time limit, 434 the memory."""

    def __init__(self, status: int, message: str) -> None:
        """A failure as the caller will see it."""
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(slots=True)
class Function:
    """A function; `config` is what CreateFunction was given."""

    name: str
    namespace: str
    created_at: float
    active_at: float
    config: Mapping[str, Any]
    reserved_mb: int | None = None
    retries: int = 2
    ttl_seconds: int = 21_600
    triggers: dict[tuple[str, str], Trigger] = field(default_factory=dict)
    """By kind and name."""

    @property
    def function_id(self) -> str:
        """Its id, which no call takes."""
        return f"lam-{zlib.crc32(f'{self.namespace}/{self.name}/{self.created_at}'.encode()):08x}"

    def status(self, now: float) -> Literal["Creating", "Active"]:
        """Whether it can be run yet."""
        return "Active" if now >= self.active_at else "Creating"


@dataclass(frozen=True, slots=True)
class Trigger:
    """What wakes a function; the form of `description` is the kind's."""

    name: str
    kind: str
    description: str
    argument: str
    enabled: bool
    qualifier: str
    created_at: float


class Functions:
    """All functions, by namespace and name."""

    def __init__(self) -> None:
        """None."""
        self._by_name: dict[tuple[str, str], Function] = {}
        self.runs: dict[str, Run] = {}
        """By name, what a function does when it is invoked; one that is not here ends well with null."""

    def __iter__(self) -> Iterator[Function]:
        """In order of creation."""
        return iter(self._by_name.values())

    def add(self, function: Function) -> None:
        """Have that function. Raises CloudError if there is one of its name."""
        if (function.namespace, function.name) in self._by_name:
            raise CloudError("ResourceInUse.Function", f"The function {function.name} exists.")
        self._by_name[function.namespace, function.name] = function

    def find(self, name: str, namespace: str) -> Function:
        """The function. Raises CloudError if there is none."""
        function = self._by_name.get((namespace, name))
        if function is None:
            raise CloudError("ResourceNotFound.Function", f"There is no function {name} in the namespace {namespace}.")
        return function

    def remove(self, name: str, namespace: str) -> None:
        """Have the function gone, with its triggers. Raises CloudError if there is none."""
        function = self.find(name, namespace)
        del self._by_name[function.namespace, function.name]


def shown(at: float) -> str:
    """A time as SCF shows it, in Beijing."""
    return datetime.fromtimestamp(int(at), timezone(timedelta(hours=8))).strftime("%Y-%m-%d %H:%M:%S")
