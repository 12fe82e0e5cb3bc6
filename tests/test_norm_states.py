"""The cases of the normalising modules hold the state of torch's own layers in a stand-in: it is that state."""

import pytest
from torch import nn

from torch_judge.bank import find_bank
from torch_judge.verdict.known import known

LAYERS = [
    ("batchnorm1d", "state_of_batch_norm", nn.BatchNorm1d, 3),
    ("batchnorm2d", "state_of_batch_norm", nn.BatchNorm2d, 3),
    ("layernorm_module", "state_of_torch", nn.LayerNorm, (2, 3)),
]


@pytest.mark.parametrize(("id", "name", "layer", "size"), LAYERS)
def test_the_stand_in_has_the_state_of_torchs_layer(id: str, name: str, layer: type[nn.Module], size: object) -> None:
    stand_in = known(find_bank().get(id)).cases[0].run.__globals__[name](size)
    theirs = layer(size)
    parts = ("parameters", "buffers")
    for part in parts:
        ours, torchs = (dict(getattr(module, f"named_{part}")()) for module in (stand_in, theirs))
        assert ours.keys() == torchs.keys()
        assert all(ours[n].dtype == t.dtype and ours[n].equal(t) for n, t in torchs.items())
    assert not theirs.load_state_dict(stand_in.state_dict()).missing_keys
