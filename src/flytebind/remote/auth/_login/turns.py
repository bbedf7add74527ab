"""One renewal at a time for each account, among threads and among processes."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from flytebind.remote.auth._login.clock import CancellableClock
from flytebind.remote.auth._tokens import refused

_log = logging.getLogger("flytebind.remote")

_STEP = 0.05
_LONGEST = 600.0  # more than a person has to log in
_TOLD_AFTER = 2.0


class Turns:
    """Lets one thread of one process in at a time.

    The lock of a process is the system's, on a file: it ends with the process, however that ends.

    Args:
        name: What is locked.
        folder: Where its file is; by default ``~/.flyte/locks``.
    """

    def __init__(self, name: str, folder: str | None = None) -> None:
        self._thread_lock = threading.Lock()
        folder = folder or os.path.join(os.path.expanduser("~"), ".flyte", "locks")
        digest = hashlib.sha256(name.encode()).hexdigest()[:16]
        self._path = os.path.join(folder, f"login-{digest}.lock")

    @contextmanager
    def turn(
        self, clock: CancellableClock, show: Callable[[str], None], *, among_processes: bool
    ) -> Iterator[None]:
        """Wait for a turn, and have it.

        Args:
            clock: Waits, and ends when the login is cancelled.
            show: Takes what the person should read, if it takes long.
            among_processes: Whether other processes have turns, too.

        Raises:
            FlyteAuthenticationError: If it does not come, or nobody waits for it any more.
        """
        with ExitStack() as held:
            self._wait(lambda: self._thread_lock.acquire(blocking=False), clock, show)
            held.callback(self._thread_lock.release)
            if among_processes:
                self._take_file(held, clock, show)
            yield

    def _take_file(
        self, held: ExitStack, clock: CancellableClock, show: Callable[[str], None]
    ) -> None:
        try:
            from filelock import FileLock, Timeout

            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            lock = FileLock(self._path, timeout=0)

            def take() -> bool:
                try:
                    lock.acquire()
                except Timeout:
                    return False
                held.callback(lock.release)
                return True

            self._wait(take, clock, show)
        # A home that cannot be written to, or a file system without locks.
        except (ImportError, OSError, NotImplementedError) as error:
            _log.info("logins of several processes at once may disturb each other: %s", error)

    def _wait(
        self, take: Callable[[], bool], clock: CancellableClock, show: Callable[[str], None]
    ) -> None:
        begun = clock.now()
        told = False
        while not take():
            waited = clock.now() - begun
            if waited > _LONGEST:
                raise refused(
                    f"somebody else has been logging in for {waited:.0f} seconds, perhaps another "
                    "program: end that login first"
                )
            if waited > _TOLD_AFTER and not told:
                clock.take_long()
                show("Waiting for another program that is logging in to Flyte")
                told = True
            clock.wait(_STEP)
