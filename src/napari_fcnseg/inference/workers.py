"""Where tiles run: threads of this process, or the workers of a dask cluster."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from napari_fcnseg.errors import ClusterError
from napari_fcnseg.images.output import ArrayOutput
from napari_fcnseg.inference.tile_work import TileWork

THREADS = 3  # reading, computing and writing overlap
AHEAD = 2  # tiles that wait at each worker of a cluster
RETRIES = 3  # of a tile whose worker died

Scheduler = Any  # None, a number of processes, an address, or a distributed.Client


@dataclass(frozen=True)
class Workers:
    """An executor, what it runs, and how many tiles may be under way."""

    executor: Executor
    run: Callable[[int], tuple[int, ...]]
    window: int


@contextmanager
def open_workers(work: TileWork, scheduler: Scheduler = None) -> Iterator[Workers]:
    """Open workers for a prediction.

    Parameters
    ----------
    work
        What they do. It is sent once to each process of a cluster.
    scheduler
        ``None``: threads of this process. A number: that many processes of this machine. The
        address of a dask scheduler, or a ``distributed.Client``: its workers, which must see
        the files of image and output at the same place.

    Raises
    ------
    ClusterError
        If dask's scheduler is not there, or not installed.
    OutputError
        If the output is an array that other processes cannot fill.
    """
    if scheduler is None:
        with ThreadPoolExecutor(THREADS) as pool:
            yield Workers(pool, work, THREADS)
        return
    try:
        from napari_fcnseg.inference.cluster import Ship, call, connect
    except ImportError as error:
        raise ClusterError(
            "workers need dask.distributed: install it with pip install 'napari-fcnseg[cluster]'"
        ) from error
    for sink in work.sinks:
        if isinstance(sink, ArrayOutput):
            sink.check_shared()
    with ExitStack() as stack:
        client = stack.enter_context(connect(scheduler))
        name = f"fcnseg-{uuid.uuid4()}"
        client.register_plugin(Ship(work), name=name)
        stack.callback(client.unregister_worker_plugin, name)
        threads = sum(client.nthreads().values())
        executor = stack.enter_context(client.get_executor(pure=False, retries=RETRIES))
        yield Workers(executor, partial(call, name), AHEAD * max(1, threads))
