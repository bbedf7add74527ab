"""Scripted workflows that run by themselves, so that there is something to see."""

from flytebind.sandbox.play.engine import Engine as Engine
from flytebind.sandbox.play.scripts import SCRIPTS as SCRIPTS
from flytebind.sandbox.play.workflow import Script as Script
