__version__: str

from . import events as events
from .annotations.annotation import Annotation as Annotation
from .annotations.annotation import open_annotation as open_annotation
from .annotations.classes import SegClass as SegClass
from .annotations.points import Points as Points
from .annotations.points_file import read_points as read_points
from .annotations.strokes import simulate_strokes as simulate_strokes
from .errors import FcnsegError as FcnsegError
from .images.image import Image as Image
from .images.open import open_image as open_image
from .inference.calibrate import calibrate as calibrate
from .inference.estimate import estimate as estimate
from .inference.lazy import segment_lazy as segment_lazy
from .inference.plan import plan as plan
from .inference.predict import predict as predict
from .inference.seams import check_seams as check_seams
from .inference.segment import segment as segment
from .inference.verify import verify as verify
from .models.load import load_model as load_model
from .models.model import Model as Model
from .nets.describe import describe as describe
from .nets.registry import build_net as build_net
from .nets.registry import list_nets as list_nets
from .training.recipe import Recipe as Recipe
from .training.train import fit as fit
from .training.train import train as train
