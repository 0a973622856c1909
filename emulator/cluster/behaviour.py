"""How fast the cluster's own machinery is, and what it may be made to do; all delays in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Behaviour:
    """Knobs that may be turned while the cluster runs.

    `controllers`, `scheduler`, `collector`: how long after a change each looks.
    `start`: from a pod's node to its IP and its containers.
    `stop`: from a pod's deletion to the end of its containers, at most its grace.
    `teardown`: from there to its IP being free and, another `teardown` on, to the object being gone.
    `eviction`: how long a node is lost before its pods are asked to go.
    `wander`: the next pod of a name goes to another node than the last one, if another fits.
    """

    controllers: float = 0.1
    scheduler: float = 0.1
    start: float = 2.0
    stop: float = 2.0
    teardown: float = 0.5
    collector: float = 1.0
    eviction: float = 300.0
    wander: bool = False
