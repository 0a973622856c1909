"""What is there against what is wanted, as values: which changes that takes, and how they read."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import yaml

from eipctl.deployment.ports import Json, Sides


class Verb(str, Enum):
    """What happens to a thing."""

    CREATE = "create"
    UPDATE = "update"
    REMOVE = "remove"


SIGNS = {Verb.CREATE: "+", Verb.UPDATE: "~", Verb.REMOVE: "-"}


@dataclass(frozen=True)
class Seen:
    """A thing as it is (None: not there) and as it shall be (None: not at all). Neither holds a secret."""

    found: Json | None
    wanted: Json | None


class Resource(Protocol):
    """One thing of an installation. Every method may be called again after it died half way."""

    @property
    def name(self) -> str:
        """Its kind and name, for people."""
        ...

    async def look(self, sides: Sides) -> Seen:
        """How it is and how it shall be; changes nothing."""
        ...

    async def put(self, sides: Sides, seen: Seen) -> None:
        """Make it as it shall be."""
        ...


class Removable(Resource, Protocol):
    """One that goes with the installation, and not with something else."""

    async def there(self, sides: Sides) -> bool:
        """Whether it is there to be taken away."""
        ...

    async def remove(self, sides: Sides) -> None:
        """Take it away; it need not be there any more."""
        ...


@dataclass(frozen=True)
class Change:
    """One thing that is not as it shall be, with the lines that differ where it is there already."""

    name: str
    verb: Verb
    lines: tuple[str, ...] = ()

    def told(self) -> Iterator[str]:
        """As people read it."""
        yield f"{SIGNS[self.verb]} {self.name}"
        yield from (f"    {line}" for line in self.lines)


def change(name: str, seen: Seen) -> Change | None:
    """What is to be done about a thing; None where it is as it shall be."""
    if seen.found == seen.wanted:
        return None
    if seen.wanted is None:
        return Change(name, Verb.REMOVE)
    if seen.found is None:
        return Change(name, Verb.CREATE)
    return Change(name, Verb.UPDATE, tuple(_difference(seen.found, seen.wanted)))


def plan(seen: Mapping[str, Seen]) -> Sequence[Change]:
    """All that is to be done, in order."""
    changes = (change(name, one) for name, one in seen.items())
    return [one for one in changes if one is not None]


def _difference(found: Json, wanted: Json) -> Iterator[str]:
    lines = difflib.unified_diff(_written(found), _written(wanted), lineterm="", n=1)
    return (line for line in lines if not line.startswith(("---", "+++", "@@")))


def _written(content: Json) -> list[str]:
    return yaml.safe_dump(dict(content), width=110, allow_unicode=True).splitlines()
