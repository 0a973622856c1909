"""The decision table. The first row whose section and condition hold decides, whoever looks.

When the deed of that row is not the looking role's, the answer is Wait with the row's name: nobody may skip a row,
since the rows below it are only right where the ones above do not hold. The table itself is in `shared.core.table`, its
deeds in `shared.core.deeds`.
"""

from __future__ import annotations

from dataclasses import replace

from shared.core import table
from shared.core.actions import DESTRUCTIVE, Act, Decision, Done, Wait, kind
from shared.core.status import in_back_off
from shared.core.table import Role, Row
from shared.core.world import World


def decide(world: World, role: Role) -> Decision:
    """What that role does about this world now: total, and the same for the same world."""
    row = matching_row(world)
    answer = row.then(world)
    if isinstance(answer, (Wait, Done)):
        # Two rows may share a deed, which knows the name of one.
        return answer if answer.rule == row.rule else replace(answer, rule=row.rule)
    if role not in row.by:
        return Wait(row.rule, f"for {' or '.join(by.value for by in row.by)} to do: {row.why}")
    if world.policy.freeze and isinstance(answer, DESTRUCTIVE):
        return Wait(row.rule, "Frozen: nothing is unbound, released or deleted while EIPCLAIM_FREEZE is on")
    cloud = kind(answer)
    retry = world.claim.status.retry if world.claim else None
    if cloud is not None and retry is not None and in_back_off(retry, cloud, world.now):
        return Wait(row.rule, f"{cloud.value} is in back-off", retry.at)
    return Act(row.rule, row.why, answer)


def matching_row(world: World) -> Row:
    """The first row that holds; the last row of every section always does."""
    return next(row for row in sections(world) if row.when(world))


_DELETING = table.ANY_CLAIM + table.DELETING
_WITHOUT_ADDRESS = table.ANY_CLAIM + table.ALIVE + table.NO_ADDRESS
_WITH_ADDRESS = table.ANY_CLAIM + table.ALIVE + table.HAS_ADDRESS


def sections(world: World) -> tuple[Row, ...]:
    """The rows of the sections that this world is in, in order."""
    if world.orphan is not None:
        return table.ORPHAN
    if world.claim is None:
        return table.NO_CLAIM
    if world.claim.deleting:
        return _DELETING
    return _WITHOUT_ADDRESS if world.claim.status.address_id is None else _WITH_ADDRESS
