"""torchvision's FCN, DeepLab v3 (Chen et al. 2017) and Lite R-ASPP (Howard et al. 2019)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from napari_fcnseg.errors import NetError
from napari_fcnseg.nets.base import SameSizeNet
from napari_fcnseg.nets.pretrained import adapt_stem, import_torchvision, load_pretrained

MOMENTUM = 0.1  # of MobileNet's statistics; with its 0.01 they need 500 steps to arrive


class TorchvisionNet(SameSizeNet):
    """A segmentation model of torchvision: ``(N, in_channels, Y, X)`` to the same size.

    A state dict of torchvision's own model, with the same number of classes, fits this one
    key by key. In training it needs batches of 2 or more, since DeepLab v3 normalises maps
    of one pixel.

    Parameters
    ----------
    in_channels, classes
        Channels in, classes out.
    model
        Name in ``torchvision.models.segmentation``.
    aux
        Keep torchvision's auxiliary head; only its own training scripts use it.
    pretrained
        Weights of the whole model except its scores; see `load_pretrained`.
    """

    cell = 8
    encoder_parts = ("backbone",)

    def __init__(
        self,
        in_channels: int = 1,
        classes: int = 2,
        *,
        model: str = "deeplabv3_resnet50",
        aux: bool = False,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        self.in_channels, self.classes = in_channels, classes
        build = getattr(import_torchvision().models.segmentation, model)
        self.lite = model.startswith("lraspp")
        if aux and self.lite:
            raise NetError(f"aux = {aux!r}: {model} has no auxiliary head: leave it out")
        heads = {} if self.lite else {"aux_loss": aux}
        built = build(weights=None, weights_backbone=None, num_classes=classes, **heads)
        self.backbone, self.classifier = built.backbone, built.classifier
        if not self.lite:
            self.aux_classifier = built.aux_classifier
        if "mobilenet" in model:
            self.cell = 16
            for layer in self.backbone.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.momentum = MOMENTUM
        if "deeplabv3" in model:
            self.min_batch = 2
        if pretrained:
            self._load(load_pretrained(model, pretrained))
        self._fit_stem(in_channels)
        self._pooling = [m for m in self.modules() if isinstance(m, nn.AdaptiveAvgPool2d)]

    def _load(self, state: dict[str, Tensor]) -> None:
        own = self.state_dict()
        fits = {k: v for k, v in state.items() if k in own and v.shape == own[k].shape}
        self.load_state_dict(fits, strict=False)

    def _fit_stem(self, in_channels: int) -> None:
        """Make the first convolution one for `in_channels`."""
        if in_channels == 3:
            return
        first = next(m for m in self.backbone.modules() if isinstance(m, nn.Conv2d))
        weight = adapt_stem(first.weight.data, in_channels)
        first.weight, first.in_channels = nn.Parameter(weight), in_channels

    def compute(self, x: Tensor) -> Tensor:
        """Return logits of whole cells."""
        features = self.backbone(x)
        scores = self.classifier(features if self.lite else features["out"])
        return F.interpolate(scores, size=x.shape[2:], mode="bilinear", align_corners=False)

    @property
    def freezes(self) -> bool:
        """Where it pools."""
        return bool(self._pooling)

    def pool_context(self, thumbnail: Tensor) -> tuple[Tensor, ...]:
        """Return what each global pooling sees in `thumbnail`."""
        seen: list[Tensor] = []
        hooks = [p.register_forward_hook(lambda m, i, o: seen.append(o)) for p in self._pooling]
        try:
            self(thumbnail)
        finally:
            for hook in hooks:
                hook.remove()
        return tuple(seen)

    @contextmanager
    def frozen_context(self, context: Sequence[Tensor]) -> Iterator[None]:
        """Let each global pooling return what it saw elsewhere; see `SegmentationNet`."""
        hooks: list[Any] = []
        try:
            for pool, value in zip(self._pooling, context, strict=True):
                hooks.append(
                    pool.register_forward_hook(
                        lambda m, i, o, value=value: value.expand(len(o), -1, -1, -1)
                    )
                )
            yield
        finally:
            for hook in hooks:
                hook.remove()
