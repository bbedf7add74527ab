"""What the sandbox remembers: SQLite, in memory or in a file."""

from flytebind.sandbox.store.errors import (
    DuplicateError as DuplicateError,
    StoreError as StoreError,
)
from flytebind.sandbox.store.store import Page as Page, Row as Row, Store as Store
from flytebind.sandbox.store.tables import Table as Table
from flytebind.sandbox.store.values import Value as Value
