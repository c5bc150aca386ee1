"""Pieces of work given to a cluster's workers, and given again where a worker or the link fails."""

from __future__ import annotations

import errno
import pickle
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Generic, TypeVar
from uuid import uuid4

from geoplan.errors import GeoplanError
from geoplan.study.cluster.link import Cluster, SchedulerLostError
from geoplan.words.message import Message, Messages

S = TypeVar("S")
T = TypeVar("T")

#: how often finished work is looked for, and how often workers are counted
_LOOK_S, _COUNT_S = 0.05, 1.0
#: faults of a machine, not of the work: its disk is full, broken or cannot be written
_DISK_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE)
#: what a worker does; the scheduler, which looks at it, needs no geoplan to load it
_TASK = "__import__('pickle').loads(order)(shared, name)"


@dataclass(frozen=True, slots=True)
class _Done:
    value: Any
    cpu_s: float


@dataclass(frozen=True, slots=True)
class _MachineFault:
    worker: str
    why: str


def _attempt(
    work: Callable[[Any, str], Any], packed: bool, given: Any, name: str
) -> _Done | _MachineFault:
    """`work` on a worker; faults of its machine are told, not raised.

    packed : what it is given is a pickle, as of what goes to one worker alone.
    """
    from distributed import get_worker

    start = time.process_time()
    try:
        value = work(pickle.loads(given) if packed else given, name)
        return _Done(value, time.process_time() - start)
    except MemoryError as error:
        return _MachineFault(get_worker().address, f"MemoryError: {error}".strip(": "))
    except OSError as error:
        if error.errno not in _DISK_FAULTS or isinstance(error, GeoplanError):
            raise
        return _MachineFault(get_worker().address, str(error))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Given:
    """A piece that was handed out: to whom it may go, and who has what it needs."""

    future: Any
    places: set[str]
    home: str = ""
    sent: Any = None


