"""A papermill engine whose kernels are forked from one warm process: no kernel start, no imports a notebook.

The kernels are ipykernel's own and speak its protocol, so what a notebook shows is what it always shows. Only the
start differs: `server` holds a process that has imported what notebooks import and forks a kernel when it is asked;
`kernels` are the manager and the provisioner of jupyter_client that ask it, and start a kernel the usual way where
it cannot be had.

Use it as `papermill --engine fork in.ipynb out.ipynb`, or `papermill.execute_notebook(…, engine_name="fork")`.
"""

from __future__ import annotations

NAME = "fork"


class ForkEngine:
    """papermill's standard engine with forked kernels.

    It hands over to that engine instead of deriving from it: papermill loads the engines of other packages while it
    is being imported itself.
    """

    @classmethod
    def execute_notebook(cls, nb, kernel_name, **options):
        """Run a notebook as papermill's standard engine does. Raises what that raises."""
        from papermill.engines import NBClientEngine

        from lib.engine.kernels import ForkedKernelManager

        options.setdefault("kernel_manager_class", ForkedKernelManager)
        return NBClientEngine.execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb, name=None):
        """The kernel that the notebook names, or `name`. Raises ValueError where there is neither."""
        from papermill.engines import NBClientEngine

        return NBClientEngine.nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb, language=None):
        """The language that the notebook names, or `language`. Raises ValueError where there is neither."""
        from papermill.engines import NBClientEngine

        return NBClientEngine.nb_language(nb, language)


def register() -> None:
    """Make the engine known to papermill, also where this package was not installed with its entry points."""
    from papermill.engines import papermill_engines

    papermill_engines.register(NAME, ForkEngine)
