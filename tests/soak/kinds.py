"""What a soak counts, by the name of its fault: F1 to F25 is the list of what has to be survived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tests.faults.meddling import Does

NUMBERS = range(1, 26)

BEFELL: Mapping[Does, str] = {
    Does.DIE_BEFORE: "F1 died before a call",
    Does.DIE_AFTER: "F1 died after a call",
    Does.DONE_UNANSWERED: "F2 done, and no reply",
    Does.UNDONE_UNANSWERED: "F2 not done, and no reply",
    Does.UNSENT: "F4 never sent",
    Does.CONFLICT: "F13 conflict",
    Does.THROTTLED: "F14 throttled",
    Does.DENIED: "F16 denied",
    Does.GONE: "F18 not known any more",
    Does.CUT_SHORT: "F21 half of a list",
}
"""What befell a port call."""

CLOUD: Mapping[str, str] = {
    "drop": "F2 request to the cloud lost",
    "drop_reply": "F2 reply of the cloud lost",
    "error_after": "F3 5xx after the effect",
    "throttle": "F14 throttled by the cloud",
    "linger": "F7 a task lingers",
    "task_fails": "F7 a task fails",
}
"""What was armed in the cloud."""

CODES: Mapping[str, str] = {
    "InternalError": "F3 InternalError",
    "OperationDenied.MutexTaskRunning": "F13 another task runs",
    "AddressQuotaLimitExceeded": "F15 quota used up",
    "AddressQuotaLimitExceeded.DailyAllocate": "F15 daily quota used up",
    "AuthFailure.TokenFailure": "F16 token not accepted",
    "UnauthorizedOperation": "F16 not authorized",
}
"""Refusals that were armed in the cloud."""

DEEDS: Mapping[str, str] = {
    "replace_pod": "F17 another pod of the name",
    "unbind": "F18 unbound by hand",
    "release": "F18 released by hand",
    "bind": "F18 bound by hand",
    "rename": "F18 renamed by hand",
    "retag": "F18 retagged by hand",
    "arrears": "F15 in arrears",
    "delete_claim": "F19 claim deleted",
    "edit_claim": "F19 claim edited",
    "strip": "F19 finalizer taken off",
    "namespace": "F19 namespace made or ended",
    "uninstall": "F19 CRD deleted",
    "unserve": "F19 CRD not served",
    "ask": "F23 annotation without sense",
    "write_nonsense": "F23 claim without sense",
    "install": "F25 an older CRD",
    "later_release": "F25 a later release beside us",
}
"""What hands did, or tried to."""


def unplayed(counted: Iterable[str]) -> list[str]:
    """The faults, F1 to F25, that none of these names is about."""
    played = {name.partition(" ")[0] for name in counted}
    return [name for name in (f"F{number}" for number in NUMBERS) if name not in played]


def by_fault(counted: Mapping[str, int]) -> dict[str, int]:
    """The counts in order: the faults by their numbers, then the rest by name."""

    def place(name: str) -> tuple[int, str]:
        number = name.partition(" ")[0].removeprefix("F")
        return (int(number) if number.isdecimal() else len(NUMBERS) + 1, name)

    return {name: counted[name] for name in sorted(counted, key=place) if counted[name]}
