"""A cluster and an account in this process, as far as install and teardown ask, for many runs under faults."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta, timezone
from http import HTTPStatus
from typing import Any, TypeVar

from eipctl.deployment import installation
from eipctl.deployment.changes import Change, plan
from eipctl.deployment.draining import CLAIMS, Drain, Left
from eipctl.deployment.install import install, look
from eipctl.deployment.installation import FUNCTIONS, Parts
from eipctl.deployment.ports import JSON, Json, Sides
from eipctl.deployment.teardown import teardown
from emulator.cloud import Cloud as EmulatedCloud
from emulator.cloud.errors import CloudError
from shared.adapters.cloud.codes import classify
from shared.adapters.kubernetes import Access, errors
from shared.core import identity
from tests.deployment import states

T = TypeVar("T")
Raw = dict[str, Any]

CLUSTER_ID, VPC_ID, TOPIC_ID, SUBNET_ID = "cls-1a2b3c4d", "vpc-emulated", "topic-audit", "subnet-emulated"
NOW = datetime(2026, 11, 26, 12, tzinfo=timezone.utc)
OWN = Access("https://10.0.0.1", token="the administrator's")  # noqa: S106 - nobody takes it
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/eipclaims.eipclaim.io"
DESCRIBED = installation.read(
    {
        "EIPCLAIM_CLUSTER_ID": CLUSTER_ID,
        "EIPCLAIM_VPC_ID": VPC_ID,
        "TENCENTCLOUD_REGION": "ap-guangzhou",
        "DEPLOY_SUBNET_ID": SUBNET_ID,
        "DEPLOY_AUDIT_TOPIC_ID": TOPIC_ID,
    }
)


class Objects:
    """Implements Cluster: whole objects by their paths, and service accounts' tokens. It has no claims."""

    def __init__(self) -> None:
        """A bare cluster."""
        self.by_path: dict[str, Raw] = {}
        self._uids = itertools.count(1)

    def now(self) -> datetime:
        """Always the same."""
        return NOW

    async def send(self, method: str, where: str, body: Json | None = None, content: str = JSON) -> Json:
        """One request."""
        del content
        place, _, query = where.partition("?")
        if method == "POST" and place.endswith("/token"):
            return {"status": {"token": self._token(place.removesuffix("/token"), (body or {})["spec"])}}
        if method == "PATCH":
            return self._applied(place, body or {}, dry="dryRun=All" in query)
        if place == CLAIMS:
            self._present(CRD, "the server could not find the requested resource", named=False)
            return {"items": [], "metadata": {}}
        found = self._present(place)
        if method == "DELETE":
            self.by_path = {one: thing for one, thing in self.by_path.items() if not f"{one}/".startswith(f"{place}/")}
        return found

    def _present(self, place: str, message: str = "not found", *, named: bool = True) -> Raw:
        if place not in self.by_path:
            details = {"name": place.rsplit("/", 1)[-1]} if named else {}
            status = {"kind": "Status", "reason": "NotFound", "message": message, "details": details}
            raise errors.classify(place, HTTPStatus.NOT_FOUND, json.dumps(status).encode())
        return self.by_path[place]

    def _applied(self, place: str, body: Json, *, dry: bool) -> Raw:
        namespace, inside, _ = place.partition("/namespaces/")[2].partition("/")
        if inside:
            self._present(f"/api/v1/namespaces/{namespace}")
        old = self.by_path.get(place)
        uid = old["metadata"]["uid"] if old else f"uid-{next(self._uids)}"
        applied = {**body, "metadata": {**body["metadata"], "uid": uid}}
        if not dry:
            self.by_path[place] = applied
        return applied

    def _token(self, account: str, spec: Json) -> str:
        since = int(NOW.timestamp())
        claims = {
            "kubernetes.io": {"serviceaccount": {"uid": self._present(account)["metadata"]["uid"]}},
            "iat": since,
            "exp": since + int(timedelta(seconds=spec["expirationSeconds"]).total_seconds()),
        }
        return f"head.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.signature"


class Account:
    """Implements Cloud: an emulated account's operations, without a wire."""

    def __init__(self, cloud: EmulatedCloud) -> None:
        """As that account is."""
        self._cloud = cloud

    async def call(self, service: str, action: str, params: Json) -> Json:
        """One call."""
        try:
            return self._cloud.call(service, action, json.loads(json.dumps(params)))
        except CloudError as error:
            raise classify(error.code, error.message) from None


class Site:
    """Both, with the three functions deployed."""

    def __init__(self) -> None:
        """Nothing is installed."""
        self.cloud = EmulatedCloud(clock=NOW.timestamp)
        self.cloud.behaviour.transition_seconds = 0.0
        self.cloud.behaviour.rate_limits = False
        self.cloud.console.create_cluster(CLUSTER_ID, vpc_id=VPC_ID)
        self.cloud.console.create_topic(TOPIC_ID)
        for key in FUNCTIONS:
            self.cloud.console.create_function(DESCRIBED.function(key), memory=256)
        self.objects = Objects()
        self.sides = Sides(self.objects, Account(self.cloud))

    async def ask(self, question: Callable[[Parts, Sides], Awaitable[T]], sides: Sides | None = None) -> T:
        """The answer of whoever is given the parts and both sides, or others in their place."""
        seen = sides or self.sides
        return await question(await installation.parts(DESCRIBED, seen, OWN, None), seen)

    async def install(self, sides: Sides | None = None) -> Sequence[Change]:
        """As the command does: look, then make what differs; what is then still not so."""

        async def all_of_it(parts: Parts, seen: Sides) -> Sequence[Change]:
            changes = plan(await look(parts.all(), seen))
            return await install(parts.all(), [one.name for one in changes], seen, _nothing)

        return await self.ask(all_of_it, sides)

    async def teardown(self, sides: Sides | None = None) -> Sequence[Left]:
        """Take all of it away; what is left."""
        drain = Drain(DESCRIBED.settings, OWN, force=False, pause=_no_time, say=_nothing)
        return await self.ask(lambda parts, seen: teardown(parts, DESCRIBED, drain, seen), sides)

    def buy_orphan(self) -> None:
        """An EIP with our tags and a mark that no claim has."""
        tags = identity.tags(CLUSTER_ID)
        self.cloud.console.buy(name=identity.mark(CLUSTER_ID, "uid"), tags=tags)

    def state(self) -> str:
        """All that is there, without what differs from run to run."""
        things = {place: {**one, "metadata": {**one["metadata"], "uid": ""}} for place, one in self._things()}
        return states.dumped({"cluster": things, "account": states.account(self.cloud)})

    def _things(self) -> Sequence[tuple[str, Raw]]:
        return sorted(self.objects.by_path.items())


async def _no_time(seconds: float) -> None:
    del seconds


def _nothing(line: str) -> None:
    del line
