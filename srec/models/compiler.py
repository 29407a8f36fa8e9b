"""torch's compiler, used so that it leaves nothing: it makes its cache even if nothing is compiled."""

from collections.abc import Iterator
from contextlib import contextmanager

from srec.quiet import temporary_folder


@contextmanager
def temporary_cache() -> Iterator[None]:
    """Give the compiler a cache that is removed afterwards; optimisers and exports import the compiler."""
    with temporary_folder("TORCHINDUCTOR_CACHE_DIR"):
        import torch._dynamo  # noqa: F401

        yield
