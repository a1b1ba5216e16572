"""Published potentials of two species."""

from __future__ import annotations

from recovering.forms import (
    born_mayer_huggins,
    charged,
    coulomb,
    inverse_power,
    kelvin,
    lennard_jones,
    mixture,
    tang_toennies,
    yukawa,
)
from recovering.records import Truth
from recovering.simulating import CHARGES

_K = kelvin("real")  # kcal/mol per kelvin
_METAL, _REAL = 14.399645, 332.06371  # e²/4πε₀ in eV Å and kcal Å/mol, LAMMPS's
_SPHERE = 3 / (4 * 3.141592653589793)

_PAIRS = ("A-A", "A-B", "B-B")
_LJ = ("pair_style lj/cut {cutoff}", "pair_coeff {i} {j} {epsilon} {sigma} {cutoff}")
_LEPTON = ("pair_style lepton {cutoff}", "pair_coeff {i} {j} {lepton} {cutoff}")
_IONS = (*CHARGES, "set type 1 charge 1.0", "set type 2 charge -1.0")


def _each(cutoff: float) -> dict[str, float]:
    return dict.fromkeys(_PAIRS, cutoff)


_TOSI_FUMI = {  # A eV, σ Å, ρ Å, C eV Å⁶, D eV Å⁸ of NaCl
    "A-A": born_mayer_huggins(0.2637245, 2.34, 0.317, 1.04857, 0.49932),
    "A-B": born_mayer_huggins(0.2109796, 2.755, 0.317, 6.99049, 8.67569),
    "B-B": born_mayer_huggins(0.1582347, 3.17, 0.317, 72.40148, 145.4271),
}
_SIGNS = dict(zip(_PAIRS, (1.0, -1.0, 1.0), strict=True))
_SODIUM, _CHLORIDE = (0.13, 2.35), (0.1, 4.4)  # ε kcal/mol, σ Å
_MIXED = ((0.13 * 0.1) ** 0.5, (2.35 + 4.4) / 2)

