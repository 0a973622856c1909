"""UIDs and the generated parts of names: random to look at, the same in every run of the same seed."""

from __future__ import annotations

import hashlib
import json
import random
import uuid

from emulator.cluster.resources import Object

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""What Kubernetes makes names of: no vowels, so no words; nothing that is misread."""


class Identifiers:
    """A source of identifiers."""

    def __init__(self, seed: int) -> None:
        """The source that belongs to `seed`."""
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def uid(self) -> str:
        """A new UID."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def suffix(self) -> str:
        """The end of a generated name."""
        return "".join(self._random.choices(_ALPHABET, k=5))


def template_hash(template: Object) -> str:
    """The hash by which the pods of one template are told from those of another."""
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:10])
