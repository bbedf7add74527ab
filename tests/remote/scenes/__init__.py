"""Executions of every kind and in every state, for the tests of the remote layer.

Each scene is a function that takes a running sandbox, puts an execution into it as a cluster would
have reported it, and returns what a client should see of it, as a ``Scene``. Executions get names
of their own, so that one sandbox can hold any number of scenes.
"""
