"""The command ``python -m flytebind.sandbox``."""

from __future__ import annotations

import argparse
import logging
import random
import signal
import sys
import threading
from collections.abc import Sequence

import grpc

from flytebind.sandbox._sandbox import Sandbox
from flytebind.sandbox._store import StoreError
from flytebind.sandbox.play import SCRIPTS, Engine

PROG = "python -m flytebind.sandbox"
DESCRIPTION = "Serve an embedded Flyte admin, until Ctrl-C or SIGTERM."
EPILOG = """\
examples:
  python -m flytebind.sandbox                    an empty admin on 127.0.0.1:30080
  python -m flytebind.sandbox --demo             one with workflows that run by themselves,
                                                 to be watched in a browser
  python -m flytebind.sandbox --port 0 -q        on a free port, which is in the first line
  python -m flytebind.sandbox --db flyte.sqlite  with what was there the last time

It prints "endpoint HOST:PORT" to stdout once it answers, and "console URL", where a browser finds
what runs; with --auth, lines with "client-id", "client-secret" and a "token" follow. What the demo
does goes to stderr.

exit codes:
  0  stopped, by Ctrl-C or SIGTERM
  2  cannot start: something is wrong with the command, the port or a file
"""

STOPPED, FAILED = 0, 2

_INTERVAL_SECONDS = 4.0
#: The demo starts these no second time: one waits for a person, one fills the store.
_ONCE = ("gate", "fan_out")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command, in the main thread.

    Returns:
        The exit code; the help says what each one means.
    """
    options = _parser().parse_args(arguments)
    if not options.quiet:
        logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
        logging.getLogger("flytebind.sandbox").setLevel(logging.INFO)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        with Sandbox(
            host=options.host,
            port=options.port,
            db=options.db,
            data=options.data,
            auth=options.auth,
        ) as sandbox:
            _serve(sandbox, options, stop)
    except (OSError, StoreError) as error:
        return _fail(str(error))
    except grpc.RpcError as error:
        return _fail(f"the demo cannot go on: {error.details()}")
    return STOPPED


def _serve(sandbox: Sandbox, options: argparse.Namespace, stop: threading.Event) -> None:
    engine = sandbox.engine(options.speed) if options.demo else None
    print("endpoint", sandbox.endpoint)
    print("console", sandbox.console_url)
    if sandbox.tokens is not None:
        print("client-id", sandbox.tokens.client_id)
        print("client-secret", sandbox.tokens.client_secret)
        print("token", sandbox.tokens.issue_token("somebody"))
    sys.stdout.flush()
    if engine is not None:
        _show(engine, _INTERVAL_SECONDS / options.speed, stop)
    while not stop.wait(1):  # without a timeout, Windows would not let Ctrl-C through
        pass


def _show(engine: Engine, interval: float, stop: threading.Event) -> None:
    """Start each script, then one after the other."""
    for name in SCRIPTS:
        engine.launch(name)
    often = [name for name in SCRIPTS if name not in _ONCE]
    while not stop.wait(interval):
        engine.launch(random.choice(often))


def _fail(reason: str) -> int:
    print(f"{PROG}: {reason}", file=sys.stderr)
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=PROG,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=30080,
        help="port to listen on; 0 takes a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--db", metavar="FILE", help="SQLite file that keeps everything (default: memory)"
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        help="folder of offloaded data (default: a temporary one, or FILE.data beside the --db)",
    )
    parser.add_argument("--auth", action="store_true", help="demand a token of every call")
    parser.add_argument(
        "--demo",
        action="store_true",
        help="run scripted workflows: each of them, then one every few seconds",
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="X",
        help="how many times faster than written the demo runs (default: %(default)g)",
    )
    parser.add_argument(
        "-q", "--quiet", action="store_true", help="say nothing on stderr but errors"
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: 0 to 65535")
    return int(text)


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not a speed: above 0, up to 1000")
    return speed
