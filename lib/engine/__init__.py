"""A papermill engine whose kernels are forked from one warm process: no kernel start, no imports a notebook.

The kernels are ipykernel's own and speak its protocol, so what a notebook shows is what it always shows. Only the
start differs: `server` holds a process that has imported what notebooks import and forks a kernel when it is asked;
`kernels` are the manager and the provisioner of jupyter_client that ask it, and start a kernel the usual way where
it cannot be had.

Use it as `papermill --engine fork in.ipynb out.ipynb`, or `papermill.execute_notebook(…, engine_name="fork")`. With
`document` in place of `fork`, kernels are started the usual way. Both evaluate the expressions of the prose.
"""

from __future__ import annotations

FORK, DOCUMENT = "fork", "document"


class DocumentEngine:
    """papermill's standard engine, which also evaluates the expressions of the prose.

    It hands over to that engine instead of deriving from it: papermill loads the engines of other packages while it
    is being imported itself.
    """

    @classmethod
    def execute_notebook(cls, nb, kernel_name, **options):
        """Run a notebook as papermill's standard engine does. Raises what that raises, and prose.ExpressionFailed."""
        from lib.engine import documents

        return documents.DocumentEngine.execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb, name=None):
        """Return the kernel that the notebook names, or `name`. Raises ValueError where there is neither."""
        from lib.engine import documents

        return documents.DocumentEngine.nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb, language=None):
        """Return the language that the notebook names, or `language`. Raises ValueError where there is neither."""
        from lib.engine import documents

        return documents.DocumentEngine.nb_language(nb, language)


class ForkEngine(DocumentEngine):
    """The same engine with forked kernels."""

    @classmethod
    def execute_notebook(cls, nb, kernel_name, **options):
        """Run a notebook as papermill's standard engine does. Raises what that raises, and prose.ExpressionFailed."""
        from lib.engine.kernels import ForkedKernelManager

        options.setdefault("kernel_manager_class", ForkedKernelManager)
        return super().execute_notebook(nb, kernel_name, **options)


def register() -> None:
    """Make the engines known to papermill, also where this package was not installed with its entry points."""
    from papermill.engines import papermill_engines

    papermill_engines.register(FORK, ForkEngine)
    papermill_engines.register(DOCUMENT, DocumentEngine)
