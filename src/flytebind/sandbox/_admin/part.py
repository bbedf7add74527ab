"""What each subject of the admin service is made of."""

from __future__ import annotations

from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._http import HttpServer
from flytebind.sandbox._settings import Settings
from flytebind.sandbox._store import Store
from flytebind.services.admin import AdminServiceServicer


class Part(AdminServiceServicer):
    """A share of the admin service's methods; ``Admin`` inherits all of them."""

    def __init__(
        self, store: Store, blobs: BlobStore, http: HttpServer, clock: Clock, settings: Settings
    ) -> None:
        self.store = store
        self.blobs = blobs
        self.http = http
        self.clock = clock
        self.settings = settings
