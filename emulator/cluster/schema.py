"""What the CRD of EIPClaim checks, as far as the functions could fail by it: enums, and the identity of its pod."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emulator.cluster.refusals import invalid
from emulator.cluster.resources import Object, Ref
from shared.core.claim import Isp, Phase, Retention

_ENUMS = (("spec", "retention", Retention), ("spec", "isp", Isp), ("status", "phase", Phase))


@dataclass(frozen=True)
class Installed:
    """What of `deploy/` the cluster has. The fields may be replaced on a running cluster.

    `unknown_status`: the fields of status, such as `intent.token`, that the CRD does not know: an older one drops them
    silently, in the items of a list too.
    `finalizer_policy`: whether only the account that takes may remove the finalizer (ValidatingAdmissionPolicy).
    `capacity`: whether `deploy/optional/capacity.yaml` is applied.
    """

    unknown_status: frozenset[str] = frozenset()
    finalizer_policy: bool = True
    capacity: bool = False


def pruned(claim: Object, installed: Installed) -> Object:
    """The claim without the fields of status that the CRD does not know."""
    for field in installed.unknown_status:
        claim = _without(claim, ["status", *field.split(".")])
    return claim


def _without(value: Any, path: Sequence[str]) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_without(item, path) for item in value]
    if not isinstance(value, dict) or path[0] not in value:
        return value
    rest = {} if len(path) == 1 else {path[0]: _without(value[path[0]], path[1:])}
    return {**{key: kept for key, kept in value.items() if key != path[0]}, **rest}


def check_claim(ref: Ref, old: Object | None, new: Object) -> None:
    """Raises Refusal (422) for values out of an enum, and where the claim would pass to another pod.

    `spec.podUID` may be set later, together with retention `Pod`; there is no way back.
    """
    for part, field, allowed in _ENUMS:
        value = new.get(part, {}).get(field)
        if value is not None and value not in {one.value for one in allowed}:
            raise invalid(ref, f"{part}.{field}", f'Unsupported value: "{value}"')
    if old is None:
        return
    before, after = old.get("spec", {}), new.get("spec", {})
    if before.get("podUID") and before["podUID"] != after.get("podUID"):
        raise invalid(ref, "spec.podUID", "Invalid value: podUID is immutable once set")
    if before.get("retention") == Retention.POD.value and after.get("retention") == Retention.STATIC.value:
        raise invalid(ref, "spec.retention", "Invalid value: retention Pod cannot become Static")
