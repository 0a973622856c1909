"""Publishing on nodes how many EIPs their pods may have, for clusters where no component of TKE does."""

from __future__ import annotations

from shared.core.capacity import publication
from shared.core.errors import Conflict, EipclaimError
from shared.core.policy import Policy
from shared.observe import Ports
from shared.tally import Log, Tally

MOST_AT_ONCE = 100
"""So many nodes are written to in one sweep; the next one goes on."""

PUBLISHED = "PublishCapacity"


async def publish(ports: Ports, policy: Policy, tally: Tally, log: Log) -> None:
    """Write it where it is missing or was ours and has changed. A node that cannot be written to stops no other."""
    try:
        listing = await ports.cluster.list_nodes()
    except EipclaimError as error:
        tally.failed_look(error)
        return
    due = [one for one in (publication(node, policy) for node in listing.items) if one is not None]
    for one in due[:MOST_AT_ONCE]:
        name = one.node.metadata.name
        try:
            await ports.cluster.patch_node_status(one.node, one.annotations, {one.resource: one.amount})
        except Conflict:
            continue  # something else of the node has changed: the next sweep looks anew
        except EipclaimError as error:
            tally.fail(("", name), error.reason)
            log("capacity not published", node=name, failure=str(error))
        else:
            tally.done[PUBLISHED] += 1
            log("capacity published", node=name, resource=one.resource, amount=one.amount)
