"""Calls that a real flyteadmin answered, sent to the sandbox again."""
