"""Published potentials of two species."""

from __future__ import annotations

from recovering.forms import lennard_jones, mixture

_LJ = ("pair_style lj/cut {cutoff}", "pair_coeff {i} {j} {epsilon} {sigma} {cutoff}")

MIXTURES = (
    mixture(
        "kob-andersen", "Lennard-Jones mixture", "W. Kob, H. C. Andersen, Phys. Rev. E 51, 4626 (1995)", "lj", (1.0, 1.0),
        {"A-A": lennard_jones(1.0, 1.0), "A-B": lennard_jones(1.5, 0.8), "B-B": lennard_jones(0.5, 0.88)},
        _LJ, {"A-A": 2.5, "A-B": 2.0, "B-B": 2.2},
        dilute=(2.0, 0.3), dense=(1.0, 1.2), timestep=0.003, counts=(4, 1),
    ),
)  # fmt: skip
