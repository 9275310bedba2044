"""The errors a person meets: each says what was found, where, and the way out."""

# Ways out that many messages share.
MAKE_ROOM = "make room or allow it, or choose another place"
COPY_AGAIN = "copy it here again, or save it anew"
GET_AGAIN = "get the model again from where it came from"
TAKE_ANOTHER = "take another model, or run this one with bioimageio.core"


class FcnsegError(Exception):
    """Base of every error that napari-fcnseg raises on purpose.

    ``exit_code`` is what the command line returns for it.
    """

    exit_code = 1


class UsageError(FcnsegError):
    """Options of the command line that do not go together."""

    exit_code = 2


class ImageError(FcnsegError):
    """An image cannot be opened or read."""

    exit_code = 3


class AxesError(ImageError):
    """The axes of an image are unknown, ambiguous or do not fit its shape.

    Attributes
    ----------
    readings
        Axes that it could have, where these are known.
    shape
        Its shape, where that is known.
    """

    def __init__(
        self, message: str, readings: tuple[str, ...] = (), shape: tuple[int, ...] = ()
    ) -> None:
        super().__init__(message)
        self.readings, self.shape = readings, shape


class AnnotationError(FcnsegError):
    """Annotations do not fit the image or cannot train a network."""

    exit_code = 4


class NetError(FcnsegError):
    """A network, or an option of a network, is not known or not possible."""

    exit_code = 5


class MethodError(FcnsegError):
    """A method without a network, or an option of one, is not known or not possible."""

    exit_code = 5


class RecipeError(FcnsegError):
    """A recipe has an unknown field or a value out of bounds."""

    exit_code = 5


class ModelError(FcnsegError):
    """A model file is damaged, not ours, or does not fit the image."""

    exit_code = 6


class UntrustedCodeError(ModelError):
    """A model can only be run by source code that comes with it, and nobody has allowed that.

    Attributes
    ----------
    danger
        What that code may do.
    """

    def __init__(self, danger: str, way_out: str = "") -> None:
        super().__init__(f"{danger}. {way_out}" if way_out else danger)
        self.danger = danger


class DeviceError(FcnsegError):
    """The wanted compute device is not there."""

    exit_code = 7


class ClusterError(FcnsegError):
    """Workers on other processes or machines cannot be used."""

    exit_code = 7


class PlanError(FcnsegError):
    """An image cannot be tiled as asked."""

    exit_code = 5


class OutputError(FcnsegError):
    """An output exists already or cannot be written."""

    exit_code = 8


class EvaluationError(FcnsegError):
    """A segmentation cannot be scored against this truth."""

    exit_code = 9
