"""Behaviour written by people, which the overlay attaches to generated classes."""

from flytebind.behaviour.data import GetDataResponse as GetDataResponse
