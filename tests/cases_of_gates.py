"""Cases of the two functions that a gate is made of."""

import torch

from table import DIFFERENTIABLE, add, normal
from twins import FRAMEWORK

FRAMEWORK |= {"ops.sigmoid": torch.sigmoid, "ops.tanh": torch.tanh}
DIFFERENTIABLE |= {"ops.sigmoid": (0,), "ops.tanh": (0,)}

add("ops.sigmoid", "", normal("b n l d"))
add("ops.tanh", "", normal("b n l d"))
