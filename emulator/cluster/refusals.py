"""How the apiserver says no: an HTTP code, a reason of meta/v1, and a message."""

from __future__ import annotations

from emulator.cluster.resources import Ref

NAMESPACE_TERMINATING = "NamespaceTerminating"


class Refusal(Exception):
    """A request that was not carried out. `cause` tells apart what code and reason do not."""

    def __init__(self, code: int, reason: str, message: str, cause: str = "") -> None:
        """Keep all four."""
        super().__init__(f"{code} {reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message
        self.cause = cause


def not_found(ref: Ref) -> Refusal:
    """There is no such object."""
    return Refusal(404, "NotFound", f'{ref.resource.qualified} "{ref.name}" not found')


def already_exists(ref: Ref) -> Refusal:
    """There is an object of that name already."""
    return Refusal(409, "AlreadyExists", f'{ref.resource.qualified} "{ref.name}" already exists')


def conflict(ref: Ref, why: str) -> Refusal:
    """The object is not the one, or not in the state, that the request was made for."""
    message = f'Operation cannot be fulfilled on {ref.resource.qualified} "{ref.name}": {why}'
    return Refusal(409, "Conflict", message)


def modified(ref: Ref) -> Refusal:
    """The resourceVersion of the request is not that of the object."""
    return conflict(ref, "the object has been modified; please apply your changes to the latest version and try again")


def forbidden(ref: Ref, why: str, cause: str = "") -> Refusal:
    """The user may not, or nobody may at present."""
    return Refusal(403, "Forbidden", f'{ref.resource.qualified} "{ref.name}" is forbidden: {why}', cause)


def invalid(ref: Ref, field: str, why: str) -> Refusal:
    """The object would not be valid; `field` is the cause."""
    message = f'{ref.resource.kind} "{ref.name}" is invalid: {field}: {why}'
    return Refusal(422, "Invalid", message, field)
