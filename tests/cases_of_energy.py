"""Cases of the agreement energy, in the same table, with numbers of their own."""

import numpy as np

from table import DIFFERENTIABLE, add, locked

DIFFERENTIABLE |= {"energy.agreement_energy": (0, 1), "energy.joint_energy": (0,)}

RNG = np.random.default_rng(43)
levels, heard = (locked(RNG.standard_normal((2, 15, 4, 7))) for _ in range(2))
mask = RNG.random((4, 15, 15)) < 0.4
mask[:, range(15), (np.arange(15) + 1) % 15] = True
locked(mask)

for label, how in {
    "plain": dict(),
    "dot": dict(similarity="dot", beta=0.3),
    "unit_keys": dict(similarity="unit_keys", beta=2.0),
    "masked": dict(beta=5.0, mask=mask),
    "masked_dot": dict(similarity="dot", beta=0.7, mask=mask),
}.items():
    add("energy.agreement_energy", label, levels, None, **how)
    add("energy.agreement_energy", f"{label}-heard", levels, heard, **how)
    add("energy.joint_energy", label, levels, **how)
