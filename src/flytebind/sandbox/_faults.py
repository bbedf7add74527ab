"""Trouble on request."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import grpc

from flytebind.runtime.homes import public_in
from flytebind.runtime.rpc.handlers import Handler
from flytebind.sandbox._engine_key import is_engine
from flytebind.sandbox._relay import Relay

_MAX_WAITING = 256

Continuation = Callable[[grpc.HandlerCallDetails], Handler | None]


@dataclass(frozen=True)
class _Fault:
    """What happens to a call."""

    pattern: str
    share: float
    delay: float = 0.0
    code: grpc.StatusCode | None = None
    message: str = "injected fault"
    cut_after: int | None = None
    """How much of the response arrives before the connection breaks; below 0, not even the call."""

    @property
    def is_final(self) -> bool:
        """The call does not come through."""
        return self.code is not None or self.cut_after is not None


@public_in("flytebind.sandbox")
class Faults(grpc.ServerInterceptor):
    """Makes calls slow, fail or break, until ``clear`` is called or the fault is used up.

    Each method takes ``method``, the name of an RPC, where ``*`` stands for anything
    (``GetExecution``, ``List*``); ``times``, how many calls it happens to, None for all from now
    on; and ``share``, the probability for each call. Faults that fail or break a call are asked in
    the order in which they were made, and the first one that applies happens; delays add up.
    """

    def __init__(self, engine_key: str, seed: int = 0) -> None:
        self._engine_key = engine_key
        self._random = random.Random(seed)  # the same calls fail in every run
        self._lock = threading.Lock()
        self._faults: list[tuple[_Fault, list[int]]] = []
        self._cleared = threading.Event()
        # Those that wait must not hold up the others.
        self._waiting = ThreadPoolExecutor(_MAX_WAITING, thread_name_prefix="sandbox-waiting")
        self._relay: Relay | None = None

    def latency(
        self,
        delay: timedelta | float,
        *,
        method: str = "*",
        times: int | None = None,
        share: float = 1.0,
    ) -> None:
        """Let calls wait before they are answered.

        Args:
            delay: How long, as a timedelta or in seconds.
            method: See the class.
            times: See the class.
            share: See the class.

        Raises:
            ValueError: If the delay or ``times`` is negative, or ``share`` is not from 0 to 1.
        """
        seconds = delay.total_seconds() if isinstance(delay, timedelta) else delay
        if seconds < 0:
            raise ValueError(f"a delay cannot be negative: {delay}")
        self._add(_Fault(method, share, delay=seconds), times)

    def fail(
        self,
        code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE,
        message: str = "injected fault",
        *,
        method: str = "*",
        times: int | None = None,
        share: float = 1.0,
    ) -> None:
        """Answer calls with an error; nothing is done for them.

        Args:
            code: The status code.
            message: What the error says.
            method: See the class.
            times: See the class.
            share: See the class.

        Raises:
            ValueError: If the code is ``OK``, ``times`` is negative, or ``share`` is not from 0 to
                1.
        """
        if code is grpc.StatusCode.OK:
            raise ValueError("OK is no fault")
        self._add(_Fault(method, share, code=code, message=message), times)

    def drop(self, *, method: str = "*", times: int | None = 1, share: float = 1.0) -> None:
        """Break the connection when a call arrives; nothing is done for the call.

        All other calls on the connection break too.

        Raises:
            RuntimeError: If the sandbox has no relay.
            ValueError: As ``fail`` does.
        """
        self._needs_relay()
        self._add(_Fault(method, share, cut_after=-1), times)

    def cut(
        self, after: int = 16, *, method: str = "*", times: int | None = 1, share: float = 1.0
    ) -> None:
        """Do what a call asks for, and break the connection in the middle of the response.

        Args:
            after: How many bytes of the response arrive, HTTP/2 frames included.
            method: See the class.
            times: See the class.
            share: See the class.

        Raises:
            RuntimeError: If the sandbox has no relay.
            ValueError: If ``after`` is negative, or as ``fail`` does.
        """
        self._needs_relay()
        if after < 0:
            raise ValueError(f"cannot let {after} bytes through")
        self._add(_Fault(method, share, cut_after=after), times)

    def drop_connections(self) -> int:
        """Break every open connection now; returns how many there were.

        Raises:
            RuntimeError: If the sandbox has no relay.
        """
        return self._needs_relay().drop_all()

    def clear(self) -> None:
        """No more trouble. Calls that are being delayed go on at once."""
        with self._lock:
            self._faults.clear()
            self._cleared.set()
            self._cleared = threading.Event()

    def close(self) -> None:
        """For the sandbox: end all trouble, and the threads that it needs.

        Calls that were being delayed are answered first: they may need what is closed next.
        """
        self.clear()
        self._waiting.shutdown()

    def use_relay(self, relay: Relay | None) -> None:
        """For the sandbox: what breaks connections."""
        self._relay = relay

    def intercept_service(
        self, continuation: Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> Handler | None:
        """Let the call pass, or put a fault before it."""
        handler = continuation(handler_call_details)
        if not self._faults or handler is None or handler.unary_unary is None:
            return handler
        if is_engine(handler_call_details, self._engine_key):
            return handler
        fault = self._fault_for(handler_call_details.method.rpartition("/")[2])
        return handler if fault is None else self._with(fault, handler)

    def _add(self, fault: _Fault, times: int | None) -> None:
        if times is not None and times < 0:
            raise ValueError(f"a fault cannot happen {times} times")
        if not 0 <= fault.share <= 1:
            raise ValueError(f"a share is from 0 to 1, not {fault.share}")
        with self._lock:
            self._faults.append((fault, [] if times is None else [times]))

    def _fault_for(self, rpc: str) -> _Fault | None:
        """What happens to one call: all delays that apply, and the first other fault."""
        delay = 0.0
        final: _Fault | None = None
        with self._lock:
            for fault, left in self._faults:
                if (final and fault.is_final) or not fnmatchcase(rpc, fault.pattern):
                    continue
                if left == [0] or self._random.random() >= fault.share:
                    continue
                if left:
                    left[0] -= 1
                delay += fault.delay
                final = fault if fault.is_final else final
        if final is None:
            return _Fault(rpc, 1, delay=delay) if delay else None
        return replace(final, delay=delay)

    def _with(self, fault: _Fault, handler: Handler) -> Handler:
        behaviour = handler.unary_unary
        assert behaviour is not None
        cleared = self._cleared

        def answer(request: Any, context: grpc.ServicerContext) -> Any:
            if fault.delay:
                cleared.wait(fault.delay)
            if fault.code is not None:
                context.abort(fault.code, fault.message)
            if fault.cut_after is None:
                return behaviour(request, context)
            link = self._relay.link_of(context.peer()) if self._relay else None
            if fault.cut_after < 0:
                if link is not None:
                    link.close()
                context.abort(grpc.StatusCode.UNAVAILABLE, fault.message)
            response = behaviour(request, context)
            # Not before: whatever else the server sends meanwhile would break the connection.
            if link is not None:
                link.cut(fault.cut_after)
            return response

        if fault.delay:
            answer.experimental_thread_pool = self._waiting  # type: ignore[attr-defined]  # of grpc
        return grpc.unary_unary_rpc_method_handler(
            answer, handler.request_deserializer, handler.response_serializer
        )

    def _needs_relay(self) -> Relay:
        if self._relay is None:
            raise RuntimeError(
                "connections break at the relay, and this sandbox has none: make it without"
                " relay=False"
            )
        return self._relay
