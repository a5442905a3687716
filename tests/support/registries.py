"""A repository of a registry in memory, which can be told to misbehave."""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsstinstall.core.errors import NotFoundError, RefusedError
from rubin_releng.core.ocidocuments import Digest
from rubin_releng.core.registrydocuments import FoundDocument

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

__all__ = ["MemoryRepository", "Turns"]


def digest_of(content: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(content).hexdigest()}")


@dataclass
class MemoryRepository:
    """Knows blobs, documents and tags; writes down what was done, in order."""

    name: str = "example.org/lsst/scipipe"
    blobs: dict[str, bytes] = field(default_factory=dict)
    documents: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    elsewhere: dict[str, dict[str, bytes]] = field(default_factory=dict)
    has_referrers: bool = False
    says_subject: bool = False
    forgets_tags: bool = False
    overwritten: list[bytes] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def has_blob(self, digest: Digest) -> bool:
        return digest in self.blobs

    def mount_blob(self, digest: Digest, source: str) -> bool:
        found = self.elsewhere.get(source, {}).get(digest)
        if found is None:
            return False
        self.blobs[digest] = found
        self.done.append(f"mount {digest}")
        return True

    def write_blob(self, digest: Digest, size_bytes: int, read: Callable[[], Iterator[bytes]]) -> int:
        content = b"".join(read())
        assert (digest_of(content), len(content)) == (digest, size_bytes)
        self.blobs[digest] = content
        self.done.append(f"blob {digest}")
        return size_bytes

    def read_blob(self, digest: Digest, size_bytes: int | None = None) -> Iterator[bytes]:
        if digest not in self.blobs:
            raise NotFoundError(f"there is no blob `{digest}`")
        assert size_bytes is None or size_bytes == len(self.blobs[digest])
        yield self.blobs[digest]

    def read_document(self, selector: str) -> FoundDocument | None:
        digest = self.named.get(selector, selector)
        if digest not in self.documents:
            return None
        media_type, content = self.documents[digest]
        return FoundDocument(media_type=media_type, digest=Digest(digest), content=content)

    def find_document(self, selector: str) -> Digest | None:
        found = self.read_document(selector)
        return None if found is None else found.digest

    def write_document(self, selector: str, content: bytes, media_type: str) -> bool:
        digest = digest_of(content)
        self.documents[digest] = (media_type, content)
        if ":" not in selector and not self.forgets_tags:
            self.named[selector] = digest
            if media_type.endswith("index.v1+json") and self.overwritten:
                theirs = self.overwritten.pop()
                self.documents[digest_of(theirs)] = (media_type, theirs)
                self.named[selector] = digest_of(theirs)
        self.done.append(f"document {selector}")
        return self.says_subject

    def referrers(self, digest: Digest) -> bytes | None:
        if not self.has_referrers:
            return None
        found = [
            {"digest": name, "artifactType": data.get("artifactType"), "annotations": data.get("annotations")}
            for name, (_, content) in self.documents.items()
            if (data := json.loads(content)).get("subject", {}).get("digest") == digest
        ]
        return json.dumps({"manifests": found}).encode()

    def settle(self) -> None:
        self.done.append("settle")

    def tags(self) -> tuple[str, ...]:
        return tuple(sorted(self.named))

    def tags_beginning(self, prefix: str) -> tuple[str, ...]:
        return tuple(tag for tag in self.tags() if tag.startswith(prefix))

    def remove_tag(self, tag: str) -> None:
        if tag not in self.named:
            raise RefusedError(f"there is no tag `{tag}`")
        del self.named[tag]


class Turns:
    """A repository that several threads use, of which one at a time does one thing, in an order by lot."""

    def __init__(self, lots: random.Random, repository: MemoryRepository | None = None) -> None:
        self.repository = repository or MemoryRepository()
        self._lots = lots
        self._changed = threading.Condition()
        self._waiting: list[str] = []
        self._alive = 0
        self._turn: str | None = None
        self._errors: list[BaseException] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.repository, name)
        return self._in_turn(found) if callable(found) else found

    def run(self, works: Sequence[Callable[[], None]]) -> None:
        """Run all of them to their ends; what one raises is raised here."""
        self._alive = len(works)
        threads = [
            threading.Thread(target=self._work, args=(one,), name=str(number))
            for number, one in enumerate(works)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        for error in self._errors:
            raise error

    def _work(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised by `run`
            self._errors.append(error)
        finally:
            with self._changed:
                self._alive -= 1
                self._draw()

    def _in_turn(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def act(*arguments: Any) -> Any:
            me = threading.current_thread().name
            with self._changed:
                self._waiting.append(me)
                self._draw()
                self._changed.wait_for(lambda: self._turn == me)
                self._turn = None
                return function(*arguments)

        return act

    def _draw(self) -> None:
        """Choose who is next when all have said that they want to go on."""
        if self._turn is None and self._waiting and len(self._waiting) == self._alive:
            self._waiting.sort()
            self._turn = self._waiting.pop(self._lots.randrange(len(self._waiting)))
            self._changed.notify_all()
