"""The EIP API of the VPC service (2017-03-12) behind the Cloud port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Annotated, TypeVar

import anyio
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic.alias_generators import to_pascal

from shared.adapters.cloud.pace import Pace, paces
from shared.adapters.cloud.sdk import Call, Params
from shared.core import identity
from shared.core.address import Address, AddressStatus, PrivateAddress
from shared.core.claim import ActionKind
from shared.core.errors import Ambiguous, Throttled
from shared.core.values import none_as_empty_list
from shared.ports import Listing

SERVICE, VERSION = "vpc", "2017-03-12"
PAGE = 100
MAX_PAGES = 1000
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
    value: str = ""


def _status(value: object) -> object:
    return value if value in AddressStatus._value2member_map_ else AddressStatus.UNKNOWN


class _Address(_Wire):
    address_id: str
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
    created_time: AwareDatetime | None = None
    tag_set: Annotated[tuple[_Tag, ...], BeforeValidator(none_as_empty_list)] = ()

    def value(self) -> Address:
        return Address(
            address_id=self.address_id,
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
            tags={tag.key: tag.value for tag in self.tag_set},
        )


class _PrivateIp(_Wire):
    private_ip_address: str
    address_id: str | None = None
    public_ip_address: str | None = None


class _Attachment(_Wire):
    instance_id: str | None = None


class _Interface(_Wire):
    network_interface_id: str
    attachment: _Attachment | None = None
    private_ip_address_set: Annotated[tuple[_PrivateIp, ...], BeforeValidator(none_as_empty_list)] = ()

    def values(self) -> Iterable[PrivateAddress]:
        instance_id = self.attachment.instance_id if self.attachment else None
        for ip in self.private_ip_address_set:
            yield PrivateAddress(
                ip=ip.private_ip_address,
                network_interface_id=self.network_interface_id,
                instance_id=instance_id or None,
                address_id=ip.address_id or None,
                public_ip=ip.public_ip_address or None,
            )


class _Addresses(_Wire):
    total_count: int
    address_set: Annotated[tuple[_Address, ...], BeforeValidator(none_as_empty_list)] = ()


class _Interfaces(_Wire):
    total_count: int
    network_interface_set: Annotated[tuple[_Interface, ...], BeforeValidator(none_as_empty_list)] = ()


class _Allocated(_Wire):
    address_set: tuple[str, ...]


Reply = TypeVar("Reply", bound=_Wire)


class VpcCloud:
    """The cloud of one cluster: EIPs with the cluster's tag, network interfaces of its VPC. Implements `shared.ports.Cloud`."""

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
        tagged = {"Filters": [{"Name": f"tag:{identity.TAG_CLUSTER}", "Values": [self._cluster_id]}]}
        found, complete = await self._pages(tagged)
        others = [address_id for address_id in dict.fromkeys(ids) if address_id not in found]
        for some in _batches(others, FILTER_VALUES):
            by_id, all_of_them = await self._pages({"Filters": [{"Name": "address-id", "Values": list(some)}]})
            found.update(by_id)
            complete = complete and all_of_them
        return Listing(tuple(found.values()), complete)

    async def _pages(self, filters: Params) -> tuple[dict[str, Address], bool]:
        """Complete only when the total stood still and as many ids came: EIPs move between pages while they are read."""
        found: dict[str, Address] = {}
        totals: set[int] = set()
        async for page in self._read("DescribeAddresses", filters, _Addresses):
            totals.add(page.total_count)
            found.update((item.address_id, item.value()) for item in page.address_set)
        return found, len(totals) == 1 and len(found) == totals.pop()

    async def private_addresses(self, ips: Collection[str]) -> Listing[PrivateAddress]:
        """The entries of these private IPs. `ip-exact-match`: one value alone would match as a suffix."""
        wanted = dict.fromkeys(ips)
        found: list[PrivateAddress] = []
        complete = True
        for some in _batches(list(wanted), FILTER_VALUES):
            filters = [
                {"Name": "vpc-id", "Values": [self._vpc_id]},
                {"Name": "address-ip", "Values": list(some)},
                {"Name": "ip-exact-match", "Values": ["true"]},
            ]
            seen, total = 0, 0
            async for page in self._read("DescribeNetworkInterfaces", {"Filters": filters}, _Interfaces):
                seen, total = seen + len(page.network_interface_set), page.total_count
                entries = (entry for item in page.network_interface_set for entry in item.values())
                found.extend(entry for entry in entries if entry.ip in wanted)
            complete = complete and seen >= total
        return Listing(tuple(dict.fromkeys(found)), complete)

    async def _read(self, action: str, params: Params, form: type[Reply]) -> AsyncIterator[Reply]:
        """The pages of one listing; ends at the first that is not full, and at the last that is allowed."""
        for number in range(MAX_PAGES):
            page = await self._ask(action, {**params, "Offset": number * PAGE, "Limit": PAGE}, form)
            yield page
            if (number + 1) * PAGE >= getattr(page, "total_count", 0):
                return

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


def _batches(values: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