MIXTURES = (
    mixture(
        "kob-andersen", "mixture", "W. Kob, H. C. Andersen, Phys. Rev. E 51, 4626 (1995)", "lj", (1.0, 1.0),
        {"A-A": lennard_jones(1.0, 1.0), "A-B": lennard_jones(1.5, 0.8), "B-B": lennard_jones(0.5, 0.88)},
        _LJ, {"A-A": 2.5, "A-B": 2.0, "B-B": 2.2},
        dilute=(2.0, 0.3), dense=(1.0, 1.2), timestep=0.003, counts=(4, 1),
    ),
    mixture(
        "wahnstrom", "mixture", "G. Wahnström, Phys. Rev. A 44, 3752 (1991)", "lj", (2.0, 1.0),
        {"A-A": lennard_jones(1.0, 1.0), "A-B": lennard_jones(1.0, 11 / 12), "B-B": lennard_jones(1.0, 5 / 6)},
        _LJ, {"A-A": 2.5, "A-B": 2.5 * 11 / 12, "B-B": 2.5 * 5 / 6},
        dilute=(2.0, 0.2), dense=(1.0, 1.0), timestep=0.003, counts=(1, 1),
    ),
    mixture(
        "epm2-sites", "mixture", "J. G. Harris, K. H. Yung, J. Phys. Chem. 99, 12021 (1995)", "real", (12.011, 15.999),
        {
            "A-A": lennard_jones(28.129 * _K, 2.757),
            "A-B": lennard_jones(47.588 * _K, 2.8921),
            "B-B": lennard_jones(80.507 * _K, 3.033),
        },
        _LJ, _each(8.0), dilute=(200, 0.004), dense=(100, 0.025), timestep=1.0, counts=(1, 2),
        remark="C and O of carbon dioxide, unbonded and uncharged; geometric means",
    ),
    mixture(
        "soft-sphere-mixture", "mixture", "B. Bernu et al., Phys. Rev. A 36, 4891 (1987)", "lj", (1.0, 1.0),
        {"A-A": inverse_power(12), "A-B": inverse_power(12, 1.1**12), "B-B": inverse_power(12, 1.2**12)},
        _LEPTON, _each(2.5), dilute=(1.0, 0.1), dense=(1.0, 0.6), timestep=0.003, counts=(1, 1),
    ),
    mixture(
        "binary-dust", "mixture", "G. J. Kalman et al., Phys. Rev. Lett. 107, 175003 (2011)", "lj", (1.0, 1.0),
        {"A-A": yukawa(1.0, 1.0), "A-B": yukawa(2.0, 1.0), "B-B": yukawa(4.0, 1.0)},
        ("pair_style yukawa 1.0 {cutoff}", "pair_coeff {i} {j} {A}"),
        _each(5.0), dilute=(0.5, 0.02), dense=(0.1, _SPHERE), timestep=0.01, counts=(1, 1),
        remark="charges 1 and 2, κ = 1",
    ),
    mixture(
        "hydrogen-helium-plasma", "mixture",
        "J. P. Hansen, G. M. Torrie, P. Vieillefosse, Phys. Rev. A 16, 2153 (1977)",
        "lj", (1.0, 4.0), {"A-A": coulomb(1.0), "A-B": coulomb(2.0), "B-B": coulomb(4.0)},
        (*CHARGES, "set type 1 charge 1.0", "set type 2 charge 2.0", "pair_style coul/cut {cutoff}", "pair_coeff * *"),
        _each(3.8), dilute=(0.5, 0.02), dense=(0.1, _SPHERE), timestep=0.01, counts=(1, 1), remark="truncated",
    ),
    mixture(
        "ultrasoft-ions", "mixture", "D. Coslovich, J.-P. Hansen, G. Kahl, J. Chem. Phys. 134, 244514 (2011)",
        "lj", (1.0, 1.0),
        {
            pair: Truth("Coulomb of Gaussian charges", "C*erf(gamma*r)/r", {"C": sign, "gamma": 0.5})
            for pair, sign in _SIGNS.items()
        },
        _LEPTON, _each(5.0), dilute=(0.3, 0.02), dense=(0.1, 0.1), timestep=0.02, counts=(1, 1), remark="truncated",
    ),
    mixture(
        "salt-short-ranged", "salt", "F. G. Fumi, M. P. Tosi, J. Phys. Chem. Solids 25, 31 (1964)", "metal",
        (22.99, 35.453), _TOSI_FUMI, ("pair_style born {cutoff}", "pair_coeff {i} {j} {A} {rho} 0.0 {C_6} -{C_8}"),
        _each(7.5), dilute=(1000, 0.004), dense=(500, 0.03), timestep=0.001, counts=(1, 1),
        remark="NaCl without its charges",
    ),
    mixture(
        "salt", "salt", "F. G. Fumi, M. P. Tosi, J. Phys. Chem. Solids 25, 31 (1964)", "metal", (22.99, 35.453),
        {pair: charged(truth, _SIGNS[pair] * _METAL) for pair, truth in _TOSI_FUMI.items()},
        (*_IONS, "pair_style hybrid/overlay born {cutoff} coul/cut {cutoff}",
         "pair_coeff {i} {j} born {A} {rho} 0.0 {C_6} -{C_8}", "pair_coeff * * coul/cut"),
        _each(7.5), dilute=(4000, 0.004), dense=(1500, 0.03), timestep=0.001, counts=(1, 1), remark="NaCl, truncated",
    ),
    mixture(
        "sodium-chloride-smith-dang", "salt", "D. E. Smith, L. X. Dang, J. Chem. Phys. 100, 3757 (1994)", "real",
        (22.99, 35.453),
        {
            "A-A": charged(lennard_jones(*_SODIUM), _REAL),
            "A-B": charged(lennard_jones(*_MIXED), -_REAL),
            "B-B": charged(lennard_jones(*_CHLORIDE), _REAL),
        },
        (*_IONS, "pair_style hybrid/overlay lj/cut {cutoff} coul/cut {cutoff}",
         "pair_coeff {i} {j} lj/cut {epsilon} {sigma}", "pair_coeff * * coul/cut"),
        _each(7.5), dilute=(4000, 0.004), dense=(1500, 0.025), timestep=1.0, counts=(1, 1),
        remark="Lorentz-Berthelot, truncated",
    ),
    mixture(
        "helium-neon-tang-toennies", "Tang-Toennies", "K. T. Tang, J. P. Toennies, J. Chem. Phys. 118, 4976 (2003)",
        "electron", (4.0026, 20.18),
        {
            "A-A": tang_toennies(41.96, 2.523, 1.461, 14.11, 183.6),
            "A-B": tang_toennies(98.02, 2.496, 3.029, 36.18, 545.1),
            "B-B": tang_toennies(199.5, 2.458, 6.383, 90.34, 1536.0),
        },
        _LEPTON, _each(13.0), dilute=(300, 6e-4), dense=(100, 4.5e-3), timestep=1.0, counts=(1, 1),
    ),
)  # fmt: skip
