"""One account in one region of Tencent Cloud: its state, and the one way in that all doors share.

It keeps no time of its own, and no threads out: see `Cloud.lock`.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulator.cloud.behaviour import Behaviour
from emulator.cloud.calls import CallLog, CallRecord
from emulator.cloud.cam import policy_responses, role_responses
from emulator.cloud.cam.accesses import needed
from emulator.cloud.cam.models import AccessManagement
from emulator.cloud.cls import responses as cls_responses
from emulator.cloud.cls.models import Topics
from emulator.cloud.console import Console
from emulator.cloud.dispatch import Call, Json, Operation, Service, Work, check
from emulator.cloud.errors import CloudError, UnansweredError
from emulator.cloud.faults import LOST_REPLY, UNDONE, Fault, Faults
from emulator.cloud.identifiers import Identifiers
from emulator.cloud.limits import RateLimits
from emulator.cloud.scf import function_responses, invocations, limit_responses, trigger_responses
from emulator.cloud.scf.models import Functions
from emulator.cloud.ssm import responses as ssm_responses
from emulator.cloud.ssm.models import Secrets
from emulator.cloud.tag import responses as tag_responses
from emulator.cloud.tag.models import Tags
from emulator.cloud.tc3 import Key
from emulator.cloud.tke import responses as tke_responses
from emulator.cloud.tke.models import Clusters
from emulator.cloud.vpc import interface_responses, responses
from emulator.cloud.vpc.models.address import Address
from emulator.cloud.vpc.models.addresses import Addresses
from emulator.cloud.vpc.models.network_interfaces import NetworkInterfaces
from emulator.cloud.vpc.models.purchases import Purchases
from emulator.cloud.vpc.models.quota import Quota
from emulator.cloud.vpc.models.tasks import Pace

SERVICES: Mapping[str, Service] = {
    "vpc": Service("2017-03-12", {**responses.OPERATIONS, **interface_responses.OPERATIONS}),
    "tag": Service("2018-08-13", tag_responses.OPERATIONS, regional=False),
    "scf": Service(
        "2018-04-16",
        {
            **invocations.OPERATIONS,
            **function_responses.OPERATIONS,
            **trigger_responses.OPERATIONS,
            **limit_responses.OPERATIONS,
        },
    ),
    "cls": Service("2020-10-16", cls_responses.OPERATIONS),
    "cam": Service("2019-01-16", {**role_responses.OPERATIONS, **policy_responses.OPERATIONS}, regional=False),
    "sts": Service("2018-08-13", role_responses.STS_OPERATIONS, regional=False),
    "ssm": Service("2019-09-23", ssm_responses.OPERATIONS),
    "tke": Service("2018-05-25", tke_responses.OPERATIONS),
}
DEFAULT_SECRET_ID = "AKIDEXAMPLE0000000000000000000000000"
DEFAULT_SECRET_KEY = "example-secret-key-of-the-emulator"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of a call: the reply or the refusal, the fault it met, and whether it took effect."""

    outcome: Json | CloudError
    request_id: str
    done: bool
    fault: Fault | None
    work: Work | None = None
    """If there is some, the outcome is not there until it is done."""

    def worked(self) -> Exchange:
        """The same after the work."""
        return self if self.work is None else replace(self, outcome=self.work(), work=None)

    @property
    def reply(self) -> Json:
        """The body of the reply."""
        content: Json
        if isinstance(self.outcome, CloudError):
            content = {"Error": {"Code": self.outcome.code, "Message": self.outcome.message}}
        else:
            content = self.outcome
        return {"Response": {**content, "RequestId": self.request_id}}


@dataclass(frozen=True, slots=True)
class _Called:
    service: str
    action: str
    params: Mapping[str, Any]
    identity: str
    changes: bool


