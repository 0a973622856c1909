"""With EIPCLAIM_ENABLE_OWNERREF: static claims are owned by their workload and end with it, after their pods."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from eipctl.dev.figures import Record
from shared.core import identity
from shared.observe import FEW
from tests.dev.clusters import ATTRIBUTES, DELETE_POLICY, Cluster, Raw, address_ids, deleting, example, job, uid

pytestmark = pytest.mark.laptop
NEVER = {DELETE_POLICY: "Never"}
TAKES = f"system:serviceaccount:{identity.SYSTEM_NAMESPACE}:{identity.TAKE_ACCOUNT}"
COLLECTOR = "system:serviceaccount:kube-system:generic-garbage-collector"


def owner(claim: Raw) -> Raw:
    (only,) = claim["metadata"]["ownerReferences"]
    found: Raw = only
    return found


def reference(api_version: str, kind: str, owner: Raw) -> Raw:
    """Neither controls nor blocks: the EIP may need its pod gone first."""
    names = {"apiVersion": api_version, "kind": kind, "name": owner["metadata"]["name"], "uid": uid(owner)}
    return {**names, "controller": False, "blockOwnerDeletion": False}


def test_the_top_of_the_chain_of_controllers_owns_a_static_claim_and_the_pod_any_other(cascading: Cluster) -> None:
    static, other = example("deployment.yaml", NEVER), example("deployment.yaml")
    other["metadata"]["name"] = "other"
    other["spec"]["selector"]["matchLabels"] = other["spec"]["template"]["metadata"]["labels"] = {"k8s-app": "other"}
    cascading.apply(example("statefulset-cascade.yaml", replicas=1), static, other)

    names = cascading.eventually("all have pods", lambda: names if len(names := cascading.names("pod")) == 3 else None)
    claims = {name.split("-")[0]: cascading.bound(name) for name in names}

    pod = cascading.get("pod", claims["other"]["metadata"]["name"])
    assert {name: owner(claim) for name, claim in claims.items()} == {
        "chat": reference("apps/v1", "StatefulSet", cascading.get("statefulset", "chat")),
        "web": reference("apps/v1", "Deployment", cascading.get("deployment", "web")),
        "other": reference("v1", "Pod", pod),
    }


def workload(kind: str, annotations: Mapping[str, str]) -> Raw:
    """One whose pods never end by themselves."""
    template = {
        "metadata": {"labels": {"app": "all"}, "annotations": dict(annotations)},
        "spec": job("", 3600)["spec"]["template"]["spec"],
    }
    if kind == "CronJob":
        spec: Raw = {"schedule": "0 0 29 2 *", "jobTemplate": {"spec": {"template": template}}}
        return {"apiVersion": "batch/v1", "kind": kind, "metadata": {"name": "yearly"}, "spec": spec}
    template["spec"]["restartPolicy"] = "Always"
    spec = {"selector": {"matchLabels": {"app": "all"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "everywhere"}, "spec": spec}


def test_daemon_sets_and_cron_jobs_own_their_static_claims_too(cascading: Cluster) -> None:
    """On more nodes than owners are looked up one by one, so that the sweeps list them."""
    asking = {ATTRIBUTES: "", **NEVER}
    cascading.apply(workload("DaemonSet", asking), workload("CronJob", asking))
    cascading.kubectl("create", "job", "--from=cronjob/yearly", "now")
    names = cascading.eventually(
        "each node has a pod, and the job", lambda: names if len(names := cascading.names("pod")) > FEW + 1 else None
    )
    claims = [cascading.bound(name) for name in names]

    assert {owner(claim)["kind"] for claim in claims} == {"DaemonSet", "CronJob"}
    # All may have come up between two sweeps.
    cascading.eventually("reclaim lists the nodes", lambda: any(map(is_list_of_nodes, cascading.audited())))

    cascading.delete("daemonset", "everywhere")
    cascading.delete("cronjob", "yearly")
    for claim in claims:
        cascading.ended(claim)


def is_list_of_nodes(record: Record) -> bool:
    """Whether a sweep of reclaim lists the nodes, as it does where pods are on many."""
    asked = record["user"].get("username"), record["verb"], record.get("objectRef", {}).get("resource")
    return asked == (TAKES, "list", "nodes")


@pytest.mark.parametrize("propagation", ["background", "foreground"])
def test_static_eips_go_with_their_workload_when_their_pods_have_ended(cascading: Cluster, propagation: str) -> None:
    cascading.apply(example("statefulset-cascade.yaml"), example("deployment.yaml", NEVER))
    names = ["chat-0", "chat-1", cascading.new_pod(but=["chat-0", "chat-1"])]
    claims = [cascading.bound(name) for name in names]

    cascading.delete("statefulset", "chat", f"--cascade={propagation}")
    cascading.delete("deployment", "web", f"--cascade={propagation}")
    for claim in claims:
        cascading.ended(claim)

    asked = [one["objectRef"]["name"] for one in cascading.audited() if is_collected(one)]
    assert set(names) <= set(asked)
    cascading.eventually("no pod is left", lambda: not cascading.names("pod"))


def is_collected(record: Record) -> bool:
    """Whether the garbage collector has asked for a claim's deletion: it stays until our finalizer comes off."""
    return bool(
        (record["user"].get("username"), record["verb"], record.get("objectRef", {}).get("resource"))
        == (COLLECTOR, "delete", "eipclaims")
    )


