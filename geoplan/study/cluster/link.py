"""The link to a Dask scheduler: found in seconds or refused, workers looked at before they work."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, TypeVar
from uuid import uuid4

import geoplan
from geoplan.errors import GeoplanError, MissingExtraError
from geoplan.study.cluster.fitness import told, unfitness
from geoplan.study.cluster.machine import expression, stack
from geoplan.words.message import Message

T = TypeVar("T")

#: libraries whose log would tell once more, as tracebacks, what a sentence tells
_LOGGERS = ("distributed", "tornado", "asyncio")


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long a cluster may take, and how often one piece of work may fail.

    Parameters
    ----------
    answer_s : till the scheduler answers at the start.
    workers_s : till there is a worker that can be used.
    restart_s : till a scheduler that was lost is there again, with workers.
    silence_s : for any answer while work is under way.
    sending_s : for the data to go out.
    failures : of workers, per piece of work.
    """

    answer_s: float = 5.0
    workers_s: float = 30.0
    restart_s: float = 30.0
    silence_s: float = 60.0
    sending_s: float = 900.0
    failures: int = 3


class SchedulerLostError(Exception):
    """The scheduler does not answer any more; it may come back."""


@dataclass(kw_only=True, slots=True)
class Heard:
    """What workers have said of their pieces of work, the last of each.

    Mutable: the link's own thread writes it.

    topic : under which they speak, of this link alone. told : who wants to know.
    """

    topic: str = field(default_factory=lambda: f"geoplan-{uuid4().hex}")
    told: Callable[[dict[str, Any]], None] | None = None
    by_name: dict[str, Any] = field(default_factory=dict)
    is_new: bool = False

    def note(self, event: Any) -> None:
        """Take down one event of the topic: its time, and a name with what is said of it."""
        name, said = event[1]
        self.by_name[name] = said
        self.is_new = True


