"""How flytebind compares in speed and memory with raw protobuf, flytekit and other wrappers.

``make bench`` runs it, ``python -m benchmarks --help`` tells the rest. Nothing here is asserted on
time: the tests only see that all contestants of a benchmark come to the same result.
"""
