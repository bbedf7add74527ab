"""Scripted workflows that run by themselves, so that there is something to see."""

from flytebind.runtime.extras import explained as _explained

with _explained("flytebind.sandbox"):
    from flytebind.sandbox.play._engine import Engine
    from flytebind.sandbox.play._scripts import SCRIPTS
    from flytebind.sandbox.play._workflow import Script

__all__ = ["SCRIPTS", "Engine", "Script"]
