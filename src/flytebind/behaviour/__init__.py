"""Behaviour written by people, which the overlay attaches to generated classes.

Models import these modules, each just the one that it needs. A mixin that makes other models finds
them through ``flytebind.models``, which imports nothing until it is asked.
"""
