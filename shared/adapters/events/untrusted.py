"""Bytes, JSON and names that anybody may have made up: read within bounds, or refused with `InputRejected`.

The messages name the place and the fault, never the content: payloads hold what people wrote into their objects.
"""

from __future__ import annotations

import json
import re
import zlib

from shared.core.errors import InputRejected

_DNS_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*")
_LABEL = 63
_SUBDOMAIN = 253
_GZIP = 16 + zlib.MAX_WBITS
_MEMBERS = 64
_EXCERPT = 40


def parse_json(text: str | bytes) -> object:
    """The JSON value. Bytes must be UTF-8, a byte order mark is skipped."""
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        return json.loads(text)
    except UnicodeDecodeError as error:
        raise InputRejected("NotJSON", f"not UTF-8 at byte {error.start + 1}") from None
    except json.JSONDecodeError as error:
        raise InputRejected("NotJSON", f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except RecursionError:
        raise InputRejected("NotJSON", "JSON nested too deep") from None
    except ValueError:
        raise InputRejected("NotJSON", "JSON with a number too long to be read") from None


def inflate(packed: bytes, limit: int) -> bytes:
    """What was gzipped, at most `limit` bytes, in memory bound by that too. Zeros may follow as padding."""
    parts: list[bytes] = []
    left = limit
    for _ in range(_MEMBERS):  # each member copies the rest of the input: many tiny ones would take quadratic time
        member = zlib.decompressobj(_GZIP)
        try:
            parts.append(member.decompress(packed, left + 1))
        except zlib.error:
            raise InputRejected("NotGzip", "not gzip") from None
        left -= len(parts[-1])
        if left < 0:
            raise InputRejected("TooLarge", f"it unpacks to more than {limit} bytes")
        if not member.eof:
            raise InputRejected("NotGzip", "gzip that ends early")
        packed = member.unused_data.lstrip(b"\0")
        if not packed:
            return b"".join(parts)
    raise InputRejected("NotGzip", f"more than {_MEMBERS} gzip members")


def dns_name(value: object, what: str) -> str:
    """The name of an object. Only a name of this form may reach a URL."""
    return _name(value, what, _SUBDOMAIN, dots=True)


def dns_label(value: object, what: str) -> str:
    """The name of a namespace."""
    return _name(value, what, _LABEL, dots=False)


def _name(value: object, what: str, longest: int, *, dots: bool) -> str:
    if isinstance(value, str) and len(value) <= longest and _DNS_NAME.fullmatch(value) and (dots or "." not in value):
        return value
    shown = json.dumps(value[:_EXCERPT]) if isinstance(value, str) else "no string"
    raise InputRejected("NotAName", f"{what} is no DNS name: {shown}")
