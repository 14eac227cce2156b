"""papermill's own engine for notebooks that are documents: expressions in the prose are evaluated among the cells.

papermill loads the engines of other packages while it is imported itself, so this is imported when a notebook is run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from jupyter_core.utils import run_sync
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine
from papermill.log import logger

from lib import prose

if TYPE_CHECKING:
    from jupyter_client.asynchronous import AsyncKernelClient
    from nbformat import NotebookNode


class DocumentClient(PapermillNotebookClient):
    """papermill's client, which also evaluates the expressions of Markdown cells, after the code cells before them."""

    async def async_execute_cell(self, cell: NotebookNode, cell_index: int, **options: Any) -> NotebookNode:
        """Run a code cell; of a Markdown cell, keep the values of its expressions in its metadata.

        Raises what nbclient raises, and prose.ExpressionFailed.
        """
        done = await super().async_execute_cell(cell, cell_index, **options)
        if cell.cell_type == "markdown":
            cell.metadata.pop(prose.KEY, None)
            if expressions := prose.expressions(cell.source):
                cell.metadata[prose.KEY] = await self._evaluated(expressions)
                prose.refuse_failed(cell.metadata[prose.KEY])
        return cast("NotebookNode", done)

    execute_cell = run_sync(async_execute_cell)

    async def _async_poll_kernel_alive(self) -> None:
        """Watch the kernel while there is one; nbclient's watch outlives a cell that was stopped, and fails then."""
        with contextlib.suppress(AssertionError):
            await super()._async_poll_kernel_alive()

    async def _evaluated(self, expressions: Sequence[str]) -> list[dict[str, Any]]:
        numbered = {str(number): expression for number, expression in enumerate(expressions)}
        client = cast("AsyncKernelClient", self.kc)
        request = client.execute("", store_history=False, user_expressions=numbered)
        reply = await self.async_wait_for_reply(request)
        results = (reply or {})["content"]["user_expressions"]
        return [{"expression": expression, "result": results[number]} for number, expression in numbered.items()]


class DocumentEngine(NBClientEngine):
    """papermill's standard engine with a DocumentClient."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man, kernel_name, *, start_timeout=60, execution_timeout=None, input_path=None, **options
    ):
        """Run a notebook. Raises what nbclient raises, and prose.ExpressionFailed."""
        client = DocumentClient(
            nb_man,
            kernel_name=kernel_name,
            startup_timeout=start_timeout,
            timeout=execution_timeout,
            log=logger,
            **options,
        )
        return client.execute()
