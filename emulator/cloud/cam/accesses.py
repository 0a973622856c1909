"""What a call needs: the actions and resources that CAM is asked about, in the strictest reading of its tables.

EIPs have the action prefix `cvm`, though their endpoint is that of vpc: so in CAM's own refusals. What binds an EIP
touches the EIP, the interface and the interface's instance, and each has to be allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from emulator.cloud.account import UIN
from emulator.cloud.cam.documents import Access

if TYPE_CHECKING:
    from emulator.cloud.cloud import Cloud

_Params = Mapping[str, Any]


def needed(cloud: Cloud, service: str, action: str, params: _Params) -> list[Access]:
    """All of which have to be allowed."""
    find = _RESOURCES.get(f"{service}:{action}")
    if service == "vpc" and "NetworkInterface" not in action and "PrivateIp" not in action and action not in _OF_VPC:
        service = "cvm"
    name = f"{service}:{_NAMES.get(action, action)}"
    if find is None:
        return [Access(name, "*", request_tags=_tags_of(params.get("Tags", [])))]
    return [Access(name, resource, tags) for resource, tags in find(cloud, params)]


_OF_VPC = frozenset({"DescribeSubnets"})
_NAMES = {"Invoke": "InvokeFunction"}
_Found = list[tuple[str, frozenset[str]]]
_NONE: frozenset[str] = frozenset()


def _tags_of(given: list[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(f"{one.get('Key', one.get('TagKey'))}&{one.get('Value', one.get('TagValue'))}" for one in given)


def _address(cloud: Cloud, address_id: str) -> tuple[str, frozenset[str]]:
    """One that is not there has no tags, so a condition on them is not met."""
    address = cloud.addresses.truth.get(address_id)
    tags = _NONE if address is None else frozenset(f"{key}&{value}" for key, value in address.tags)
    return f"qcs::cvm:{cloud.region}:uin/{UIN}:eip/{address_id}", tags


def _place(cloud: Cloud, interface_id: str | None, instance_id: str | None) -> _Found:
    found: _Found = []
    if interface_id is not None:
        found.append((f"qcs::vpc:{cloud.region}:uin/{UIN}:eni/{interface_id}", _NONE))
        there = [one for one in cloud.interfaces if one.interface_id == interface_id]
        instance_id = instance_id or (there[0].instance_id if there else None)
    if instance_id is not None:
        found.append((f"qcs::cvm:{cloud.region}:uin/{UIN}:instance/{instance_id}", _NONE))
    return found


def _associate(cloud: Cloud, params: _Params) -> _Found:
    place = _place(cloud, params.get("NetworkInterfaceId"), params.get("InstanceId"))
    return [_address(cloud, params["AddressId"]), *place]


def _disassociate(cloud: Cloud, params: _Params) -> _Found:
    address = cloud.addresses.truth.get(params["AddressId"])
    place = [] if address is None else _place(cloud, address.interface_id, address.instance_id)
    return [_address(cloud, params["AddressId"]), *place]


def _one_address(cloud: Cloud, params: _Params) -> _Found:
    return [_address(cloud, params["AddressId"])]


def _addresses(cloud: Cloud, params: _Params) -> _Found:
    return [_address(cloud, one) for one in params["AddressIds"]]


def _of(service: str, form: str, name: str) -> Callable[[Cloud, _Params], _Found]:
    def find(cloud: Cloud, params: _Params) -> _Found:
        return [(f"qcs::{service}:{cloud.region}:uin/{UIN}:{form}{params[name]}", _NONE)]

    return find


_SECRET = _of("ssm", f"secret/creatorUin/{UIN}/", "SecretName")
_CLUSTER = _of("ccs", "cluster/", "ClusterId")
_FUNCTION = _of("scf", "namespace/default/function/", "FunctionName")
_TOPIC = _of("cls", "topic/", "TopicId")

_RESOURCES: Mapping[str, Callable[[Cloud, _Params], _Found]] = {
    "vpc:AssociateAddress": _associate,
    "vpc:DisassociateAddress": _disassociate,
    "vpc:ModifyAddressAttribute": _one_address,
    "vpc:ModifyAddressesBandwidth": _addresses,
    "vpc:ReleaseAddresses": _addresses,
    **dict.fromkeys((f"ssm:{verb}Secret" for verb in ("Delete", "Describe", "Disable", "Enable")), _SECRET),
    **dict.fromkeys((f"ssm:{verb}Secret" for verb in ("Restore", "Update")), _SECRET),
    **dict.fromkeys(("ssm:GetSecretValue", "ssm:PutSecretValue", "ssm:ListSecretVersionIds"), _SECRET),
    **dict.fromkeys((f"tke:DescribeCluster{what}" for what in ("Kubeconfig", "Endpoints", "EndpointStatus")), _CLUSTER),
    **dict.fromkeys((f"scf:{verb}Function" for verb in ("Create", "Delete", "Get")), _FUNCTION),
    **dict.fromkeys((f"scf:{verb}FunctionEventInvokeConfig" for verb in ("Get", "Update")), _FUNCTION),
    **dict.fromkeys((f"scf:{verb}ReservedConcurrencyConfig" for verb in ("Delete", "Get", "Put")), _FUNCTION),
    **dict.fromkeys(("scf:Invoke", "scf:CreateTrigger", "scf:DeleteTrigger", "scf:ListTriggers"), _FUNCTION),
    **dict.fromkeys(("cls:CreateDeliverCloudFunction", "cls:SearchLog"), _TOPIC),
}
