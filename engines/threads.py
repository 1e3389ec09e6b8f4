"""How many threads numeric libraries may start behind our back. Process-wide, so the program's entry decides."""

from __future__ import annotations

from threadpoolctl import threadpool_limits


def one_blas_thread() -> None:
    """Matrix products here are small and come from threads of ours: a pool of BLAS threads only waits for itself.

    On two busy cores a product of 196 x 64 x 196 takes fifty times as long with the pool as without.
    """
    threadpool_limits(limits=1, user_api="blas")
