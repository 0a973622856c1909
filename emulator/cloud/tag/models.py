"""Which tags exist. What is tagged with them is known to each resource itself."""

from __future__ import annotations

from emulator.cloud.errors import CloudError

_RESERVED = ("qcloud", "tencent", "project")
_LONGEST_KEY = 127
_LONGEST_VALUE = 255


class Tags:
    """The account's tags; another service may only put existing ones on a resource."""

    def __init__(self) -> None:
        """None."""
        self._pairs: set[tuple[str, str]] = set()

    def exists(self, key: str, value: str) -> bool:
        """Whether there is such a tag."""
        return (key, value) in self._pairs

    def all(self) -> list[tuple[str, str]]:
        """All tags, sorted."""
        return sorted(self._pairs)

    def create(self, key: str, value: str) -> None:
        """Add a tag. Raises CloudError if it is there or may not be."""
        self.check(key, value)
        if self.exists(key, value):
            raise CloudError("ResourceInUse.TagDuplicate", f"The tag {key}:{value} exists.")
        self._pairs.add((key, value))

    def ensure(self, key: str, value: str) -> None:
        """Have a tag. Raises CloudError if it may not be."""
        self.check(key, value)
        self._pairs.add((key, value))

    def remove(self, key: str, value: str) -> None:
        """Have the tag gone. Raises CloudError if there is none."""
        if not self.exists(key, value):
            raise CloudError("ResourceNotFound.TagNonExist", f"There is no tag {key}:{value}.")
        self._pairs.remove((key, value))

    def check(self, key: str, value: str) -> None:
        """Raise CloudError if there can be no such tag."""
        if not key:
            raise CloudError("InvalidParameterValue.TagKeyEmpty", "The key is empty.")
        if len(key) > _LONGEST_KEY:
            raise CloudError("InvalidParameterValue.TagKeyLengthExceeded", f"At most {_LONGEST_KEY} characters.")
        if len(value) > _LONGEST_VALUE:
            raise CloudError("InvalidParameterValue.TagValueLengthExceeded", f"At most {_LONGEST_VALUE} characters.")
        if key.lower().startswith(_RESERVED):
            raise CloudError("InvalidParameterValue.ReservedTagKey", f"The key {key} is reserved.")
