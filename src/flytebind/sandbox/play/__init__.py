"""Scripted workflows that run by themselves, so that there is something to see."""

from flytebind.sandbox.play.engine import Engine
from flytebind.sandbox.play.scripts import SCRIPTS
from flytebind.sandbox.play.workflow import Script

__all__ = ["SCRIPTS", "Engine", "Script"]