class Cloud:
    """The state of an account and region. Everything happens at `clock()`, in seconds since 1970."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        *,
        seed: int = 0,
        region: str = "ap-guangzhou",
        behaviour: Behaviour | None = None,
        signing_clock: Callable[[], float] = time.time,
        log_size: int = 1_000_000,
    ) -> None:
        """An account with one key pair and nothing else; ids follow from `seed`.

        Signatures are compared with `signing_clock`, because the SDK signs with its own process's clock whatever
        `clock` says. The call log keeps the last `log_size` calls.
        """
        self.clock = clock
        self.region = region
        self.seed = seed
        self.signing_clock = signing_clock
        self.log_size = log_size
        self.credentials = {DEFAULT_SECRET_ID: Key(DEFAULT_SECRET_KEY, "default")}
        self.behaviour = behaviour or Behaviour()
        self.lock = threading.RLock()
        """Held by the server around each call, and by whoever else touches the cloud while a server runs."""
        self.reset()

    def reset(self) -> None:
        """Forget everything but the credentials and the behaviour."""
        identifiers = Identifiers(self.seed)
        self.identifiers = identifiers
        self.tags = Tags()
        self.interfaces = NetworkInterfaces(identifiers)
        self.addresses = Addresses(self.behaviour, identifiers, self.interfaces)
        self.purchases = Purchases(self.behaviour)
        self.quota = Quota(self.behaviour)
        self.secrets = Secrets()
        self.clusters = Clusters()
        self.functions = Functions()
        self.topics = Topics()
        self.access = AccessManagement()
        self.faults = Faults()
        self.limits = RateLimits()
        self.calls = CallLog(self.log_size)
        self.console = Console(self)

    def settle(self) -> None:
        """Let everything happen that is due by now; each call does so first."""
        self.addresses.bring_up_to(self.clock())
        self.secrets.bring_up_to(self.clock())

    def holdings(self) -> tuple[Address, ...]:
        """The EIPs as they truly are now, in order of purchase, whatever DescribeAddresses shows."""
        self.settle()
        return tuple(self.addresses.truth)

    def call(self, service: str, action: str, params: Mapping[str, Any], *, identity: str = "default") -> Json:
        """The reply to a direct call, without the envelope but with RequestId.

        Raises CloudError for a refusal, and UnansweredError where a fault keeps the outcome from the caller. There is
        no waiting at this door: a delayed or late call takes place at once.
        """
        key = next((one for one in self.credentials.values() if one.identity == identity), Key("", identity))
        exchange = self.exchange(service, action, params, key, self.faults.take(action, params, identity)).worked()
        if exchange.fault is not None and exchange.fault.kind in UNDONE | LOST_REPLY:
            raise UnansweredError(done=exchange.done)
        if isinstance(exchange.outcome, CloudError):
            raise exchange.outcome
        return {**exchange.outcome, "RequestId": exchange.request_id}

    def exchange(self, service: str, action: str, params: Mapping[str, Any], key: Key, fault: Fault | None) -> Exchange:
        """What comes of a call under a fault; whether the caller gets to see it is left to the door."""
        self.settle()
        operation = SERVICES[service].operations.get(action) if service in SERVICES else None
        outcome: Json | Work | CloudError
        try:
            outcome = self._perform(f"{service}:{action}", operation, params, key, fault)
        except CloudError as error:
            outcome = error
        changes = operation is not None and operation.changes
        hidden = () if operation is None else operation.hidden
        shown = {name: "***" if name in hidden else value for name, value in params.items()}
        called = _Called(service, action, shown, key.identity, changes)
        return self._log(called, outcome, fault)

    def refuse(self, action: str, error: CloudError) -> Exchange:
        """What comes of a request that could not be understood, or whose sender could not be told."""
        return self._log(_Called("", action, {}, "", changes=False), error, None)

    def _perform(
        self, api: str, operation: Operation | None, params: Mapping[str, Any], key: Key, fault: Fault | None
    ) -> Json | Work:
        kind = None if fault is None else fault.kind
        if fault is not None and kind in UNDONE:
            raise CloudError("Dropped", "The request never came as far as the API.")
        if operation is None:
            raise CloudError("InvalidAction", f"There is no action {api}.")
        if self.behaviour.rate_limits and not self.limits.admit(key.identity, api, operation.per_second, self.clock()):
            raise _throttled(operation)
        if kind == "throttle":
            raise _throttled(operation)
        if key.actions is not None and api not in key.actions:
            raise CloudError("AuthFailure.UnauthorizedOperation", f"{key.identity} is not authorized to {api}.")
        if fault is not None and kind == "code":
            raise CloudError(fault.code, fault.message)
        given = check(operation, params)
        self._authorize(api, given, key)
        return operation.run(self, Call(given, self.addresses.now, self._pace(fault), key.identity, key.role))

    def _authorize(self, api: str, params: Mapping[str, Any], key: Key) -> None:
        """Raise UnauthorizedOperation, worded as CAM words it, unless the key's role may do all that the call needs."""
        if key.role is None:
            return
        service, action = api.split(":")
        for access in needed(self, service, action, params):
            if not self.access.judge(key.role, access):
                raise CloudError(
                    "UnauthorizedOperation",
                    f"you are not authorized to perform operation ({access.action})\n"
                    f"resource ({access.resource}) has no permission\n",
                )

    def _pace(self, fault: Fault | None) -> Pace:
        usual = Pace(self.behaviour.transition_seconds, self.behaviour.transition_describes)
        if fault is None or fault.kind not in ("linger", "task_fails"):
            return usual
        fails = fault.kind == "task_fails"
        if fault.seconds is None:
            return Pace(usual.seconds, usual.describes, fails)
        return Pace(fault.seconds, None, fails)

    def _log(self, called: _Called, outcome: Json | Work | CloudError, fault: Fault | None) -> Exchange:
        refusal = outcome if isinstance(outcome, CloudError) else None
        record = CallRecord(
            number=self.calls.cursor + 1,
            at=self.clock(),
            identity=called.identity,
            service=called.service,
            action=called.action,
            params=copy.deepcopy(dict(called.params)),
            code="OK" if refusal is None else refusal.code,
            done=refusal is None,
            answered=fault is None or fault.kind not in UNDONE | LOST_REPLY,
            changes=called.changes,
            request_id=self.identifiers.request(),
        )
        self.calls.append(record)
        if callable(outcome):
            return Exchange({}, record.request_id, record.done, fault, outcome)
        return Exchange(outcome, record.request_id, record.done, fault)


def _throttled(operation: Operation) -> CloudError:
    return CloudError(
        operation.throttled,
        f"The call frequency exceeds the limit of {operation.per_second} for a second. Please call less often.",
    )
