"""What is read from the apiserver's JSON, and what is said of JSON that is something else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from shared.core.claim import Claim, Metadata
from shared.core.errors import Ambiguous, InputRejected
from shared.core.identity import API_VERSION, KIND, PLURAL
from shared.core.pod import Node, Pod
from shared.core.status import one_line
from shared.core.values import Model, Moment, NullAs
from shared.ports import Unreadable

T = TypeVar("T", bound=Model)
M = TypeVar("M", bound=Model)

_DEEPEST = 64
_TOKEN = re.compile(rb'(?:\\.){1,999}|["\[\]{}]', re.DOTALL)
"""Runs of escapes are bounded: the matcher keeps a place to go back to for each, and anybody may write a million."""


class _ListMeta(Model):
    next: str = Field(default="", alias="continue")


class Page(Model, Generic[T]):
    """One page of a listing. `kind` and `items` must be there: something else that is JSON is not an empty list.

    Go may write null for no items. A validator before would make pydantic build the whole page as Python objects first.
    """

    kind: str
    metadata: _ListMeta
    items: tuple[T, ...] | None


def _told(value: object, read: ValidatorFunctionWrapHandler) -> datetime | None:
    """A time, or None where none can be made of it: then the clocks start anew, and the next renewal mends it."""
    try:
        told: datetime = read(value)
    except ValidationError:
        return None
    return told


_Told = Annotated[Moment | None, WrapValidator(_told)]


class _LeaseSpec(Model):
    renew_time: _Told = None
    acquire_time: _Told = None


class LeaseObject(Model):
    """A Lease (coordination.k8s.io/v1)."""

    metadata: Metadata
    spec: Annotated[_LeaseSpec, NullAs(_LeaseSpec)] = Field(default_factory=_LeaseSpec)


class Owned(Model):
    """Any object, for its owners."""

    metadata: Metadata


class _Resource(Model):
    name: str
    kind: str
    namespaced: bool


class Discovery(Model):
    """What an API version serves (APIResourceList)."""

    resources: tuple[_Resource, ...]


class _Name(Model):
    name: str
    namespace: str = ""


class _Named(Model):
    kind: str = ""
    metadata: _Name


class _RawPage(Model):
    kind: str
    metadata: _ListMeta
    items: tuple[dict[str, object], ...]


@dataclass(frozen=True)
class Kind(Generic[T]):
    """A kind of object: its API version's path, how its paths and JSON call it, and what is read of it."""

    api: str
    plural: str
    name: str
    form: type[T]
    page: type[Page[T]]


PODS = Kind("/api/v1", "pods", "Pod", Pod, Page[Pod])
NODES = Kind("/api/v1", "nodes", "Node", Node, Page[Node])
CLAIMS = Kind(f"/apis/{API_VERSION}", PLURAL, KIND, Claim, Page[Claim])


def read_object(text: bytes, kind: str, form: type[T]) -> T:
    """The object in a reply.

    Raises InputRejected for one of that kind that does not validate, Ambiguous for anything else.
    """
    try:
        return _read(form, text)
    except ValidationError as error:
        if not _is_a(kind, text):
            raise _unknown_form(kind) from None
        raise InputRejected("Unreadable", _why(error)) from None


def read_page(text: bytes, kind: Kind[T]) -> tuple[tuple[T, ...], tuple[Unreadable, ...], str]:
    """The objects of a page, those that do not validate, and where the next page starts (empty: nowhere).

    Raises Ambiguous for anything else than a page of that kind.
    """
    found: list[T] = []
    unreadable: list[Unreadable] = []
    page: Page[T] | _RawPage
    try:
        page = _read(kind.page, text)
        found.extend(page.items or ())
    except ValidationError:
        page = _raw_page(text, kind.name)
        for item in page.items:
            try:
                found.append(kind.form.model_validate(item))
            except ValidationError as error:
                unreadable.append(_unreadable(item, error, kind.name))
    if page.kind != f"{kind.name}List":
        raise _unknown_form(kind.name)
    return tuple(found), tuple(unreadable), page.metadata.next


def _read(form: type[M], text: bytes) -> M:
    """The JSON as that form.

    pydantic gives up at some 200 levels, but Kubernetes goes on to 10,000, and in `managedFields` anybody may nest so
    deep: one such pod must not hide all others.
    """
    try:
        return form.model_validate_json(text)
    except ValidationError as error:
        if error.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid":
            raise
        return form.model_validate_json(_shallow(text))


def _shallow(text: bytes) -> bytes:
    """The JSON with null for all that lies deeper than anything that is read."""
    parts: list[bytes] = []
    depth = start = 0
    in_string = False
    for token in _TOKEN.finditer(text):
        if token[0] == b'"':
            in_string = not in_string
        elif in_string or token[0] not in {b"[", b"{", b"]", b"}"}:
            continue
        elif token[0] in {b"[", b"{"}:
            depth += 1
            if depth == _DEEPEST:
                parts += (text[start : token.start()], b"null")
        else:
            if depth == _DEEPEST:
                start = token.end()
            depth -= 1
    return b"".join([*parts, text[start:]])


def _is_a(kind: str, text: bytes) -> bool:
    try:
        return _read(_Named, text).kind == kind
    except ValidationError:
        return False


def _raw_page(text: bytes, kind: str) -> _RawPage:
    try:
        return _read(_RawPage, text)
    except ValidationError:
        raise _unknown_form(kind) from None


def _unreadable(item: dict[str, object], error: ValidationError, kind: str) -> Unreadable:
    try:
        metadata = _Named.model_validate(item).metadata
    except ValidationError:
        raise _unknown_form(kind) from None
    return Unreadable(metadata.namespace, metadata.name, _why(error))


def _why(error: ValidationError) -> str:
    """Where it is wrong and what should be there; never what is there."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return one_line(f"{where}: {first['msg']}")


def _unknown_form(kind: str) -> Ambiguous:
    return Ambiguous("NoAnswer", f"the answer is no {kind} that the apiserver could have sent")
