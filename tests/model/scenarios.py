"""The scenarios, small enough to be explored whole; each says what may go wrong in it, and how often."""

from __future__ import annotations

from shared.core.table import Role
from tests.model.scenario import Scenario

GIVE_GIVE = (Role.GIVE, Role.GIVE)
TAKE_TAKE = (Role.TAKE, Role.TAKE)
GIVE = (Role.GIVE,)


def _some(*names: str) -> frozenset[str]:
    return frozenset(names)


LOST = _some("lost", "undone", "late")
REFUSED = _some("refused", "unavailable")
HANDS = _some("unbind", "release", "rebind")

ALL = (
    Scenario("first-bind", "a pod is born, served, and goes; both functions may die at every step"),
    Scenario("lost", "one reply is lost, or one call is late", faults=LOST, fault_budget=1),
    Scenario("refused", "two calls are refused, or never leave", faults=REFUSED, fault_budget=2),
    Scenario("rounds", "invocations go on with what they remember", rounds=True, faults=LOST | REFUSED, fault_budget=1),
    Scenario("half-minutes", "time passes while invocations live", tick=30, faults=_some("late"), fault_budget=1),
    Scenario("slow", "the cloud takes its time", slow=True, faults=_some("lost", "bind fails"), fault_budget=1),
    Scenario(
        "deleted",
        "somebody deletes the claim",
        slow=True,
        hands=_some("delete"),
        hand_budget=1,
        life=_some("drain", "end", "force"),
        bound=True,
    ),
    Scenario(
        "deleted-early",
        "the claim is deleted while an EIP is bought",
        faults=LOST,
        fault_budget=1,
        hands=_some("delete"),
        hand_budget=1,
        lag=True,
    ),
    Scenario("lag", "listings lack what was bought for two minutes", lag=True, faults=LOST, fault_budget=1),
    Scenario(
        "lag-forgotten",
        "likewise, and the cloud forgets a token",
        lag=True,
        life=_some("end"),
        faults=_some("lost", "forgotten"),
        fault_budget=2,
    ),
    Scenario(
        "lag-rounds",
        "the same, seen by invocations that remember",
        lag=True,
        tick=30,
        rounds=True,
        faults=_some("lost"),
        fault_budget=1,
    ),
    Scenario("dup", "two functions give", roles=GIVE_GIVE, lag=True, faults=LOST, fault_budget=1, life=_some("end")),
    Scenario(
        "forgotten",
        "the cloud forgets a token, and an EIP is bought twice",
        faults=_some("forgotten", "lost"),
        fault_budget=2,
        hands=_some("delete"),
        hand_budget=1,
    ),
    Scenario(
        "two-take",
        "two functions take",
        roles=TAKE_TAKE,
        faults=LOST,
        fault_budget=1,
        bound=True,
        hands=_some("delete"),
        hand_budget=1,
    ),
    Scenario(
        "replaced", "three pods of one name, each with a claim of its own", pods=3, life=_some("drain", "end", "force")
    ),
    Scenario("replaced-lost", "two pods of one name, and a call goes wrong", pods=2, faults=LOST, fault_budget=1),
    Scenario(
        "static",
        "the EIP waits for the next pods of the name",
        static=True,
        pods=3,
        life=_some("drain", "end", "force"),
        bound=True,
    ),
    Scenario(
        "static-lost",
        "likewise, and a call goes wrong",
        static=True,
        pods=2,
        faults=LOST | REFUSED,
        fault_budget=1,
        bound=True,
    ),
    Scenario("expiry", "no pod of the name comes back in time", static=True, pods=3, expiry=True, bound=True),
    Scenario(
        "move",
        "the pod gets another IP while it lives",
        static=True,
        ips=(1, 2),
        life=_some("move", "end"),
        faults=LOST,
        fault_budget=1,
        bound=True,
        roles=GIVE,
    ),
    Scenario(
        "move-both",
        "likewise, with both functions",
        ips=(1, 2),
        life=_some("move", "drain", "force"),
        pods=2,
        bound=True,
    ),
    Scenario(
        "other-ip",
        "the next pod of the name has another IP",
        static=True,
        ips=(1, 2),
        pods=2,
        faults=LOST,
        fault_budget=1,
        bound=True,
    ),
    Scenario(
        "unwanted",
        "the annotation is taken away",
        life=_some("unwant", "end"),
        static=True,
        pods=2,
        bound=True,
        expiry=True,
    ),
    Scenario(
        "unwanted-pod", "likewise, of a claim that ends with its pod", life=_some("unwant", "end"), bound=True, pods=2
    ),
    Scenario(
        "hand",
        "the EIP is unbound, released, or bound elsewhere by hand",
        static=True,
        pods=2,
        hands=HANDS,
        hand_budget=1,
        bound=True,
    ),
    Scenario("hand-twice", "likewise, twice", hands=HANDS, hand_budget=2, bound=True),
    Scenario("hand-deleted", "likewise, and the claim is deleted", hands=HANDS | {"delete"}, hand_budget=2, bound=True),
    Scenario("untagged", "the EIP loses its tags", hands=_some("untag", "delete"), hand_budget=2, bound=True, pods=2),
    Scenario(
        "foreign", "somebody else's EIP is on the pod's IP", hands=_some("foreign", "unbind"), hand_budget=2, pods=1
    ),
    Scenario(
        "stripped",
        "the claim is deleted and its finalizer taken off by hand",
        hands=_some("strip"),
        hand_budget=1,
        bound=True,
    ),
    Scenario("loosened", "the finalizer is taken off by hand", hands=_some("loosen"), hand_budget=2, static=True),
    Scenario(
        "abandoned",
        "the claim is deleted, and its EIP to be left behind",
        hands=_some("delete", "abandon"),
        hand_budget=2,
        bound=True,
    ),
    Scenario("paused", "an operator pauses the claim", hands=_some("pause", "delete"), hand_budget=2, bound=True),
    Scenario(
        "unkept",
        "the pod's EIP is not to be kept any more",
        static=True,
        hands=_some("unkeep"),
        hand_budget=1,
        pods=2,
        bound=True,
    ),
    Scenario(
        "copied",
        "other EIPs get the claim's mark",
        hands=_some("copy", "delete", "unbind"),
        hand_budget=2,
        life=_some("end"),
    ),
    Scenario("held", "another claim's EIP is still on the pod's IP", hands=_some("held"), hand_budget=2),
    Scenario(
        "requested", "take is invoked by hand, with the claim's name", static=True, requested=True, pods=2, bound=True
    ),
    Scenario(
        "off-interface",
        "the interfaces' listing lacks the pod's IP",
        static=True,
        faults=_some("off interface"),
        fault_budget=2,
        hands=_some("delete"),
        hand_budget=1,
        ips=(1, 2),
        pods=2,
        bound=True,
    ),
    Scenario(
        "partial",
        "listings end early",
        faults=_some("partial", "lost"),
        fault_budget=2,
        hands=_some("delete"),
        hand_budget=1,
    ),
    Scenario(
        "stale-pods",
        "lists show pods as they were",
        static=True,
        faults=_some("stale pod"),
        fault_budget=2,
        ips=(1, 2),
        pods=2,
        bound=True,
    ),
    Scenario(
        "stale-eips",
        "a listing shows EIPs as they were",
        static=True,
        faults=_some("stale EIPs"),
        fault_budget=1,
        hands=_some("delete"),
        hand_budget=1,
        bound=True,
    ),
    Scenario(
        "stale-move",
        "likewise, while the pod moves",
        static=True,
        faults=_some("stale EIPs"),
        fault_budget=1,
        ips=(1, 2),
        life=_some("move", "end"),
        bound=True,
        roles=GIVE,
    ),
)
SCENARIOS = {scenario.name: scenario for scenario in ALL}
