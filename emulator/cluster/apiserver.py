"""The apiserver: the verbs, with authorization, admission and audit around each.

Requests are synchronous and take no time. Each raises Refusal where a real apiserver would answer with an error.
Objects that are handed out must not be changed; patches and manifests are copied through JSON, as on the wire.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from emulator.cluster import rights, schema
from emulator.cluster.audit import AuditLog, Call
from emulator.cluster.deletions import Deletion, check_preconditions, deleted, held
from emulator.cluster.identifiers import Identifiers
from emulator.cluster.patches import merged, strategically_merged
from emulator.cluster.refusals import NAMESPACE_TERMINATING, Refusal, already_exists, conflict, forbidden, not_found
from emulator.cluster.resources import CLAIMS, NAMESPACES, PODS, Object, Ref, Resource, ref_of
from emulator.cluster.schema import Installed
from emulator.cluster.store import Store
from emulator.cluster.timestamps import timestamp
from emulator.cluster.updates import check_owners, update
from emulator.cluster.users import ADMIN, User
from shared.core import identity

NAMESPACES_AT_START = ("default", "kube-system", identity.SYSTEM_NAMESPACE)


class ApiServer:
    """The one way to the objects."""

    def __init__(self, clock: Callable[[], float], seed: int = 0, installed: Installed | None = None) -> None:
        """A cluster with its first namespaces and nothing else. The same seed gives the same UIDs and names."""
        self.clock = clock
        self.store = Store()
        self.installed = installed or Installed()
        self._identifiers = Identifiers(seed)
        self.audit = AuditLog(clock, Identifiers(seed + 1).uid)
        for name in NAMESPACES_AT_START:
            self.create(ADMIN, NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        self.audit.records.clear()

    def find(self, user: User, ref: Ref) -> Object | None:
        """The object, or None where it is absent. Raises Refusal (403) without the right to look."""
        rights.authorize(Call(user, "get", ref), self.installed)
        return self.store.find(ref)

    def list(self, user: User, resource: Resource, namespace: str | None = None) -> tuple[Object, ...]:
        """The objects of one namespace or of all, in order. Raises Refusal (403)."""
        rights.authorize(Call(user, "list", Ref(resource, namespace or "")), self.installed)
        return self.objects(resource, namespace)

    def objects(self, resource: Resource, namespace: str | None = None) -> tuple[Object, ...]:
        """As `list`, for those who need not ask."""
        everything = self.store.all(resource)
        if namespace is None:
            return everything
        return tuple(thing for thing in everything if thing["metadata"]["namespace"] == namespace)

    def create(self, user: User, resource: Resource, manifest: Object) -> Object:
        """The object as created. Raises Refusal: 409 AlreadyExists, 403 or 404 for its namespace, 422."""
        body = _copy(manifest)
        metadata = body["metadata"]
        namespace = metadata.setdefault("namespace", "default") if resource.namespaced else ""
        call = Call(user, "create", Ref(resource, namespace, metadata.get("name", "")), body=body)
        return self._serve(call, 201, lambda: self._create(call, body))

    def patch(self, user: User, ref: Ref, patch: Object, subresource: str = "", *, strategic: bool = False) -> Object:
        """The object after a merge patch. A resourceVersion in it is a precondition. Raises Refusal: 404, 409, 422."""
        body = _copy(patch)
        call = Call(user, "patch", ref, subresource, body)
        merge = strategically_merged if strategic else merged
        return self._serve(call, 200, lambda: self._change(call, lambda old: merge(old, body)))

    def replace(self, user: User, thing: Object, resource: Resource, subresource: str = "") -> Object:
        """The object after a PUT. Raises Refusal as `patch`."""
        body = _copy(thing)
        call = Call(user, "update", ref_of(resource, body), subresource, body)
        return self._serve(call, 200, lambda: self._change(call, lambda _: body))

    def delete(self, user: User, ref: Ref, deletion: Deletion | None = None) -> Object:
        """The object as it was or will be for a while. Raises Refusal: 404, 409 for the preconditions."""
        options = deletion or Deletion()
        call = Call(user, "delete", ref, body=options.body())
        return self._serve(call, 200, lambda: self._delete(ref, options))

    def delete_all(self, user: User, resource: Resource, namespace: str) -> None:
        """Delete every object of a namespace; the audit log names none of them."""
        call = Call(user, "deletecollection", Ref(resource, namespace), body=Deletion().body())
        self._serve(call, 200, lambda: self._delete_all(call.ref))

    def bind(self, user: User, pod: Object, node_name: str) -> None:
        """Give a pod its node. Raises Refusal: 404, 409 where it has one already or is another pod."""
        ref = ref_of(PODS, pod)
        body = {
            "kind": "Binding",
            "apiVersion": "v1",
            "metadata": {"name": ref.name, "namespace": ref.namespace, "uid": pod["metadata"]["uid"]},
            "target": {"kind": "Node", "name": node_name},
        }
        call = Call(user, "create", ref, "binding", body)
        self._serve(call, 201, lambda: self._bind(ref, body))

    def finalize_namespace(self, user: User, name: str) -> None:
        """Let a namespace go that is empty by now. Raises Refusal (404)."""
        ref = Ref(NAMESPACES, "", name)
        call = Call(user, "update", ref, "finalize", {"spec": {}})
        self._serve(call, 200, lambda: self._keep(ref, {**self._present(ref), "spec": {}}))

    def _serve(self, call: Call, code: int, answer: Callable[[], Object]) -> Object:
        try:
            rights.authorize(call, self.installed)
            reply = answer()
        except Refusal as refusal:
            self.audit.refused(call, refusal)
            raise
        self.audit.granted(call, code, reply)
        return reply

    def _present(self, ref: Ref) -> Object:
        found = self.store.find(ref)
        if found is None:
            raise not_found(ref)
        return found

    def _create(self, call: Call, body: Object) -> Object:
        resource, namespace = call.ref.resource, call.ref.namespace
        name = call.ref.name or body["metadata"]["generateName"] + self._identifiers.suffix()
        ref = Ref(resource, namespace, name)
        if resource.namespaced:
            self._check_namespace(ref)
        if self.store.find(ref) is not None:
            raise already_exists(ref)
        new = _initial(resource, merged({}, body))
        new["metadata"] |= {"name": name, "uid": self._identifiers.uid(), "creationTimestamp": timestamp(self.clock())}
        check_owners(ref, new)
        if resource == CLAIMS:
            schema.check_claim(ref, None, new)
        return self.store.put(ref, new)

    def _check_namespace(self, ref: Ref) -> None:
        namespace = self._present(Ref(NAMESPACES, "", ref.namespace))
        if "deletionTimestamp" in namespace["metadata"]:
            why = f"unable to create new content in namespace {ref.namespace} because it is being terminated"
            raise forbidden(ref, why, NAMESPACE_TERMINATING)

    def _change(self, call: Call, make: Callable[[Object], Object]) -> Object:
        ref = call.ref
        old = self._present(ref)
        new = update(ref, old, make(old), call.subresource)
        if ref.resource == CLAIMS:
            new = schema.pruned(new, self.installed)
            schema.check_claim(ref, old, new)
            if self.installed.finalizer_policy:
                rights.admit_finalizers(call, old, new)
        return old if new == old else self._keep(ref, new)

    def _keep(self, ref: Ref, new: Object) -> Object:
        """The object as it is kept, if anything keeps it; the last finalizer that goes takes the object with it."""
        if held(new):
            return self.store.put(ref, new)
        self.store.remove(ref)
        return new

    def _delete(self, ref: Ref, deletion: Deletion) -> Object:
        old = self._present(ref)
        check_preconditions(ref, old, deletion)
        new = deleted(ref, old, deletion, self.clock())
        if new == old and held(new):
            return old
        kept = self._keep(ref, new)
        if held(new) or ref.resource == PODS:
            return kept
        resource = ref.resource
        details = {"name": ref.name, "group": resource.group, "kind": resource.plural, "uid": new["metadata"]["uid"]}
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

    def _delete_all(self, ref: Ref) -> Object:
        for thing in self.objects(ref.resource, ref.namespace):
            self._delete(ref_of(ref.resource, thing), Deletion())
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}

    def _bind(self, ref: Ref, body: Object) -> Object:
        pod = self._present(ref)
        if pod["metadata"]["uid"] != body["metadata"]["uid"]:
            raise conflict(ref, "the pod to bind is another one")
        if pod["spec"].get("nodeName"):
            raise conflict(ref, f"pod {ref.name} is already assigned to node {pod['spec']['nodeName']!r}")
        conditions = [{"type": "PodScheduled", "status": "True", "lastTransitionTime": timestamp(self.clock())}]
        bound = strategically_merged(
            pod, {"spec": {"nodeName": body["target"]["name"]}, "status": {"conditions": conditions}}
        )
        self.store.put(ref, bound)
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}


def _copy(thing: Object) -> dict[str, Any]:
    """The object as it comes out at the other end of the wire. Raises TypeError for what is not JSON."""
    copied: dict[str, Any] = json.loads(json.dumps(thing))
    return copied


def _initial(resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    """The object with what the apiserver itself adds. A status that is given at creation has no effect."""
    new = {"apiVersion": resource.api_version, "kind": resource.kind, **body, "metadata": dict(body["metadata"])}
    if resource.generation:
        new["metadata"]["generation"] = 1
        new.pop("status", None)
    if resource == PODS:
        new["status"] = {"phase": "Pending"}
    if resource == NAMESPACES:
        new |= {"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    return new
