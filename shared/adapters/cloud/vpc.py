"""The EIP API of the VPC service (2017-03-12) behind the Cloud port."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Generic, TypeVar

import anyio
from pydantic import (
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic.alias_generators import to_pascal

from shared.adapters.cloud.pace import Pace, paces
from shared.adapters.cloud.sdk import Call, Params
from shared.core import identity
from shared.core.address import Address, AddressStatus, PrivateAddress
from shared.core.claim import ActionKind
from shared.core.errors import Ambiguous, Throttled
from shared.core.values import NullAs
from shared.ports import Listing
from shared.together import side_by_side

SERVICE, VERSION = "vpc", "2017-03-12"
PAGE = 100
MAX_PAGES = 1000
STATUSES = frozenset(status.value for status in AddressStatus)
FILTER_VALUES = 100
PATIENCE = 20.0
"""Seconds that a look waits for its turns."""

APIS = {
    ActionKind.ALLOCATE: "AllocateAddresses",
    ActionKind.ASSOCIATE: "AssociateAddress",
    ActionKind.DISASSOCIATE: "DisassociateAddress",
    ActionKind.RELEASE: "ReleaseAddresses",
    ActionKind.SET_BANDWIDTH: "ModifyAddressesBandwidth",
}


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_pascal, populate_by_name=True)


class _Tag(_Wire):
    key: str
    value: str | None = None


def _status(value: object) -> object:
    return value if isinstance(value, str) and value in STATUSES else AddressStatus.UNKNOWN


def _told(value: object, read: ValidatorFunctionWrapHandler) -> datetime | None:
    """A time with its offset, or None: an age that nobody can tell must not hide everything else.

    Digits alone would be read as seconds of an epoch, and make an EIP old enough to be released as an orphan.
    """
    try:
        told: datetime | None = read(value) if isinstance(value, str) and "T" in value else None
    except ValidationError:
        return None
    return told


class _Address(_Wire):
    id: str = Field(alias="AddressId")
    address_name: str | None = None
    address_status: Annotated[AddressStatus, BeforeValidator(_status)]
    address_ip: str | None = None
    bandwidth: int | None = None
    internet_service_provider: str | None = None
    network_interface_id: str | None = None
    private_address_ip: str | None = None
    instance_id: str | None = None
    is_arrears: bool | None = None
    is_blocked: bool | None = None
    created_time: Annotated[AwareDatetime | None, WrapValidator(_told)] = None
    tag_set: Annotated[tuple[_Tag, ...], NullAs(tuple)] = ()

    def value(self) -> Address:
        return Address(
            address_id=self.id,
            name=self.address_name or "",
            status=self.address_status,
            public_ip=self.address_ip or "",
            bandwidth_mbps=self.bandwidth,
            isp=self.internet_service_provider,
            network_interface_id=self.network_interface_id or None,
            private_ip=self.private_address_ip or None,
            instance_id=self.instance_id or None,
            in_arrears=bool(self.is_arrears),
            blocked=bool(self.is_blocked),
            created_at=self.created_time,
            tags={tag.key: tag.value or "" for tag in self.tag_set},
        )


class _PrivateIp(_Wire):
    private_ip_address: str
    address_id: str | None = None
    public_ip_address: str | None = None


class _Attachment(_Wire):
    instance_id: str | None = None


class _Interface(_Wire):
    id: str = Field(alias="NetworkInterfaceId")
    attachment: _Attachment | None = None
    private_ip_address_set: Annotated[tuple[_PrivateIp, ...], NullAs(tuple)] = ()

    def values(self) -> Sequence[PrivateAddress]:
        instance_id = self.attachment.instance_id if self.attachment else None
        return [
            PrivateAddress(
                ip=ip.private_ip_address,
                network_interface_id=self.id,
                instance_id=instance_id or None,
                address_id=ip.address_id or None,
                public_ip=ip.public_ip_address or None,
            )
            for ip in self.private_ip_address_set
        ]


Item = TypeVar("Item", _Address, _Interface)
Value = TypeVar("Value")


class _Page(_Wire, Generic[Item]):
    total_count: int
    items: Annotated[tuple[Item, ...], NullAs(tuple)] = Field(
        default=(), validation_alias=AliasChoices("AddressSet", "NetworkInterfaceSet")
    )


# Named, so that they are kept: pydantic would make the class anew for every look, since nobody holds it in between.
_AddressPage = _Page[_Address]
_InterfacePage = _Page[_Interface]


class _Allocated(_Wire):
    address_set: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...]


Reply = TypeVar("Reply", bound=_Wire)


class VpcCloud:
    """The cloud of one cluster: EIPs with its tag, interfaces of its VPC. Implements `shared.ports.Cloud`."""

    def __init__(self, call: Call, cluster_id: str, vpc_id: str) -> None:
        """`call` reaches the VPC service, signed with the rights of one role."""
        self._call = call
        self._cluster_id = cluster_id
        self._vpc_id = vpc_id
        self._paces: dict[str, Pace] = paces()

    def rate(self, action: ActionKind) -> float:
        """Calls a second that this API takes from us at present."""
        return self._paces[APIS[action]].rate

    async def addresses(self, ids: Collection[str]) -> Listing[Address]:
        """All EIPs with the cluster's tag, and those of `ids` that are not among them."""
        tagged = _filter(f"tag:{identity.TAG_CLUSTER}", self._cluster_id)
        found, complete = await self._list("DescribeAddresses", [tagged], _AddressPage, _Address.value)
        others = await self.named_addresses([one for one in dict.fromkeys(ids) if one not in found])
        return Listing((*found.values(), *others.items), complete and others.complete)

    async def named_addresses(self, ids: Collection[str]) -> Listing[Address]:
        """The EIPs of these ids, whatever their tags."""

        def ask(some: Sequence[str]) -> Awaitable[tuple[dict[str, Address], bool]]:
            filters = [_filter("address-id", *some)]
            return self._list("DescribeAddresses", filters, _AddressPage, _Address.value)

        answers = await side_by_side(ask, _batches(list(dict.fromkeys(ids)), FILTER_VALUES))
        found = tuple(address for by_id, _ in answers for address in by_id.values())
        return Listing(found, all(whole for _, whole in answers))

    async def private_addresses(self, ips: Collection[str]) -> Listing[PrivateAddress]:
        """The entries of these private IPs. `ip-exact-match`: one value alone would match as a suffix."""

        async def ask(some: Sequence[str]) -> tuple[Sequence[PrivateAddress], bool]:
            filters = [
                _filter("vpc-id", self._vpc_id),
                _filter("address-ip", *some),
                _filter("ip-exact-match", "true"),
            ]
            found, whole = await self._list("DescribeNetworkInterfaces", filters, _InterfacePage, _Interface.values)
            asked = set(some)
            return [entry for entries in found.values() for entry in entries if entry.ip in asked], whole

        answers = await side_by_side(ask, _batches(list(dict.fromkeys(ips)), FILTER_VALUES))
        entries = tuple(entry for some, _ in answers for entry in some)
        return Listing(entries, all(whole for _, whole in answers))

    async def _list(
        self, action: str, filters: Sequence[Params], form: type[_Page[Item]], value: Callable[[Item], Value]
    ) -> tuple[dict[str, Value], bool]:
        """The values of what fits, by id; complete only when the total stood still and as many ids came.

        They move between pages while these are read.
        """
        found: dict[str, Value] = {}
        totals: set[int] = set()
        for number in range(MAX_PAGES):
            page = await self._ask(action, {"Filters": filters, "Offset": number * PAGE, "Limit": PAGE}, form)
            totals.add(page.total_count)
            found.update((item.id, value(item)) for item in page.items)
            if not page.items or (number + 1) * PAGE >= page.total_count:
                break
        return found, totals == {len(found)}

    async def allocate(self, parameters: Mapping[str, str | int], token: str, within: float) -> str:
        """The id of the bought EIP. The tags must exist: the EIP API does not create them (TagNotExisted)."""
        tags = [{"Key": key, "Value": value} for key, value in identity.tags(self._cluster_id).items()]
        params = {**parameters, "AddressCount": 1, "Tags": tags, "ClientToken": token}
        reply = await self._send("AllocateAddresses", params, within)
        bought = _parse("AllocateAddresses", reply, _Allocated).address_set
        if len(bought) != 1:
            raise Ambiguous("NoAnswer", f"AllocateAddresses answered with {len(bought)} EIPs for one")
        return bought[0]

    async def associate(self, address_id: str, network_interface_id: str, private_ip: str, within: float) -> None:
        """Bind an unbound EIP to a private IP."""
        target = {"NetworkInterfaceId": network_interface_id, "PrivateIpAddress": private_ip}
        await self._send("AssociateAddress", {"AddressId": address_id, **target}, within)

    async def disassociate(self, address_id: str, within: float) -> None:
        """Unbind an EIP."""
        await self._send("DisassociateAddress", {"AddressId": address_id}, within)

    async def release(self, address_id: str, within: float) -> None:
        """Give back an unbound EIP."""
        await self._send("ReleaseAddresses", {"AddressIds": [address_id]}, within)

    async def set_bandwidth(self, address_id: str, mbps: int, within: float) -> None:
        """Change the peak bandwidth."""
        params = {"AddressIds": [address_id], "InternetMaxBandwidthOut": mbps}
        await self._send("ModifyAddressesBandwidth", params, within)

    async def _ask(self, action: str, params: Params, form: type[Reply]) -> Reply:
        """A read: asked again when it was refused for rate, as long as its turn comes."""
        deadline = anyio.current_time() + PATIENCE
        while True:
            try:
                return _parse(action, await self._send(action, params, deadline - anyio.current_time()), form)
            except Throttled as error:
                if error.reason == "NoTurn":
                    raise

    async def _send(self, action: str, params: Params, within: float) -> Mapping[str, object]:
        pace = self._paces[action]
        await pace.turn(within)
        try:
            reply = await self._call(action, params)
        except Throttled:
            pace.refused()
            raise
        pace.accepted()
        return reply


def _parse(action: str, reply: Mapping[str, object], form: type[Reply]) -> Reply:
    try:
        return form.model_validate(reply)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise Ambiguous("NoAnswer", f"{action} had an answer of an unknown form, at {where}") from None


def _filter(name: str, *values: str) -> Params:
    return {"Name": name, "Values": list(values)}


def _batches(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
