"""What the sandbox remembers: SQLite, in memory or in a file."""

from flytebind.sandbox._store.errors import (
    DuplicateError as DuplicateError,
    StoreError as StoreError,
)
from flytebind.sandbox._store.store import Page as Page, Row as Row, Store as Store
from flytebind.sandbox._store.tables import Table as Table
from flytebind.sandbox._store.values import Value as Value
