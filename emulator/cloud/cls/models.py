"""The account's log topics and their newest records. Topics and records come by the console only."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from emulator.cloud.errors import CloudError

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Record:
    """One log entry, as JSON; its time in milliseconds, which is when it was written and not when it could be found."""

    time_ms: int
    json: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A function that gets what a topic holds, in batches."""

    namespace: str
    function: str
    qualifier: str
    seconds: int
    records: int


@dataclass(slots=True)
class Topic:
    """A topic, and whom it is delivered to."""

    topic_id: str
    name: str
    logset_id: str
    created_at: float
    indexed: bool = True
    records: deque[Record] = field(default_factory=lambda: deque(maxlen=_KEPT), repr=False)
    deliveries: list[Delivery] = field(default_factory=list)


class Topics:
    """All topics, by id."""

    def __init__(self) -> None:
        """None."""
        self._by_id: dict[str, Topic] = {}

    def __iter__(self) -> Iterator[Topic]:
        """In order of creation."""
        return iter(self._by_id.values())

    def add(self, topic: Topic) -> None:
        """Have that topic, in place of another of its id."""
        self._by_id[topic.topic_id] = topic

    def find(self, topic_id: str) -> Topic:
        """The topic. Raises CloudError if there is none."""
        if topic_id not in self._by_id:
            raise CloudError("ResourceNotFound.TopicNotExist", f"There is no topic {topic_id}.")
        return self._by_id[topic_id]

    def remove(self, topic_id: str) -> None:
        """Have the topic gone. Raises CloudError if there is none, or a function gets what it holds."""
        topic = self.find(topic_id)
        if topic.deliveries:
            raise CloudError("OperationDenied.TopicHasDeliverFunction", f"{topic_id} is delivered to a function.")
        del self._by_id[topic.topic_id]

    def stop_deliveries(self, namespace: str, function: str) -> None:
        """Deliver nothing more to a function."""
        for topic in self:
            topic.deliveries = [
                one for one in topic.deliveries if (one.namespace, one.function) != (namespace, function)
            ]
