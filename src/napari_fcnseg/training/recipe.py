"""The recipe: everything that decides a training run, as plain data."""

import dataclasses
import difflib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_type_hints

import tomli_w

from napari_fcnseg.errors import RecipeError
from napari_fcnseg.limits import bounds, check_field

EARLIER = {"pseudo": 0.0, "shares": "painted"}  # what was done before a recipe had a word for it


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a training run. The same recipe and data give the same model.

    Bounds stand in the annotations; what is beyond them is a `RecipeError`. A form is made from
    them, too.

    Attributes
    ----------
    net, net_options
        Network of the registry, and its options where they differ from the registry's
        defaults.
    patch
        Edge of the training patches in pixels; taken up to the next legal size. What a
        network loses at its border comes on top: a patch is what is learned.
    slices
        Slices of a patch, for a network that sees stacks; 0: as many as one output needs.
    pixel_size
        Size of a pixel along Y and X that images are resampled to before training, in the unit
        of the first image; 0: that of the first image. See `match_pixel_sizes`.
    batch
        Patches per step; 0: as many as the memory has room for, at most 64. Where memory runs
        out they are computed in parts, see `Accumulation`.
    precision
        What the network computes in, see `Precision`. ``"auto"``: bfloat16 on CUDA cards that
        have it, float16 on older ones, float32 on all else.
    minutes, steps
        Budget: minutes of training, or a number of steps, which goes first where it is
        not 0. Only a budget in steps gives the same weights again.
    patience
        Part of the budget after whose half, and after which without a better score, training
        ends early: what is left of the schedule is done in a tenth of the budget. Scores come
        ten times over the budget; 0: it never ends early.
    rate, weight_decay
        Peak learning rate of AdamW after the warm-up, and its weight decay.
    warm_up
        Part of the budget in which the rate rises; then it falls as a cosine.
    loss
        Of each labelled pixel, see `napari_fcnseg.training.losses`.
    dice, false_negatives
        Weight of the overlap loss beside it, and what a missed pixel counts in that against a
        wrong one: 0.5 is Dice, more is Tversky's for thin or rare classes.
    weighting, class_weights
        What classes count in the loss of a pixel: ``"none"`` all the same, ``"balanced"`` and
        ``"median_freq"`` more where they have few labels; or weights in the order of the
        classes, which go first.
    border_weight, border_sigma
        w0 and sigma, in pixels, of the weight that narrow gaps between `Instances` have beside
        that of their class, see `border_weights`; a w0 of 0 is none, for labels of any kind.
    affinity
        Weight of the loss of pixels that nobody painted, see `affinity_loss`; 0: none.
    pseudo
        Share of the patches that have pseudo-labels beside what is painted, see `Teacher`; 0:
        none.
    shares
        In what shares the network finds the classes: as they were ``"painted"``, or
        ``"estimated"`` in the images around strokes, see `ClassShares`.
    drop
        Part of the labelled pixels that each step leaves out.
    flip, rotate, scale
        Mirror patches; turn them by right angles or by any angle; show them smaller or larger,
        up to this much.
    elastic
        Probability of an elastic deformation (Ronneberger et al. 2015).
    brightness, contrast, gamma, noise
        Strength of random changes, in units of the normalised image.
    blur, low_resolution
        Probabilities of a blurred patch and of one with fewer pixels.
    defects
        Probability that a patch gets a defect of EM sections: a fold, a stain, a missing part.
    average
        Decay of the running average of the weights, which is what is kept; 0: none.
    fine_rate, freeze
        Where training starts from a model: peak learning rate, and the part of the budget in
        which its encoder stays as it is.
    replay
        Share of the patches that are of replayed images, where there are any.
    validation
        Part of the labels that is held out: whole slices or images where at least 5 have labels,
        else blocks; 0 holds nothing out.
    refit
        Last part of the budget in which held-out labels train, too, after they were scored; 0:
        never.
    gap
        Pixels around held-out blocks that train nothing; 0: half of what the network sees, or
        as much of that as labels allow.
    normalisation
        How grey values are scaled, see `Normalisation`.
    normalise_each
        Whether each image is scaled by its own grey values, in a prediction, too, so that it may
        come from another microscope; else all are by those of the training images.
    seed
        Seed of weights, patches and augmentation.
    """

    net: Annotated[str, {"tooltip": "Network of the registry"}] = "unet_light"
    net_options: dict[str, Any] = field(default_factory=dict)
    patch: Annotated[int, bounds(1, 4096, 16, "Edge of the training patches in pixels")] = 128
    slices: Annotated[int, bounds(0, 1024, 1, "Slices of a patch in 3D; 0: as needed")] = 0
    pixel_size: Annotated[float, bounds(0.0, 1e6, 1.0, "Size of a pixel; 0: of image 1")] = 0.0
    batch: Annotated[int, bounds(0, 1024, 1, "Patches per step; 0: as many as fit")] = 8
    precision: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"],
        {"tooltip": "What the network computes in; auto: float32 but on CUDA cards"},
    ] = "auto"
    minutes: Annotated[float, bounds(0.05, 100_000, 0.5, "Budget in minutes")] = 2.0
    steps: Annotated[int, bounds(0, 10**9, 100, "Budget in steps; 0: by time")] = 0
    patience: Annotated[float, bounds(0.0, 1.0, 0.1, "Budget without better scores; 0: all")] = 0.0
    rate: Annotated[float, bounds(1e-6, 1.0, 1e-4, "Peak learning rate")] = 3e-3
    weight_decay: Annotated[float, bounds(0.0, 1.0, 1e-3, "Weight decay of AdamW")] = 1e-2
    warm_up: Annotated[float, bounds(0.0, 0.5, 0.01, "Part of the budget for warm-up")] = 0.05
    loss: Annotated[
        Literal["cross_entropy", "focal"], {"tooltip": "Loss of each labelled pixel"}
    ] = "cross_entropy"
    dice: Annotated[float, bounds(0.0, 10.0, 0.1, "Weight of the overlap loss")] = 0.5
    false_negatives: Annotated[float, bounds(0.0, 1.0, 0.1, "0.5: Dice; more: Tversky")] = 0.5
    weighting: Annotated[
        Literal["none", "balanced", "median_freq"], {"tooltip": "What rare classes count"}
    ] = "none"
    class_weights: list[float] = field(default_factory=list)
    border_weight: Annotated[float, bounds(0.0, 1000.0, 1.0, "Weight between instances")] = 0.0
    border_sigma: Annotated[float, bounds(0.1, 100.0, 0.5, "Sigma of that weight in pixels")] = 5.0
    affinity: Annotated[float, bounds(0.0, 10.0, 0.1, "Weight of neighbours that look alike")] = 0.0
    pseudo: Annotated[float, bounds(0.0, 0.9, 0.1, "Patches with labels of a teacher")] = 0.5
    shares: Annotated[
        Literal["painted", "estimated"], {"tooltip": "How much of each class is found"}
    ] = "estimated"
    drop: Annotated[float, bounds(0.0, 0.9, 0.1, "Labels left out of each step")] = 0.0
    flip: Annotated[bool, {"tooltip": "Mirror patches at random"}] = True
    rotate: Annotated[
        Literal["none", "right", "any"], {"tooltip": "Turn patches by right angles or any angle"}
    ] = "right"
    scale: Annotated[float, bounds(0.0, 1.0, 0.05, "Largest relative change of size")] = 0.0
    elastic: Annotated[float, bounds(0.0, 1.0, 0.05, "Probability of elastic deformation")] = 0.1
    brightness: Annotated[float, bounds(0.0, 2.0, 0.05, "Largest change of brightness")] = 0.25
    contrast: Annotated[float, bounds(0.0, 0.9, 0.05, "Largest relative change of contrast")] = 0.25
    gamma: Annotated[float, bounds(0.0, 1.0, 0.05, "Largest change of gamma")] = 0.0
    noise: Annotated[float, bounds(0.0, 2.0, 0.05, "Largest noise, standard deviation")] = 0.15
    blur: Annotated[float, bounds(0.0, 1.0, 0.05, "Probability of a blurred patch")] = 0.0
    low_resolution: Annotated[float, bounds(0.0, 1.0, 0.05, "Probability of fewer pixels")] = 0.0
    defects: Annotated[float, bounds(0.0, 1.0, 0.05, "Probability of an EM section defect")] = 0.0
    average: Annotated[float, bounds(0.0, 0.9999, 0.01, "Decay of the averaged weights")] = 0.99
    fine_rate: Annotated[float, bounds(1e-6, 1.0, 1e-4, "Peak rate from a model on")] = 2e-3
    freeze: Annotated[float, bounds(0.0, 1.0, 0.1, "Part with a model's encoder frozen")] = 0.0
    replay: Annotated[float, bounds(0.0, 0.9, 0.1, "Share of replayed images' patches")] = 0.4
    validation: Annotated[float, bounds(0.0, 0.5, 0.05, "Part of the labels held out")] = 0.1
    refit: Annotated[float, bounds(0.0, 0.5, 0.1, "Part in which held-out labels train")] = 0.0
    gap: Annotated[
        int, bounds(0, 4096, 4, "Unused pixels around held-out labels; 0: half of what is seen")
    ] = 0
    normalisation: Annotated[
        Literal["percentile", "mean_std"], {"tooltip": "How grey values are scaled"}
    ] = "percentile"
    normalise_each: Annotated[bool, {"tooltip": "Scale each image by its own grey values"}] = False
    seed: Annotated[int, bounds(0, 2**31 - 1, 1, "Same seed and steps, same model")] = 0

    def __post_init__(self) -> None:
        for name, hint in get_type_hints(type(self), include_extras=True).items():
            check_field(name, getattr(self, name), hint)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Build from plain data.

        Parameters
        ----------
        values
            By name, for each field that is not to have its default.

        Returns
        -------
        Recipe
            As if it had been called with them.

        Raises
        ------
        RecipeError
            For an unknown field, or a value that it cannot have.
        """
        known = [f.name for f in dataclasses.fields(cls)]
        for name in values:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else f": {', '.join(known)}"
                raise RecipeError(f"a recipe has no field {name!r}{hint}")
        return cls(**values)

    @classmethod
    def from_toml(cls, path: str | Path) -> Self:
        """Read a recipe file.

        Parameters
        ----------
        path
            A TOML file; fields that are not in it keep their defaults.

        Returns
        -------
        Recipe
            What is written there.

        Raises
        ------
        RecipeError
            If the file cannot be read, is no TOML, or is no recipe.
        """
        try:
            return cls.from_dict(tomllib.loads(Path(path).read_text("utf-8")))
        except OSError as error:
            raise RecipeError(
                f"cannot read the recipe {path} ({error.strerror}): give the path of a TOML file"
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecipeError) as error:
            raise RecipeError(f"the recipe {path} is not valid: {error}; mend the file") from error

    def to_dict(self) -> dict[str, Any]:
        """All fields as plain data."""
        return dataclasses.asdict(self)

    def to_toml(self, path: str | Path) -> None:
        """Write all fields to a recipe file.

        Parameters
        ----------
        path
            A TOML file; it takes its name when it is whole, in place of one that is there.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        from napari_fcnseg.images.whole import whole_file

        with whole_file(Path(path), "the recipe") as growing:
            growing.write_text(tomli_w.dumps(self.to_dict()), "utf-8")
