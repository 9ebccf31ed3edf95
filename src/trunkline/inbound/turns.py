"""Posts that wait in memory, taken in turn over accounts: one account's flood delays no other's statuses.

A pure data structure. Within an account posts keep their order.
"""

from collections import OrderedDict, deque

from trunkline.store.inbox import OpenPost


class Turns:
    """At most about `most` posts. An account below its share of that is always let in."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._queues: OrderedDict[str, deque[OpenPost]] = OrderedDict()  # whose turn is next comes first

    def __len__(self) -> int:
        return self._count

    def add(self, post: OpenPost) -> bool:
        """False when there is no room for it."""
        queue = self._queues.get(post.account_id)
        if queue is None:
            queue = self._queues[post.account_id] = deque()
        elif self._count >= self._most and len(queue) >= self._most // len(self._queues):
            return False
        queue.append(post)
        self._count += 1
        return True

    def take(self, count: int, size: int) -> list[OpenPost]:
        """The next posts: so many, or until their bodies are larger than `size`; at least one if any."""
        group: list[OpenPost] = []
        while self._queues and len(group) < count:
            account_id, queue = self._queues.popitem(last=False)
            size -= len(queue[0].body)
            if group and size < 0:
                self._queues[account_id] = queue
                self._queues.move_to_end(account_id, last=False)
                break
            group.append(queue.popleft())
            if queue:
                self._queues[account_id] = queue  # behind the others
        self._count -= len(group)
        return group