def test_a_collected_claim_keeps_its_eip_bound_as_long_as_its_pod_runs(cascading: Cluster) -> None:
    cascading.apply(example("statefulset-cascade.yaml", replicas=1))
    before = cascading.bound("chat-0")
    pod = cascading.get("pod", "chat-0")

    # The pod alone is made an orphan, so that only its claim is collected.
    cascading.kubectl("patch", "pod", "chat-0", "--type=json", '--patch=[{"op":"remove","path":"/metadata/labels"}]')
    cascading.when("pod", "chat-0", "is an orphan", lambda pod: "ownerReferences" not in pod["metadata"])
    cascading.delete("statefulset", "chat")
    held = cascading.when("eipc", "chat-0", "is told that it is in use", in_use)

    assert cascading.target(held) == pod["status"]["podIP"]
    assert uid(held) == uid(before)

    cascading.delete("pod", "chat-0")
    cascading.ended(before)


def in_use(claim: Raw) -> bool:
    conditions = claim["status"].get("conditions", [])
    return deleting(claim) and any(one["reason"] == "InUse" for one in conditions)


def test_orphans_keep_claims_that_nothing_owns_any_more(cascading: Cluster) -> None:
    cascading.apply(example("statefulset-cascade.yaml", replicas=1))
    before = cascading.bound("chat-0")

    cascading.delete("statefulset", "chat", "--cascade=orphan")
    freed = cascading.when("eipc", "chat-0", "is nobody's", lambda claim: "ownerReferences" not in claim["metadata"])

    assert not deleting(freed)
    assert address_ids([cascading.bound("chat-0")]) == address_ids([before])

    cascading.delete("pod", "chat-0")
    assert uid(cascading.retained("chat-0")) == uid(before)


def test_a_workload_that_is_made_anew_at_once_gets_new_eips_and_the_old_ones_go(cascading: Cluster) -> None:
    workload = example("statefulset-cascade.yaml")
    cascading.apply(workload)
    names = ["chat-0", "chat-1"]
    before = [cascading.bound(name) for name in names]
    pods = [cascading.get("pod", name) for name in names]

    cascading.delete("statefulset", "chat")
    cascading.apply(workload)
    for pod, claim in zip(pods, before, strict=True):
        cascading.successor(pod)
        cascading.ended(claim)
    after = [cascading.bound(name) for name in names]

    assert not set(address_ids(after)) & set(address_ids(before))
    made = cascading.get("statefulset", "chat")
    assert [owner(claim) for claim in after] == [reference("apps/v1", "StatefulSet", made)] * 2


def test_scaled_down_a_static_eip_is_kept_for_its_workload(cascading: Cluster) -> None:
    cascading.apply(example("statefulset-cascade.yaml"))
    before = cascading.bound("chat-1")

    cascading.kubectl("scale", "statefulset", "chat", "--replicas=1")
    kept = cascading.retained("chat-1")
    assert address_ids([kept]) == address_ids([before])

    cascading.delete("statefulset", "chat")
    cascading.ended(kept)
