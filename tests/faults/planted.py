"""Bugs planted into a copy of the tree, each as one small change, and where the machine has to find it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """A bug: `old` stands exactly once in the file and becomes `new`; it is hunted at one port call of a scenario."""

    kind: str
    file: str
    old: str
    new: str
    scenario: str
    call: str
    caught_by: str
    pairs: bool = False
    beside: tuple[str, str, str] | None = None
    """Another file, and what is replaced by what in it: where one line of defence hides that the other is gone."""

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """Of each file what is replaced by what."""
        return ((self.file, self.old, self.new), *([self.beside] if self.beside else []))


PLANTS = (
    Plant(
        "attempt raised on an unknown outcome",
        "shared/core/outcome.py",
        "    known = None if isinstance(error, Ambiguous) else Outcome.NOT_DONE\n",
        "    known = Outcome.NOT_DONE\n"
        "    if isinstance(error, Ambiguous):\n"
        '        return Verdict(known, {"intent": None, "attempt": claim.status.attempt + 1})\n',
        "lagging",
        "allocate",
        "I1",
    ),
    Plant(
        "attempt raised on a loss that the second look was too early for",
        "shared/core/deeds/giving.py",
        '    if w.now - since < GRACE:\n        return Wait("Lost"',
        '    if w.now - since < timedelta(seconds=30):\n        return Wait("Lost"',
        "lagging",
        "allocate",
        "I1",
    ),
    Plant(
        "a replay has another token",
        "shared/core/deeds/giving.py",
        '"by": w.invocation, "accepted": False}',
        '"by": w.invocation, "accepted": False, "token": identity.token("x", w.invocation, old.attempt)}',
        "first bind",
        "patch_claim_status",
        "I10",
    ),
    Plant(
        "the token does not change with the attempt",
        "shared/core/identity.py",
        "_digest(cluster_id, claim_uid, str(attempt)).hex()[:48]",
        '_digest(cluster_id, claim_uid, "1").hex()[:48]',
        "lost",
        "addresses",
        "I7",
    ),
    Plant(
        "the finalizer comes off when one look shows nothing",
        "shared/core/deeds/taking.py",
        '    unproved = _wait_for_proof(w, "Finalize")\n',
        "    unproved = None\n",
        "claim deleted",
        "addresses",
        "I5",
    ),
    Plant(
        "the finalizer comes off while the release is under way",
        "shared/memory.py",
        "        seen = await self._listed.look(ports.cloud, view)\n",
        "        seen = await self._listed.look(ports.cloud, view)\n"
        '        there = tuple(one for one in seen.addresses.items if one.status.value != "OFFLINING")\n'
        "        seen = CloudView(type(seen.addresses)(there, seen.addresses.complete), seen.private)\n",
        "claim deleted",
        "release",
        "I5",
    ),
    Plant(
        "a claim passes to the next pod of the name",
        "shared/core/world.py",
        "claim.spec.pod_uid not in (None, pod.uid)\n",
        "False\n",
        "same name",
        "addresses",
        "I4",
    ),
    Plant(
        "a claim that ends with its pod is taken for a static one",
        "shared/core/world.py",
        "claim is not None and claim.spec.retention is Retention.POD and",
        "claim is not None and claim.spec.retention is Retention.STATIC and",
        "same name",
        "addresses",
        "I4",
    ),
    Plant(
        "a list of EIPs that was cut short is believed",
        "shared/picture.py",
        "            complete=self._cloud.addresses.complete,\n",
        "            complete=True,\n",
        "claim deleted",
        "addresses",
        "I5",
    ),
    Plant(
        "a list of claims that was cut short is believed",
        "shared/picture.py",
        "        if not (scope_is_complete(self._cluster) and self._cloud.addresses.complete):\n",
        "        if not self._cloud.addresses.complete:\n",
        "orphans",
        "list_claims",
        "I6",
    ),
    Plant(
        "no look at the pod before anything is taken",
        "shared/effects.py",
        "isinstance(act.action, DESTRUCTIVE) and not",
        "isinstance(act.action, ()) and not",
        "late return",
        "addresses",
        "I6",
        pairs=True,
    ),
    Plant(
        "the look at the pod is an old one",
        "shared/effects.py",
        "    pod = await ports.cluster.get_pod(*world.key)\n",
        "    pod = world.pod\n",
        "late return",
        "addresses",
        "I6",
        pairs=True,
    ),
    Plant(
        "no grace for what was bought",
        "shared/core/table.py",
        "    return w.outcome is not Outcome.NOT_DONE and w.younger(w.purchase, GRACE) and not w.mine\n",
        "    return False\n",
        "lagging",
        "allocate",
        "I1",
    ),
    Plant(
        "the grace is shorter than the listings lag",
        "shared/core/world.py",
        "GRACE = timedelta(seconds=120)",
        "GRACE = timedelta(seconds=20)",
        "lagging",
        "allocate",
        "I1",
    ),
    Plant(
        "nobody waits for an intent in flight",
        "shared/core/table.py",
        "    return w.younger(w.intent, IN_FLIGHT) and not answered\n",
        "    return False and answered\n",
        "move",
        "disassociate",
        "I10",
        pairs=True,
    ),
    Plant(
        "an intent counts as in flight for five seconds",
        "shared/core/world.py",
        "IN_FLIGHT = timedelta(seconds=60)",
        "IN_FLIGHT = timedelta(seconds=5)",
        "move",
        "disassociate",
        "I10",
        pairs=True,
    ),
    Plant(
        "the intent is written after the effect",
        "shared/effects.py",
        "    try:\n        written = await ports.cluster.patch_claim_status(_claim(world), action.status)\n",
        "    await _send(action, ports)\n"
        "    try:\n        written = await ports.cluster.patch_claim_status(_claim(world), action.status)\n",
        "first bind",
        "allocate",
        "I10",
    ),
    Plant(
        "an orphan's way for a claim's EIP: no intent at all",
        "shared/effects.py",
        "    if isinstance(action, (Allocate, Associate, Disassociate, Release, SetBandwidth)):\n",
        "    if isinstance(action, Release):\n"
        "        await ports.cloud.release(action.address_id, SEND_WITHIN)\n"
        "        return Effect(done=True)\n"
        "    if isinstance(action, (Allocate, Associate, Disassociate, Release, SetBandwidth)):\n",
        "claim deleted",
        "release",
        "I10",
    ),
    Plant(
        "patches carry no resourceVersion",
        "emulator/cluster/port.py",
        '{**patch, "metadata": {**given, "resourceVersion": claim.metadata.resource_version}}',
        '{**patch, "metadata": {**given}}',
        "move",
        "patch_claim_status",
        "I4",
        pairs=True,
        # Else a rival's write shows in the reply, which is compared, and nothing is sent.
        beside=(
            "shared/core/status.py",
            "    return tuple(alias for name, alias in fields if",
            "    return tuple(alias for name, alias in () if",
        ),
    ),
    Plant(
        "deletions carry no resourceVersion",
        "emulator/cluster/port.py",
        "Deletion(uid=claim.uid, resource_version=claim.metadata.resource_version)",
        "Deletion(uid=claim.uid)",
        "late return",
        "delete_claim",
        "I6",
        pairs=True,
    ),
    Plant(
        "an EIP is left behind, and nobody is told which",
        "shared/core/deeds/seeing.py",
        "    free = [address for address in w.marked if address.unbound]\n",
        "    free: list[Address] = []\n",
        "claim deleted",
        "remove_finalizer",
        "I2",
        beside=(
            "shared/core/deeds/taking.py",
            '    left = ", ".join([f"{a.address_id} ({a.public_ip})" for a in w.mine] + [i for i in recorded if i])\n',
            '    left = ", ".join(recorded)\n',
        ),
    ),
    Plant(
        "what is released need not have our tags",
        "shared/core/deeds/seeing.py",
        "    free = [address for address in w.marked if address.unbound]\n",
        "    free = [address for address in w.mine if address.unbound]\n",
        "abandoned",
        "release",
        "I3",
    ),
    Plant(
        "what the pod says already is written again",
        "shared/core/deeds/telling.py",
        "    return {key: value for key, value in wanted.items() if pod.metadata.annotations.get(key) != value}\n",
        "    return wanted\n",
        "first bind",
        "annotate_pod",
        "I8",
    ),
    Plant(
        "one EIP more than the cap",
        "shared/core/deeds/giving.py",
        "    if cluster is not None and rank.in_cluster >= cluster:\n",
        "    if cluster is not None and rank.in_cluster > cluster:\n",
        "capped",
        "allocate",
        "I11",
    ),
    Plant(
        "Ready as soon as the binding is sent",
        "shared/core/status.py",
        '        "Ready": (bound and published, why, message),\n',
        '        "Ready": ((bound and published) or to is Phase.BINDING, why, message),\n',
        "first bind",
        "associate",
        "I12",
    ),
    Plant(
        "what failed once is given up",
        "shared/memory.py",
        "effect.failure.reason == OLD_CRD and effect.outcome is not Outcome.ACCEPTED:",
        "effect.outcome is not Outcome.ACCEPTED:",
        "by hand",
        "delete_claim",
        "I9",
    ),
    Plant(
        "a deletion counts as done whatever came of it",
        "shared/reconcile.py",
        "    if definite and _ends_it(world, act):\n",
        '    if _ends_it(world, act) or type(act.action).__name__ == "DeleteClaim":\n',
        "by hand",
        "delete_claim",
        "I9",
    ),
    Plant(
        "the sweep lets go of a claim for which nothing is bought yet",
        "shared/core/table.py",
        '    Row("ReplayAllocate", GIVE,',
        '    Row("Finalize", TAKE, lambda w: w.clocks_from is not None and w.intent is None and _claim(w).held,\n'
        '        taking.finalize, "nothing is bought"),\n'
        '    Row("ReplayAllocate", GIVE,',
        "lost",
        "patch_claim_status",
        "I13",
    ),
)
