"""What one audit record (audit.k8s.io/v1) points to. Nothing else of a record is believed.

Only what a record says for sure keeps it from mattering: where a body is missing or cut off (level Metadata, truncation
on the way) it matters, since a look in vain is cheap and a change that is not seen waits for the sweep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs

from shared.adapters.events.untrusted import dns_label, dns_name, parse_json
from shared.core.errors import InputRejected
from shared.core.identity import GIVE_ACCOUNT, GROUP, PLURAL, SYSTEM_NAMESPACE, TAKE_ACCOUNT

OURS = frozenset(f"system:serviceaccount:{SYSTEM_NAMESPACE}:{account}" for account in (GIVE_ACCOUNT, TAKE_ACCOUNT))

_CHANGES = {"create": "created", "update": "changed", "patch": "changed", "delete": "deleted"}
_WRITES = frozenset({*_CHANGES, "deletecollection"})
_CREATED = 201
_SUCCESS = range(200, 300)
_ENDED = frozenset({"Succeeded", "Failed"})
_IDENTITY = frozenset({"name", "generateName", "namespace", "uid", "resourceVersion", "creationTimestamp"})
_RESOURCE = re.compile(rf'resource["\\\s:nrt]*(?:pods|bindings|{PLURAL})')
_READS = re.compile(r'"verb"\s*:\s*"(?:get|list|watch)"')
_ESCAPE = re.compile(r"u00(?!26|3[ce])")
_JSON = re.compile(r"\s*(?:[{\[]|null)")
_DEPTH = 8

Record = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reference:
    """An object that is worth a look, or with `name` None all of its kind in the namespace, and what happened to it."""

    kind: Literal["Pod", "EIPClaim"]
    namespace: str
    name: str | None
    why: str


def can_matter(text: str) -> bool:
    """Whether a record's JSON text has to be parsed to know what it points to; most need but this search.

    An escape could hide any of the words; those of `&`, `<` and `>`, which Go always writes, hide none. The verb counts
    only where no second one, in a body, could be meant.
    """
    if not (text.startswith("{") and text.endswith(("}", "}\n"))) or _ESCAPE.search(text):
        return True
    return _RESOURCE.search(text) is not None and (text.count('"verb"') != 1 or _READS.search(text) is None)


def read_record(content: object, ours: AbstractSet[str] = OURS) -> Reference | None:
    """What the record points to, None where it does not matter. `ours` are the users whose own writes are no news.

    The record is JSON text or an object; an object inside it may be JSON text once more, or be spelled out as dotted
    keys: how CLS hands audit records on is not documented. Raises `InputRejected` for what is no audit record.
    """
    record = parse_json(content) if isinstance(content, str) else content
    if not isinstance(record, Mapping):
        raise InputRejected("BadRecord", "the record is no JSON object")
    verb, stage = _text(record, "verb"), _text(record, "stage")
    if not verb or not stage:
        raise InputRejected("BadRecord", "no audit record: it has no verb or no stage")
    # RequestReceived comes before the outcome is known, ResponseStarted amid a read; what a Panic left is the sweep's.
    if verb not in _WRITES or stage != "ResponseComplete":
        return None
    target = _part(record, "objectRef")
    kind = _kind(target)
    if (
        kind is None
        or not _took_effect(record, verb, code := _code(record))
        or _text(record, "user", "username") in ours
    ):
        return None
    why = _claim_change(verb, code) if kind == "EIPClaim" else _pod_change(record, verb, code, target)
    if why is None:
        return None
    namespace = dns_label(_at(target, "namespace"), "objectRef.namespace")
    return Reference(kind, namespace, None if verb == "deletecollection" else _name(record, target), why)


def _kind(target: Record) -> Literal["Pod", "EIPClaim"] | None:
    """The kind concerned: metrics.k8s.io has pods as well, and TKE's own component claims of the same name."""
    resource = (_text(target, "apiGroup"), _text(target, "resource"))
    if resource == (GROUP, PLURAL):
        return "EIPClaim"
    return "Pod" if resource in {("", "pods"), ("", "bindings")} else None


def _took_effect(record: Record, verb: str, code: int) -> bool:
    """Whether it succeeded and was no dry run. A deletion says that in its body, anything else in the URI."""
    uri = _text(record, "requestURI")
    if code not in _SUCCESS or "dryRun" in parse_qs(uri.partition("?")[2]):
        return False
    return not (verb.startswith("delete") and _at(_body(record, "requestObject"), "dryRun"))


def _name(record: Record, target: Record) -> str | None:
    """The name. One that the apiserver made up is in the body alone: None where there is no body."""
    name = (
        _at(target, "name")
        or _at(_body(record, "responseObject"), "metadata", "name")
        or _at(_body(record, "requestObject"), "metadata", "name")
    )
    return dns_name(name, "the object's name") if name else None


