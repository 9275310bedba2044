"""What tells one model from another."""

import hashlib
import json

import numpy as np

from napari_fcnseg.models.model import Model


def fingerprint(model: Model) -> str:
    """SHA-256 over all that decides what a model predicts."""
    found = hashlib.sha256()
    ids = [c.id for c in model.classes]
    normalisation = model.normalisation.plain()
    if not normalisation["each"]:  # so that older models stay what they were
        del normalisation["each"]
    plain = [model.net.name, model.net.options, normalisation, ids]
    found.update(json.dumps(plain, default=str).encode())
    for name, tensor in model.net.state_dict().items():
        found.update(name.encode())
        found.update(np.ascontiguousarray(tensor.detach().cpu().numpy()).data)
    return found.hexdigest()[:16]
