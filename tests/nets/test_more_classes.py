import pytest

import napari_fcnseg as fs
from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.more_classes import take_over


def test_layers_with_groups_of_maps_for_each_class_take_no_more():
    options = {"base_options": {"width": 4, "depth": 2}, "kind": "large"}
    two, three = (fs.build_net("context", 1, n, **options) for n in (2, 3))
    with pytest.raises(NetError, match="groups of maps for each class: no class can be added"):
        take_over(three, two, [0, 1])