@dataclass(kw_only=True, slots=True)
class _Orders(Generic[S, T]):
    """Work that is asked of a cluster, and where each piece of it is.

    Mutable: pieces move from `waiting` through `given` to done.
    """

    cluster: Cluster
    work: Callable[[S, str], T]
    shared: S | None
    own: Callable[[str], S] | None
    waiting: list[str]
    title: Callable[[str], str]
    given: dict[str, _Given] = field(default_factory=dict)
    sent: Any = None
    holders: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)

    def done(self) -> Iterator[tuple[str, T]]:
        """Each piece as it is finished, in any order."""
        counted = -_COUNT_S
        while self.waiting or self.given:
            if time.monotonic() - counted >= _COUNT_S:
                self._give(self._workers())
                self.cluster.tell_heard()
                counted = time.monotonic()
            finished = [name for name, given in self.given.items() if given.future.done()]
            for name in finished:
                found = self._result(name, self.given.pop(name).future)
                if found is not None:
                    yield name, found.value
                counted = -_COUNT_S  # somebody is free
            if not finished:
                time.sleep(_LOOK_S)

    def give_up(self) -> None:
        """Nothing more is wanted of what was given."""
        futures = [given.future for given in self.given.values()]
        if futures and self.cluster.is_linked:
            with self.cluster.asking():
                self.cluster.client.cancel(futures, force=True)

    def _workers(self) -> dict[str, int]:
        """Those that may work now; pieces of those that are gone wait again."""
        there = self.cluster.workers()
        for name, given in list(self.given.items()):
            if not given.places & there.keys() and not given.future.done():
                del self.given[name]
                given.future.cancel()
                self._failed(name, Message("cluster.vanished"), "cluster.workers_lost")
        return there or self.cluster.await_workers(self.cluster.patience.workers_s)

    def _give(self, workers: dict[str, int]) -> None:
        """Hand out what waits, two pieces for each thread at most, for workers that come later."""
        if not self.waiting:
            return
        places, packed = set(workers), self.own is not None
        order = pickle.dumps(partial(_attempt, self.work, packed))
        if self.own is None:
            with self.cluster.asking():
                if self.sent is None or self.sent.cancelled() or not self.holders & places:
                    self._send(workers)
        while self.waiting and len(self.given) < 2 * sum(workers.values()):
            name = self.waiting.pop(0)
            # not asked of the cluster: a fault of a file here is no lost scheduler
            alone = None if self.own is None else pickle.dumps(self.own(name), protocol=5)
            home = self._least_busy(workers)
            with self.cluster.asking():
                sent = self.sent if alone is None else self._scattered(alone, [home])
                future = self.cluster.client.submit(
                    eval,
                    _TASK,
                    {"order": order, "shared": sent, "name": name},
                    key=f"geoplan-{name}-{uuid4().hex}",
                    workers=sorted(places),
                )
            if alone is not None:
                self.cluster.sent[name] = self.cluster.sent.get(name, 0) + len(alone)
            self.given[name] = _Given(future=future, places=places, home=home, sent=sent)

    def _least_busy(self, workers: dict[str, int]) -> str:
        """The worker with the fewest pieces for each of its threads, the first of equals."""
        busy = Counter(given.home for given in self.given.values())
        return min(sorted(workers), key=lambda worker: busy[worker] / max(workers[worker], 1))

    def _send(self, workers: dict[str, int]) -> None:
        """The shared value to all workers."""
        self.cluster.tell(Message("cluster.sends", workers=len(workers)))
        self.sent = self._scattered(self.shared, sorted(workers))
        self.holders = set(workers)
        sent = self.cluster.sent
        sent[""] = sent.get("", 0) + _weight(self.shared) * len(workers)

    def _scattered(self, value: Any, workers: list[str]) -> Any:
        """A value that all of these workers have."""
        client, wait = self.cluster.client, self.cluster.patience.sending_s
        [sent] = client.sync(
            lambda: client.scatter(
                [value],
                workers=workers,
                broadcast=True,
                hash=False,
                timeout=wait,
                asynchronous=True,
            ),
            callback_timeout=wait,
        )
        return sent

    def _result(self, name: str, future: Any) -> _Done | None:
        """What a finished piece gave; None where it has to be done again."""
        from distributed import KilledWorker

        wait = self.cluster.patience.sending_s
        try:
            with self.cluster.asking():  # an OSError of the work itself is not raised here
                error = future.exception(timeout=wait)
                found = future.result(timeout=wait) if error is None else None
        except CancelledError:  # what it needed went with the workers that held it
            self.sent = None
            self._failed(name, Message("cluster.vanished"), "cluster.workers_lost")
            return None
        if isinstance(error, KilledWorker):  # Dask has tried others already
            self.failures[name] = self.cluster.patience.failures
            self._failed(name, Message("cluster.vanished"), "cluster.workers_lost")
        if error is not None:
            raise error
        if isinstance(found, _MachineFault):
            self.cluster.drop(found.worker, found.why)
            self._failed(name, found.why, "cluster.worker_fault")
            return None
        assert isinstance(found, _Done)
        cpu_s = self.cluster.cpu_s
        cpu_s[name] = round(cpu_s.get(name, 0.0) + found.cpu_s, 3)
        return found

    def _failed(self, name: str, why: Message | str, sentence: str) -> None:
        """A piece has to be done again, or has failed too often."""
        self.cluster.lost += 1
        self.failures[name] += 1
        if self.failures[name] > self.cluster.patience.failures:
            raise GeoplanError.of(
                "cluster.gave_up",
                what=self.title(name),
                why=Messages([why]),
                count=self.failures[name],
            )
        self.waiting.insert(0, name)
        self.cluster.tell(Message(sentence, what=self.title(name), why=Messages([why])))


def _weight(value: Any) -> int:
    """Bytes of a value as it is sent; arrays are not copied to count them."""
    buffers: list[pickle.PickleBuffer] = []
    body = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return len(body) + sum(one.raw().nbytes for one in buffers)


def worked_out(
    cluster: Cluster,
    work: Callable[[S, str], T],
    shared: S | None,
    names: list[str],
    *,
    own: Callable[[str], S] | None = None,
    title: Callable[[str], str] = str,
) -> Iterator[tuple[str, T]]:
    """``work(shared, name)`` of every name, on the cluster's workers, each as it is finished.

    A worker that is lost, or whose disk or memory is full, or a scheduler that is started again
    cost time; what they were at is done again, a few times at most.

    Parameters
    ----------
    cluster : see `geoplan.study.cluster.link.linked`.
    work : a function of a module, which workers have too.
    shared : sent once to every worker.
    names : of the pieces of work, those that take longest first.
    own : of a name, what its piece of work gets instead of `shared`; it goes to one worker, and is
        asked for when the piece is handed out.
    title : what users call a piece of work.

    Raises
    ------
    GeoplanError
        The scheduler was lost and did not come back, no worker is left, or one piece failed on
        several workers.
    """
    left = list(names)
    restarts = 0
    while left:
        orders = _Orders(
            cluster=cluster, work=work, shared=shared, own=own, waiting=list(left), title=title
        )
        try:
            for name, value in orders.done():
                left.remove(name)
                yield name, value
        except SchedulerLostError as error:
            restarts += 1
            if restarts > cluster.patience.failures:
                raise GeoplanError.of("cluster.gone", address=cluster.address) from error
            cluster.link_again()
        finally:
            with suppress(SchedulerLostError):
                orders.give_up()
