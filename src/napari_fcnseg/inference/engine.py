"""Tiles through an executor, as many at a time as may be under way."""

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import islice

from napari_fcnseg.inference.workers import Workers


def run_tiles(workers: Workers, numbers: Iterable[int]) -> Iterator[dict[int, tuple[int, ...]]]:
    """Run each tile; yield what is finished, ``{number: checksums}``.

    Parameters
    ----------
    workers
        What runs them, and how many at a time: what bounds memory.
    numbers
        Of tiles; taken one by one, as places become free.

    Raises
    ------
    Exception
        What a tile raised first, after all that was under way is yielded.
    """
    todo, under_way = iter(numbers), dict[Future[tuple[int, ...]], int]()
    error: BaseException | None = None
    try:
        while True:
            if error is None:
                for number in islice(todo, workers.window - len(under_way)):
                    under_way[workers.executor.submit(workers.run, number)] = number
            if not under_way:
                break
            finished = {}
            for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                number = under_way.pop(future)
                if future.cancelled():
                    continue
                if future.exception() is None:
                    finished[number] = future.result()
                else:
                    error = error or future.exception()
                    for waiting in under_way:
                        waiting.cancel()
            if finished:
                yield finished
        if error:
            raise error
    finally:
        for future in under_way:
            future.cancel()
        wait(under_way)
