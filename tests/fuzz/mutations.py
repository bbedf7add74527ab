"""Changing bytes at random."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

#: Lengths and numbers at which something ends, tags, and what text is made of.
_INTERESTING = (
    *(b"\0", b"\xff" * 9 + b"\x01", b"\x80\x80\x80\x80\x08", b"\x7f", b"\xff\xff\xff\xff\x0f"),
    *(b"\x0a", b"\x12\x00", b"\x0b", b"\x0c", b"{", b"}", b"[", b']"', b"'", b'"', b"\\", b"\n"),
    *(b"1e999", b"-0", b"NaN", b"null", b"9" * 30, b"\xed\xa0\x80", b"\xe2\x80\xae", b"+", b"("),
)


def mutated(chance: Random, examples: Sequence[bytes]) -> bytes:
    """One of the examples, or parts of two, with a few changes."""
    data = bytearray(chance.choice(examples))
    if chance.random() < 0.1:
        other = chance.choice(examples)
        data = data[: chance.randint(0, len(data))] + other[chance.randint(0, len(other)) :]
    for _ in range(chance.randint(0, 6)):
        at = chance.randint(0, len(data))
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                data[at:at] = chance.choice(_INTERESTING)
            case 2:
                del data[at : at + chance.randint(1, 8)]
            case 3:
                end = at + chance.randint(1, 64)
                data[at:at] = data[at:end] * chance.choice((1, 2, 50))
            case _:
                data[at:at] = chance.randbytes(chance.randint(1, 8))
    return bytes(data)
