"""`eipctl install`: look, show what differs, and make it so, thing by thing; what is right already is not touched."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from eipctl.deployment.changes import Change, Resource, Seen, change, plan
from eipctl.deployment.ports import Sides

Say = Callable[[str], None]


async def look(resources: Sequence[Resource], sides: Sides) -> Mapping[str, Seen]:
    """How each thing is and shall be; nothing is changed. Raises EipclaimError where one cannot be looked at."""
    return {one.name: await one.look(sides) for one in resources}


async def install(resources: Sequence[Resource], names: Collection[str], sides: Sides, say: Say) -> Sequence[Change]:
    """Make the named things as they shall be; what is then still not so.

    Each is looked at again right before: others may have been at it, and what one needs of another is there by now.
    Raises EipclaimError at the first that cannot be made; another run goes on from there.
    """
    for one in resources:
        if one.name not in names:
            continue
        seen = await one.look(sides)
        if change(one.name, seen) is not None:
            await one.put(sides, seen)
            say(one.name)
    return plan(await look(resources, sides))
