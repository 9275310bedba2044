"""What runs the weights of other tools: TorchScript and ONNX."""

import copy
import io
import warnings
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from napari_fcnseg.errors import GET_AGAIN, ModelError

MISSING = 'to run ONNX weights onnx and onnxruntime are needed: pip install "napari-fcnseg[onnx]"'


class OnnxRun(nn.Module):
    """ONNX weights in onnxruntime, on the processor.

    Parameters
    ----------
    weights
        Bytes of the file.
    """

    def __init__(self, weights: bytes) -> None:
        super().__init__()
        self._weights, self._session = weights, None

    def forward(self, x: Tensor) -> Tensor:
        """Run it."""
        session = self._open()
        array = x.detach().float().cpu().contiguous().numpy()
        found = session.run(None, {session.get_inputs()[0].name: array})[0]
        return torch.from_numpy(found).to(x.device)

    def opened(self) -> "OnnxRun":
        """Open the weights now; `ModelError` if they cannot be."""
        try:
            self._open()
        except ModelError:
            raise
        except Exception as error:  # of a library that says it in many ways
            raise ModelError(f"ONNX weights cannot be read: {error}; {GET_AGAIN}") from error
        return self

    def _open(self) -> Any:
        if self._session is None:
            try:
                import onnx
                import onnxruntime as runtime
            except ImportError as error:
                raise ModelError(MISSING) from error
            weights = onnx.load_model_from_string(self._weights)
            if any(t.external_data or t.data_location == t.EXTERNAL for t in _tensors(weights)):
                # They would be read from any file of this machine.
                raise ModelError("ONNX weights that lie in other files are not read: join them")
            options = runtime.SessionOptions()
            options.intra_op_num_threads = torch.get_num_threads()
            self._session = runtime.InferenceSession(
                weights.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        return self._session

    def __deepcopy__(self, memo: dict[int, Any]) -> "OnnxRun":
        copied = OnnxRun(self._weights)
        copied._session = self._session  # which any thread may run
        return copied

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_session": None}


def _tensors(message: Any) -> Iterator[Any]:
    """Yield all tensors of a protocol buffer of ONNX, of functions and branches too."""
    if message.DESCRIPTOR.full_name == "onnx.TensorProto":
        yield message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in [value] if hasattr(value, "ListFields") else value:
                yield from _tensors(part)


class ScriptRun(nn.Module):
    """TorchScript weights.

    Parameters
    ----------
    weights
        Bytes of the file.
    """

    def __init__(self, weights: bytes) -> None:
        super().__init__()
        self._weights = weights
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # that TorchScript will go one day
            self.script = torch.jit.load(io.BytesIO(weights), map_location="cpu").eval()

    def forward(self, x: Tensor) -> Tensor:
        """Run it."""
        found = self.script(x)
        result: Tensor = found[0] if isinstance(found, list | tuple) else found
        return result

    def __deepcopy__(self, memo: dict[int, Any]) -> "ScriptRun":
        return ScriptRun(self._weights)

    def __reduce__(self) -> Any:
        return ScriptRun, (self._weights,)


class CodeRun(nn.Module):
    """A network made by source code that somebody trusts on this machine.

    Parameters
    ----------
    net
        With its weights.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        """Run it."""
        result: Tensor = self.net(x)
        return result

    def __deepcopy__(self, memo: dict[int, Any]) -> "CodeRun":
        return CodeRun(copy.deepcopy(self.net, memo))

    def __reduce__(self) -> Any:
        raise ModelError(
            "a model that is run by its own source code stays in this process: workers elsewhere "
            "have not been told to trust it. Segment here, or ask for TorchScript or ONNX weights"
        )
