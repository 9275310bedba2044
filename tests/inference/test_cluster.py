"""The same plan on processes of a cluster, also when one of them dies."""

import os
import signal

import numpy as np
import pytest
from tests.conftest import make_model
from tests.inference.test_resume import files

import napari_fcnseg as fs
from napari_fcnseg.errors import ClusterError, OutputError
from napari_fcnseg.events import TileDone

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def stack():
    return np.random.default_rng(0).integers(0, 256, (4, 130, 150), dtype=np.uint8)


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, env={"OMP_NUM_THREADS": "1"}
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


def test_workers_write_the_same_bytes_and_a_dead_one_is_replaced(client, stack, tmp_path):
    image, model = fs.Image(stack, "ZYX"), make_model()
    fs.predict(model, image, tmp_path / "here.ome.zarr", tile=112).wait()
    pids = list(client.run(os.getpid).values())
    done = []
    for event in fs.predict(model, image, tmp_path / "there.ome.zarr", tile=112, scheduler=client):
        if isinstance(event, TileDone):
            done.append(event.done)
            if event.done == 5:
                os.kill(pids[0], signal.SIGKILL)
    assert done == list(range(1, 37))
    assert files(tmp_path / "there.ome.zarr") == files(tmp_path / "here.ome.zarr")
    assert fs.verify(tmp_path / "there.ome.zarr").wait().checked == 36


def test_an_error_of_a_worker_is_the_one_that_is_raised(client, tmp_path):
    import tifffile

    for i in range(3):
        tifffile.imwrite(tmp_path / f"{i}.tif", np.full((40, 40), i, np.uint8))
    image = fs.open_image(tmp_path, axes="ZYX")
    job = fs.predict(make_model(), image, tmp_path / "o" / "a.ome.zarr", scheduler=client)
    (tmp_path / "2.tif").write_bytes(b"gone")
    with pytest.raises(fs.FcnsegError, match="2.tif"):
        job.wait()


def test_what_other_processes_cannot_fill_is_refused(client, stack):
    out = np.zeros(stack.shape, np.uint8)
    with pytest.raises(OutputError, match="cannot fill an array in memory"):
        fs.predict(make_model(), fs.Image(stack, "ZYX"), out, scheduler=client).wait()


def test_nobody_at_the_address(stack, tmp_path, monkeypatch):
    from napari_fcnseg.inference import cluster

    monkeypatch.setattr(cluster, "PATIENCE", 1)
    job = fs.predict(
        make_model(), fs.Image(stack, "ZYX"), tmp_path / "a.ome.zarr", scheduler="tcp://127.0.0.1:9"
    )
    with pytest.raises(ClusterError, match="tcp://127.0.0.1:9"):
        job.wait()
