"""Tiles on the workers of dask.distributed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from distributed import Client, LocalCluster, Worker, WorkerPlugin, get_worker

from napari_fcnseg.errors import ClusterError
from napari_fcnseg.inference.tile_work import TileWork

PATIENCE = 30  # seconds until a scheduler must have answered
SHARE = "FCNSEG_THREADS"  # of a worker, for torch


class Ship(WorkerPlugin):
    """Brings the work to each worker once, also to one that takes the place of a dead one."""

    def __init__(self, work: TileWork) -> None:
        self.work = work

    def setup(self, worker: Worker) -> None:
        """Share the cores of a machine among its workers."""
        if share := os.environ.get(SHARE):
            import torch

            torch.set_num_threads(int(share))


def call(name: str, number: int) -> tuple[int, ...]:
    """Do one tile on a worker, with what was brought there under `name`."""
    ship: Any = get_worker().plugins[name]
    done: tuple[int, ...] = ship.work(number)
    return done


@contextmanager
def connect(scheduler: "int | str | Client") -> Iterator[Client]:
    """Connect to a scheduler, or start processes of this machine.

    Raises
    ------
    ClusterError
        If nothing answers at the address, or there are no workers.
    """
    if isinstance(scheduler, Client):
        yield scheduler
        return
    if isinstance(scheduler, int):
        share = max(1, (os.cpu_count() or 1) // scheduler)
        with (
            LocalCluster(
                n_workers=scheduler,
                threads_per_worker=1,
                dashboard_address=None,
                env={SHARE: str(share)},
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"no dask scheduler answers at {scheduler} ({error}): start one with dask scheduler, "
            "and give the address that it prints"
        ) from error
    with client:
        yield client
