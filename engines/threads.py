"""How many threads numeric libraries may start behind our back. Process-wide, so the program's entry decides."""

from __future__ import annotations

from types import MappingProxyType

from threadpoolctl import threadpool_limits

# For a process that is about to start: a library reads these when it is loaded, however late that is.
ONE_BLAS_THREAD = MappingProxyType({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})


def one_blas_thread() -> None:
    """Matrix products here are small and come from threads of ours: a pool of BLAS threads only waits for itself.

    On two busy cores a product of 196 x 64 x 196 takes fifty times as long with the pool as without. Only libraries
    that are loaded already are told.
    """
    threadpool_limits(limits=1, user_api="blas")
