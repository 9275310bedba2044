"""What tiling must know of a network, as integers."""

from dataclasses import dataclass, replace

from napari_fcnseg.errors import NetError

FRAME = 128  # mirrored pixels at each border, for a network that pads with zeros


@dataclass(frozen=True)
class AxisGeometry:
    """How a network maps positions along one spatial axis; all lengths in pixels.

    Outputs lie on the grid of the inputs. A *cell* is a run of ``stride`` outputs that
    starts on the network's grid; the network commutes with shifts by whole cells.

    Attributes
    ----------
    stride
        Product of the down-sampling steps.
    margin
        Pixels that a valid network loses on each side; 0 for a same-padded one.
    before, after
        Inputs needed in front of the first and behind the last output of a run of whole
        cells, the worst over all pixel phases.
    min_size
        Smallest legal input; legal sizes are ``min_size + k * stride``.
    field
        Smallest and largest receptive field over the pixel phases.
    most
        Largest legal input; 0: there is none.
    mirrored
        Pixels of the mirrored image that a same-padded network sees at each border, before its
        own zeros.
    """

    stride: int = 1
    margin: int = 0
    before: int = 0
    after: int = 0
    min_size: int = 1
    field: tuple[int, int] = (1, 1)
    most: int = 0
    mirrored: int = FRAME

    @property
    def halo(self) -> int:
        """Context in front of a core that keeps the network on its grid."""
        return self.before + (self.margin - self.before) % self.stride

    @property
    def room(self) -> int:
        """Pixels on each side of a core that a tile computes, too."""
        return max(0, min(self.halo, self.after) - self.margin)

    def context(self, core: int) -> tuple[int, int]:
        """Context in front of and behind a core of `core` pixels (a multiple of the stride).

        The sum is a legal input size of the network.
        """
        size = legal_size(self.halo + core + self.after, self.min_size, self.stride)
        return self.halo, size - core - self.halo

    def limited(self, halo: int) -> "AxisGeometry":
        """Return the geometry with a context of at most `halo` pixels: not exact any more."""
        return replace(
            self,
            before=max(self.margin, min(self.before, halo)),
            after=max(self.margin, min(self.after, halo)),
        )

    @property
    def symmetric(self) -> "AxisGeometry":
        """The geometry with as much context behind as in front, for mirrored tiles."""
        most = max(self.before, self.after)
        return replace(self, before=most, after=most)

    def source(self, start: int, stop: int) -> tuple[int, int]:
        """Return what the network must see to give the outputs from `start` to `stop`.

        It lies on the network's grid; the output begins ``margin`` behind the first input.
        """
        on_grid = start // self.stride * self.stride
        cells = -(-(stop - on_grid) // self.stride) * self.stride
        before, after = self.context(cells)
        return on_grid - before, on_grid + cells + after

    def within(self, seen: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
        """Cut what a tile sees to the frame; what takes one size only sees as much as there is."""
        start, stop = max(frame[0], seen[0]), min(frame[1], seen[1])
        if self.most:
            stop = min(frame[1], start + self.most)
            start = max(frame[0], stop - self.most)
        return start, stop

    def frame(self, n: int) -> tuple[int, int]:
        """Where input begins and ends along an axis of `n` pixels; behind that nothing is seen.

        A same-padded network sees its `mirrored` pixels and then its own zeros. A valid one
        needs every pixel that it sees.
        """
        whole = -(-n // self.stride) * self.stride
        if self.margin:
            before, after = self.context(self.stride)
            return -before, whole + after
        wide = -(-self.mirrored // self.stride) * self.stride
        return -wide, whole + wide


def legal_size(size: int, min_size: int, stride: int) -> int:
    """Smallest of ``min_size + k * stride`` that is not below `size`."""
    return min_size + max(0, -(-(size - min_size) // stride)) * stride


def check_size(size: int, min_size: int, stride: int) -> None:
    """Raise `NetError` unless `size` is ``min_size + k * stride``."""
    above = legal_size(size, min_size, stride)
    if above != size:
        below = above - stride
        near = f"{below} and {above}" if below >= min_size else f"{above}"
        raise NetError(f"this network cannot take {size} pixels; nearest sizes: {near}")
