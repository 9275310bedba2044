from dataclasses import replace

import torch
from tests.conftest import make_model

from napari_fcnseg.models.fingerprint import fingerprint


def test_a_model_is_told_by_all_that_decides_its_predictions(model):
    normalisation = model.normalisation
    others = [
        make_model(seed=1),
        make_model(depth=2),
        replace(model, classes=tuple(replace(c, id=c.id + 1) for c in model.classes)),
        replace(model, normalisation=replace(normalisation, offset=(1.0,))),
        replace(model, normalisation=replace(normalisation, each=True)),
    ]
    assert len({fingerprint(m) for m in (model, *others)}) == 6
    assert fingerprint(replace(model, name="other", provenance={"a": 1})) == fingerprint(model)


def test_it_stays_the_same_over_versions():
    """Interrupted predictions go on only with the model they were begun with."""
    model = make_model()
    with torch.no_grad():
        for tensor in model.net.state_dict().values():
            tensor.fill_(1)
    assert fingerprint(model) == "47d71ccd75719c62"
