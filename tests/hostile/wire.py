"""The wires with somebody in the middle: the apiserver in memory as bytes, the cloud over HTTP, and what befalls both.

The adapters are the real ones, so that what is read is text, as it is in production.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, cast
from urllib.parse import unquote

import httpx

from emulator.cluster.apiserver import ApiServer
from emulator.cluster.deletions import Deletion
from emulator.cluster.refusals import Refusal
from emulator.cluster.resources import RESOURCES, Object, Ref, Resource
from emulator.cluster.users import User
from shared.adapters.kubernetes.client import STRATEGIC_MERGE_PATCH, Client, Json, Limits
from shared.adapters.kubernetes.clock import ApiserverClock
from shared.adapters.kubernetes.cluster import KubernetesCluster
from shared.adapters.kubernetes.errors import classify
from shared.core.errors import Gone
from tests.hostile.junk import text_of

LATENCY_SECONDS = 0.005
_PATH = re.compile(r"/apis?/(?P<api>[^/]+(?:/v[^/]+)?)(?:/namespaces/(?P<namespace>[^/]+))?(?:/(?P<rest>.*))?")
_RESOURCES = {(resource.api_version, resource.plural): resource for resource in RESOURCES}


@dataclass
class Meddler:
    """Who sits on the wires; by default he lets everything through.

    `objects` sees each object that the apiserver sends, `replies` each whole reply of it by verb and kind, `cloud` each
    reply of the cloud by action.
    """

    objects: Callable[[Object], object] = lambda thing: thing
    replies: Callable[[str, object], object] = lambda what, reply: reply  # noqa: ARG005 - it lets it through
    cloud: Callable[[str, object], object] = lambda action, reply: reply  # noqa: ARG005 - likewise


class BytesClient:
    """Stands for `Client`: the same requests, answered by an apiserver in this process."""

    def __init__(self, api: ApiServer, user: User, clock: ApiserverClock, meddler: Meddler) -> None:
        """The apiserver as that user reaches it."""
        self._api, self._user, self._clock, self._meddler = api, user, clock, meddler
        self.limits = Limits()

    async def read(self, resource: str, query: Json | None = None) -> bytes:
        """The body of a GET."""
        del query
        return await self._answer("GET", resource, {}, "")

    async def find(self, resource: str) -> bytes | None:
        """The object, or None where it is not there."""
        try:
            return await self.read(resource)
        except Gone:
            return None

    async def write(self, method: str, resource: str, body: Json, content: str = "application/json") -> bytes:
        """The body of a successful write."""
        return await self._answer(method, resource, body, content)

    async def _answer(self, method: str, path: str, body: Json, content: str) -> bytes:
        await asyncio.sleep(LATENCY_SECONDS)
        self._clock.see(formatdate(self._api.clock(), usegmt=True))
        code, reply = 200, None
        try:
            what, reply = self._serve(method, path, body, content)
        except Refusal as refusal:
            code, what, reply = refusal.code, "Status", _status(refusal)
        text = text_of(self._meddler.replies(f"{method} {what}", reply)).encode()
        if code >= 400:
            raise classify(f"{method} {path}", code, text)
        return text

    def _serve(self, method: str, path: str, body: Json, content: str) -> tuple[str, object]:
        resource, namespace, name, subresource = _parsed(path)
        ref = Ref(resource, namespace or "", name)
        if method == "GET" and not name:
            items = [self._seen(thing) for thing in self._api.list(self._user, resource, namespace)]
            page = {"kind": f"{resource.kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}}
            return f"{resource.kind}List", {**page, "items": items}
        return resource.kind, self._seen(self._one(method, ref, subresource, body, content))

    def _one(self, method: str, ref: Ref, subresource: str, body: Json, content: str) -> Object:
        api, user = self._api, self._user
        if method == "GET":
            found = api.find(user, ref)
            if found is None:
                raise Refusal(404, "NotFound", f"{ref.name} not found", "named")
            return found
        if method == "PATCH":
            return api.patch(user, ref, body, subresource, strategic=content == STRATEGIC_MERGE_PATCH)
        if method == "DELETE":
            given: Any = body["preconditions"]
            return api.delete(user, ref, Deletion(uid=given["uid"], resource_version=given["resourceVersion"]))
        if method == "PUT":
            return api.replace(user, body, ref.resource)
        return api.create(user, ref.resource, body)

    def _seen(self, thing: Object) -> object:
        return self._meddler.objects(thing)


def cluster(api: ApiServer, user: User, monotonic: Callable[[], float], meddler: Meddler) -> KubernetesCluster:
    """The adapter, on that wire."""
    clock = ApiserverClock(monotonic)
    return KubernetesCluster(cast("Client", BytesClient(api, user, clock, meddler)), clock)


def _parsed(path: str) -> tuple[Resource, str | None, str, str]:
    match = _PATH.fullmatch(path)
    rest = (match["rest"] or "").split("/") if match else []
    plural, name, subresource, *_ = [*map(unquote, rest), "", "", ""]
    resource = _RESOURCES.get((match["api"], plural)) if match else None
    if match is None or resource is None:
        raise Refusal(404, "NotFound", "the server could not find the requested resource")
    return resource, unquote(match["namespace"]) if match["namespace"] else None, name, subresource


def _status(refusal: Refusal) -> Mapping[str, object]:
    details = {"name": "it", "causes": [{"reason": refusal.cause, "field": refusal.cause}]} if refusal.cause else {}
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": refusal.reason}
    return {**told, "message": refusal.message, "details": details, "code": refusal.code}


class MeddledTransport(httpx.AsyncBaseTransport):
    """A transport whose replies are meddled with."""

    def __init__(self, inner: httpx.AsyncBaseTransport, meddler: Meddler) -> None:
        """In front of that one."""
        self._inner, self._meddler = inner, meddler

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The reply, or what has become of it."""
        response = await self._inner.handle_async_request(request)
        reply = json.loads(await response.aread())
        meddled = self._meddler.cloud(request.headers["X-TC-Action"], reply)
        if meddled is reply:
            return response
        content = meddled if isinstance(meddled, bytes) else text_of(meddled).encode()
        return httpx.Response(200, headers={"Content-Type": "application/json"}, content=content)