def _claim_change(verb: str, code: int) -> str:
    if verb == "deletecollection":
        return "claims deleted in namespace"
    return "claim created" if code == _CREATED else f"claim {_CHANGES[verb]}"


def _pod_change(record: Record, verb: str, code: int, target: Record) -> str | None:
    part = "binding" if _text(target, "resource") == "bindings" else _text(target, "subresource")
    if part == "":
        return _object_change(record, verb, code)
    if part == "status":
        return _status_change(record, verb)
    if (part, verb) == ("binding", "create"):
        return "pod bound to a node"
    # The apiserver deletes an evicted pod by itself: there is no other record of it. A dry run is in the body again.
    if (part, verb) == ("eviction", "create") and not _at(_body(record, "requestObject"), "deleteOptions", "dryRun"):
        return "pod evicted"
    return None


def _object_change(record: Record, verb: str, code: int) -> str | None:
    if verb == "deletecollection":
        return "pods deleted in namespace"
    # A server-side apply that creates is recorded as a patch.
    if verb != "create" and code != _CREATED:
        return f"pod {_CHANGES[verb]}"
    pod = _body(record, "responseObject") or _body(record, "requestObject")
    spec = _opened(_field(pod, "spec"))
    if not isinstance(spec, Mapping):
        return "pod created"
    return "pod created on a node" if _text(spec, "nodeName") else None


def _status_change(record: Record, verb: str) -> str | None:
    if verb not in {"update", "patch"}:
        return None
    body = _body(record, "requestObject")
    if body is None:
        return "pod status changed"
    for piece in _pieces(body):
        # A patch holds the metadata that it changes, an update all that its sender had read.
        why = _status_news(_opened(_field(piece, "status"))) or (_metadata_news(piece) if verb == "patch" else None)
        if why:
            return why
    return None


def _pieces(body: object) -> Iterator[object]:
    """A body as objects: itself, or for a JSON patch (a list) one for each of its steps."""
    if not isinstance(body, list):
        yield body
        return
    for step in body:
        value = _field(step, "value") if _field(step, "from") is None else "copied from elsewhere"
        for key in reversed(_text(step, "path").split("/")[1:_DEPTH]):
            value = {key: value}
        if _text(step, "op") != "test":
            yield value


def _status_news(status: object) -> str | None:
    """What is new in a status. Init containers do not count: their end is a pod's beginning."""
    if isinstance(status, str):
        return "pod status changed"
    phase = _text(status, "phase")
    if phase in _ENDED:
        return f"pod status: phase {phase}"
    containers = _opened(_field(status, "containerStatuses"))
    if isinstance(containers, Mapping):
        containers = list(containers.values())
    if isinstance(containers, list) and any(_at(one, "state", "terminated") is not None for one in containers):
        return "pod status: container terminated"
    return "pod status: podIP" if _at(status, "podIP") or _opened(_field(status, "podIPs")) else None


def _metadata_news(piece: object) -> str | None:
    metadata = _opened(_field(piece, "metadata"))
    if not isinstance(metadata, Mapping):
        return None
    return "pod changed" if any(metadata[key] not in ({}, []) for key in metadata.keys() - _IDENTITY) else None


def _body(record: Record, name: str) -> object:
    """A body, None where it is missing or not readable: both happen at the ends of the way that records take."""
    body = _opened(_field(record, name))
    return body if isinstance(body, (Mapping, list)) else None


def _part(record: Record, name: str) -> Record:
    """A part without which a record says nothing; empty where it is missing, as in requests for no resource."""
    part = _opened(_field(record, name))
    if part is not None and not isinstance(part, Mapping):
        raise InputRejected("BadRecord", f"{name} is no JSON object")
    return part or {}


def _code(record: Record) -> int:
    """The HTTP status code, 0 where there is none."""
    code = _at(_part(record, "responseStatus"), "code")
    if isinstance(code, str) and re.fullmatch(r"[0-9]{3}", code):
        return int(code)
    return code if isinstance(code, int) else 0


def _text(value: object, *path: str) -> str:
    text = _at(value, *path)
    return text if isinstance(text, str) else ""


def _at(value: object, *path: str) -> object:
    for name in path:
        value = _field(_opened(value), name)
    return value


def _field(value: object, name: str) -> object:
    """The field of an object; where the object was flattened (`a.b.c`), the object that it was."""
    if not isinstance(value, Mapping) or name in value:
        return value[name] if isinstance(value, Mapping) else None
    prefix = name + "."
    return {key[len(prefix) :]: inner for key, inner in value.items() if key.startswith(prefix)} or None


def _opened(value: object) -> object:
    """The object or list that a string holds as JSON; anything else, and text that was cut off, as it is."""
    if isinstance(value, str) and _JSON.match(value):
        try:
            return parse_json(value)
        except InputRejected:
            return value
    return value
