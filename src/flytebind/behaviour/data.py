"""What the answers to the three GetData calls have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flytebind.models.admin.common import UrlBlob
    from flytebind.models.core.literals import LiteralMap


class GetDataResponse:
    """The data of one execution, whether of a workflow, a node or a task.

    Inputs and outputs come in full where they are small enough, and as a signed link besides.
    """

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def inputs(self) -> UrlBlob: ...  # noqa: D102

        @property
        def outputs(self) -> UrlBlob: ...  # noqa: D102

        @property
        def full_inputs(self) -> LiteralMap: ...  # noqa: D102

        @property
        def full_outputs(self) -> LiteralMap: ...  # noqa: D102
