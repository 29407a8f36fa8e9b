"""torch's compiler, used so that it leaves nothing: it makes its cache even if nothing is compiled."""

from collections.abc import Iterator
from contextlib import contextmanager

from srec.quiet import passing_folder


@contextmanager
def passing_cache() -> Iterator[None]:
    """Give the compiler a cache that goes afterwards; optimisers and exports import it on their way."""
    with passing_folder("TORCHINDUCTOR_CACHE_DIR"):
        import torch._dynamo  # noqa: F401

        yield
