"""A core computed alone is the same as cut from the whole output."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import napari_fcnseg as fs

U_SHAPES = {
    "unet": {"norm": st.sampled_from([None, "batch"])},
    "unet25d": {"neighbours": st.integers(0, 2)},
    "unet3d": {"flat": st.integers(0, 1), "norm": st.sampled_from([None, "batch"])},
}
UPS = st.sampled_from(["transpose", "bilinear", "nearest"])


@pytest.mark.parametrize("name", U_SHAPES)
@settings(max_examples=40)
@given(data=st.data())
def test_a_core_alone_is_a_part_of_the_whole(name, data):
    options = {k: data.draw(v) for k, v in U_SHAPES[name].items()}
    options |= {"depth": data.draw(st.integers(2, 4)), "width": 2, "padding": "same"}
    if name != "unet3d":
        options["up"] = data.draw(UPS)
    torch.manual_seed(data.draw(st.integers(0, 99)))
    net = fs.build_net(name, **options).double().eval()
    largest = 90 if net.ndim == 2 else 30
    size = [data.draw(st.integers(m, largest)) for m in net.min_size]
    x = torch.randn(2, 1, *size, dtype=torch.double)
    core = []
    for n, margin in zip(size, net.margin, strict=True):
        start = data.draw(st.integers(0, n - 2 * margin - 1))
        core.append(slice(start, data.draw(st.integers(start + 1, n - 2 * margin))))
    with torch.inference_mode():
        whole = net(x)[(..., *core)]
        alone = net.forward_core(x, core)
    assert alone.shape == whole.shape
    assert torch.allclose(alone, whole, rtol=0, atol=1e-12)
