"""What the commands say of what they did, as JSON for programs and as lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eipctl.deployment.changes import Change, Seen
from eipctl.deployment.draining import Left
from eipctl.deployment.installation import FUNCTIONS, Installation
from eipctl.deployment.teardown import Holdings

Told = Mapping[str, Any]


def installed(
    installation: Installation,
    changes: Sequence[Change],
    left: Sequence[Change],
    seen: Mapping[str, Seen],
    *,
    done: bool,
) -> Told:
    """What differed, what still does, until when the tokens are good, and what is to be run next."""
    tokens = {name: one.found["token"] for name, one in seen.items() if one.found and "token" in one.found}
    missing = [key for key in FUNCTIONS if _missing(seen.get(installation.extras(key).name))]
    return {
        "changes": [{"name": one.name, "verb": one.verb.value, "lines": list(one.lines)} for one in changes],
        "done": done,
        "left": [one.name for one in left],
        "tokens": tokens,
        "notDeployed": [installation.function(key) for key in missing],
        "variables": dict(installation.variables()) if missing else {},
    }


def _missing(seen: Seen | None) -> bool:
    return seen is None or seen.wanted is None


def installed_text(told: Told) -> str:
    """The same for people; each line ends with a line break."""
    return "".join(f"{line}\n" for line in _installed_lines(told))


def _installed_lines(told: Told) -> Iterator[str]:
    if not told["changes"]:
        yield "no change"
    yield from (f"not as it shall be yet: {name}; run it again" for name in told["left"])
    yield from (f"{name}: token {until}; the next install renews it in time" for name, until in told["tokens"].items())
    if told["notDeployed"]:
        yield f"not deployed yet: {', '.join(told['notDeployed'])}. Next: make bundle; write the lines below into .env,"
        yield "beside the settings of deploy/env.example; scf deploy; then eipctl install again."
        yield from (f"{name}={value}" for name, value in told["variables"].items())


def held(holdings: Holdings) -> Iterator[str]:
    """What there is, a line each."""
    for one in holdings.claims:
        status, metadata = one.get("status", {}), one["metadata"]
        told = (status.get("phase"), status.get("addressID"), status.get("publicIP"))
        yield " ".join([f"claim {metadata['namespace']}/{metadata['name']}", *(str(part) for part in told if part)])
    for one in holdings.addresses:
        yield f"EIP {one['AddressId']} {one['AddressIp']} {one['AddressStatus']}"
    yield from (one.name for one in holdings.resources)
    yield from (f"function {name}: stopped, for `scf remove` to delete" for name in holdings.functions)


def warning(bound: int, *, force: bool) -> str:
    """What happens to the pods that have their EIPs; a claim says what was so when it was last looked at."""
    last = f"claims that were bound when last looked at: {bound}."
    if force:
        return f"{last} With --force their pods, where they live, go on without their EIPs, at once"
    return (
        f"{last} Those whose pods live are kept, and so is what they need."
        " End the pods first, or take their EIPs with --force"
    )


def torn_down(holdings: Holdings, left: Sequence[Left], *, done: bool) -> Told:
    """What there was, and what is left."""
    return {
        "held": list(held(holdings)),
        "bound": holdings.bound,
        "done": done,
        "left": [{"name": one.name, "why": one.why} for one in left],
    }


def torn_down_text(told: Told) -> str:
    """The same for people, but for what was shown already; each line ends with a line break."""
    if not told["held"]:
        return "nothing to take away\n"
    if not told["done"]:
        return ""
    lines = [f"left: {one['name']}: {one['why']}" for one in told["left"]]
    if not lines:
        return "all is taken away\n"
    return "".join(
        f"{line}\n" for line in [*lines, "giving is stopped; run teardown again, or install to go on as before"]
    )