def speaking(topic: str, name: str) -> Callable[..., None]:
    """On a worker, a function that says how far the piece of work `name` is."""
    from distributed import get_worker

    worker, last = get_worker(), -1.0

    def say(done: int, total: int, text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= 1:  # a second apart: the scheduler has more to do
            last = time.monotonic()
            worker.log_event(topic, (name, (done, total, text)))

    return say


@dataclass(kw_only=True, slots=True)
class Cluster:
    """A Dask cluster that this process is linked to; use `linked`.

    Mutable: workers come and go.

    Parameters
    ----------
    address : of the scheduler.
    client : the link itself.
    patience : how long things may take.
    tell : called with what the user should know while work goes on.
    fit, unfit : workers by address, that may work, and that must not.
    lost : how often a worker failed or was lost since the start.
    begun : whether the first workers have been looked at; those that come later are told.
    sent : bytes that went out, by piece of work; "" for what went to all workers.
    cpu_s : seconds of processor time that each finished piece took its worker.
    heard : what workers say of their work.
    """

    address: str
    client: Any
    patience: Patience
    tell: Callable[[Message], None]
    own: Mapping[str, str] = field(default_factory=stack)
    fit: set[str] = field(default_factory=set)
    unfit: dict[str, Message] = field(default_factory=dict)
    lost: int = 0
    begun: bool = False
    sent: dict[str, int] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)
    heard: Heard = field(default_factory=Heard)

    @property
    def refused(self) -> int:
        """Workers that were found and not used."""
        return len(self.unfit)

    def state(self, done: int, total: int, *, what: str = "under_way") -> Message:
        """How far the work is, as the scheduler was last heard of; `what` names the sentence."""
        return Message(f"cluster.{what}", done=done, total=total, workers=len(self.fit))

    def facts(self) -> dict[str, Any]:
        """Workers that may work, their failures, those not used; what was sent and what it took."""
        return {
            "workers": len(self.fit),
            "failures": self.lost,
            "refused": self.refused,
            "bytes_sent": sum(self.sent.values()),
            "pieces": {
                name: {"cpu_s": cpu_s, "bytes_sent": self.sent.get(name, 0)}
                for name, cpu_s in self.cpu_s.items()
            },
        }

    def listen(self, told: Callable[[dict[str, Any]], None]) -> None:
        """Tell by `told` what workers say of their pieces of work, by name; see `speaking`."""
        self.heard.told = told
        self.heard.by_name.clear()
        self._subscribe()

    def _subscribe(self) -> None:
        if self.heard.told is not None:
            with suppress(OSError):
                self.client.subscribe_topic(self.heard.topic, self.heard.note)

    def tell_heard(self) -> None:
        """Tell what was heard since the last time."""
        if self.heard.told is not None and self.heard.is_new:
            self.heard.is_new = False
            self.heard.told(dict(self.heard.by_name))

    @property
    def is_linked(self) -> bool:
        """Whether the scheduler was there when last heard of."""
        return self.client is not None and self.client.status == "running"

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Faults of the connection in the block mean that the scheduler is lost."""
        try:
            yield
        except OSError as error:
            raise SchedulerLostError from error
        except Exception as error:  # Dask's own, of a client that was closed meanwhile
            if not self.is_linked:
                raise SchedulerLostError from error
            raise

    def workers(self) -> dict[str, int]:
        """Threads by address of the workers that are there now and may work.

        A worker that was not there before is looked at first.
        """
        with self.asking():
            if not self.is_linked:
                raise SchedulerLostError
            there = dict(self.client.nthreads(callback_timeout=self.patience.silence_s))
            unknown = [w for w in there if w not in self.fit and w not in self.unfit]
            found = self._look_at(unknown) if unknown else {}
        self.fit &= there.keys()
        for address in unknown:
            if address in found:  # else it has gone already
                self._judge(address, found[address])
        late = {address: self.unfit[address] for address in unknown if address in self.unfit}
        if late and self.begun:
            self.tell(Message("cluster.late_refused", faults=told(late)))
        return {address: threads for address, threads in there.items() if address in self.fit}

    def _look_at(self, addresses: list[str]) -> dict[str, Any]:
        wait = self.patience.silence_s
        found: dict[str, Any] = self.client.run(
            eval, expression(), workers=addresses, on_error="return", callback_timeout=wait
        )
        # an error is none of the worker's: it was lost while it was asked
        return {a: told for a, told in found.items() if isinstance(told, dict)}

    def _judge(self, address: str, there: Mapping[str, str]) -> None:
        why = unfitness(self.own, there)
        if why is None:
            self.fit.add(address)
        else:
            self.unfit[address] = why

    def await_workers(self, seconds: float) -> dict[str, int]:
        """`workers`, waiting up to `seconds` for the first.

        Raises
        ------
        GeoplanError
            There is none by then.
        """
        deadline = time.monotonic() + seconds
        while not (found := self.workers()):
            if time.monotonic() > deadline:
                raise self._without_workers(seconds)
            self.tell(Message("cluster.waits_workers", address=self.address))
            time.sleep(0.5)
        return found

    def _without_workers(self, seconds: float) -> GeoplanError:
        why = Message("cluster.not_used", faults=told(self.unfit)) if self.unfit else ""
        return GeoplanError.of(
            "cluster.no_workers", address=self.address, seconds=round(seconds), why=why
        )

    def drop(self, address: str, why: str) -> None:
        """Let a worker that failed not work again."""
        self.fit.discard(address)
        self.unfit[address] = Message("cluster.failed", why=why)

    def refuse_unfit(self) -> None:
        """Raise `GeoplanError` where a worker would give another answer, naming all of them."""
        seconds = self.patience.workers_s
        deadline = time.monotonic() + seconds
        while not (found := self.workers()) and not self.unfit and time.monotonic() < deadline:
            self.tell(Message("cluster.waits_workers", address=self.address))
            time.sleep(0.2)
        if self.unfit:
            raise GeoplanError.of(
                "cluster.refused",
                address=self.address,
                faults=told(self.unfit),
                version=geoplan.__version__,
            )
        if not found:
            raise self._without_workers(seconds)
        self.begun = True

    def link_again(self) -> None:
        """Wait for a scheduler that was lost to come back with workers.

        Raises
        ------
        GeoplanError
            It did not.
        """
        self.close()
        self.fit.clear()
        self.tell(Message("cluster.waits_scheduler"))
        deadline = time.monotonic() + self.patience.restart_s
        while (left := deadline - time.monotonic()) > 0:
            with suppress(ImportError, OSError, ValueError, SchedulerLostError):
                self.client = _client(self.address, min(left, self.patience.answer_s))
                self._subscribe()
                self.await_workers(max(0.0, deadline - time.monotonic()))
                return
            self.close()
            time.sleep(0.5)
        seconds = round(self.patience.restart_s)
        raise GeoplanError.of("cluster.lost", address=self.address, seconds=seconds)

    def close(self) -> None:
        """Leave the cluster; what it still does for this process is given up."""
        client, self.client = self.client, None
        if client is not None:
            with suppress(Exception):  # there may be nobody to say goodbye to
                client.close(timeout=2)


@contextmanager
def linked(
    address: str | None, *, tell: Callable[[Message], None], patience: Patience | None = None
) -> Iterator[Cluster | None]:
    """The cluster at `address`, its workers found fit; None for an address of None.

    Raises
    ------
    MissingExtraError
        Dask is not installed.
    GeoplanError
        No scheduler answers, there is no worker, or one that would give another answer.
    """
    if address is None:
        yield None
        return
    patience = patience or Patience()
    with _quiet():
        try:
            client = _client(address, patience.answer_s)
        except MissingExtraError:
            raise
        except (ImportError, OSError, ValueError) as error:
            raise GeoplanError.of("cli.no_scheduler", address=address) from error
        cluster = Cluster(address=address, client=client, patience=patience, tell=tell)
        try:
            try:
                cluster.refuse_unfit()
                yield cluster
            except SchedulerLostError as error:
                raise GeoplanError.of("cluster.gone", address=address) from error
        finally:
            cluster.close()


def _client(address: str, seconds: float) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise MissingExtraError.of(
            "cli.needs_extra", what="--scheduler", extra="cluster"
        ) from error
    return _in_time(
        lambda: Client(address, timeout=seconds, set_as_default=False), seconds, Client.close
    )


def _in_time(make: Callable[[], T], seconds: float, undo: Callable[[T], object]) -> T:
    """What `make` gives within `seconds`; what comes later is undone.

    Dask waits for ever on who takes a call and says nothing.
    """
    answers: SimpleQueue[T | BaseException] = SimpleQueue()
    late = threading.Event()

    def ask() -> None:
        try:
            found = make()
        except BaseException as error:  # raised where it is waited for
            answers.put(error)
            return
        answers.put(found)
        if late.is_set():
            undo(found)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        late.set()
        raise TimeoutError from None
    if isinstance(answer, BaseException):
        raise answer
    return answer


@contextmanager
def _quiet() -> Iterator[None]:
    """Loggers that would print tracebacks say nothing in the block."""
    with suppress(ImportError):
        import distributed  # noqa: F401  # gives its loggers handlers and levels of their own
    names = (n for n in logging.root.manager.loggerDict if n.partition(".")[0] in _LOGGERS)
    loggers = [logging.getLogger(name) for name in (*_LOGGERS, *names)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(reversed(loggers), reversed(levels), strict=True):
            logger.setLevel(level)
