"""Keys whose signatures everybody can make: a digest of name and content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

__all__ = ["FakeKey"]


@dataclass(frozen=True)
class FakeKey:
    """Both halves of a key."""

    key_id: str

    @property
    def public(self) -> FakeKey:
        return self

    def sign(self, content: bytes) -> bytes:
        return hashlib.sha256(self.key_id.encode() + content).digest()

    def verifies(self, signature: bytes, content: bytes) -> bool:
        return signature == self.sign(content)
