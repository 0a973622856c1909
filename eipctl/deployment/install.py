"""`eipctl install`: look, show what differs, and make it so, thing by thing; what is right already is not touched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from eipctl.deployment.changes import Change, Resource, Seen, change, plan
from eipctl.deployment.ports import Sides
from shared.core.errors import EipclaimError

Say = Callable[[str], None]

ROUNDS = 3


async def look(resources: Sequence[Resource], sides: Sides) -> Mapping[str, Seen]:
    """How each thing is and shall be; nothing is changed. Raises EipclaimError where one cannot be looked at."""
    return {one.name: await one.look(sides) for one in resources}


async def install(resources: Sequence[Resource], names: Collection[str], sides: Sides, say: Say) -> Sequence[Change]:
    """Make the named things as they shall be; what is then still not so.

    Each is looked at again right before: others may have been at it, and what one needs of another is there by now.
    Raises EipclaimError at the first that cannot be made; another run goes on from there.
    """
    for one in resources:
        if one.name in names and await _made(one, sides):
            say(one.name)
    return plan(await look(resources, sides))


async def _made(one: Resource, sides: Sides) -> bool:
    """Whether anything was to be done. Raises EipclaimError where it failed and all is as before.

    Where it is otherwise by then, a reply was lost, or somebody else was quicker: that goes on from there.
    """
    seen = await one.look(sides)
    for turn in range(ROUNDS):
        if change(one.name, seen) is None:
            return turn > 0
        try:
            await one.put(sides, seen)
        except EipclaimError:
            before, seen = seen, await one.look(sides)
            if seen == before:
                raise
        else:
            return True
    return False  # somebody undoes it as fast: the look at the end names it
