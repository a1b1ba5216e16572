"""Published potentials of one species."""

from __future__ import annotations

from recovering.forms import (
    born_mayer,
    coulomb,
    exp_6,
    kelvin,
    lennard_jones,
    mie,
    morse,
    single,
    yukawa,
)
from recovering.records import Truth

_K = kelvin("real")  # kcal/mol per kelvin
_ERG = 1 / 1.602176634e-12  # eV
_BOHR = 0.529177210903  # Å
_LJ = ("pair_style lj/cut {cutoff}", "pair_coeff 1 1 {epsilon} {sigma}")
_SPHERE = 3 / (4 * 3.141592653589793)  # density whose Wigner-Seitz radius is 1

SINGLES = (
    single(
        "argon", "Lennard-Jones", "A. Rahman, Phys. Rev. 136, A405 (1964)", "real", 39.948,
        lennard_jones(120 * _K, 3.4), _LJ, 8.5, dilute=(300, 0.003), dense=(94.4, 0.0207), timestep=4.0,
    ),
    single(
        "methane-trappe", "Lennard-Jones", "M. G. Martin, J. I. Siepmann, J. Phys. Chem. B 102, 2569 (1998)",
        "real", 16.043, lennard_jones(148 * _K, 3.73), _LJ, 9.0, dilute=(300, 0.002), dense=(130, 0.015), timestep=2.0,
    ),
    single(
        "wca", "Lennard-Jones", "J. D. Weeks, D. Chandler, H. C. Andersen, J. Chem. Phys. 54, 5237 (1971)", "lj", 1.0,
        lennard_jones(1.0, 1.0), _LJ, 2 ** (1 / 6), dilute=(1.0, 0.2), dense=(1.0, 0.844), timestep=0.004,
        remark="cut at the minimum",
    ),
    single(
        "methane-saft", "Mie", "T. Lafitte et al., J. Chem. Phys. 139, 154504 (2013)", "real", 16.043,
        mie(153.36 * _K, 3.7412, 12.65, 6), ("pair_style mie/cut {cutoff}", "pair_coeff 1 1 {epsilon} {sigma} {n} 6"),
        9.0, dilute=(300, 0.002), dense=(130, 0.015), timestep=2.0,
    ),
    single(
        "carbon-dioxide-saft", "Mie", "C. Avendaño et al., J. Phys. Chem. B 115, 11154 (2011)", "real", 44.01,
        mie(353.55 * _K, 3.741, 23.0, 6.66), ("pair_style mie/cut {cutoff}", "pair_coeff 1 1 {epsilon} {sigma} {n} {m}"),
        9.0, dilute=(500, 0.002), dense=(300, 0.0125), timestep=2.0,
    ),
    single(
        "copper-morse", "Morse", "L. A. Girifalco, V. G. Weizer, Phys. Rev. 114, 687 (1959)", "metal", 63.546,
        morse(0.3429, 1.3588, 2.866), ("pair_style morse {cutoff}", "pair_coeff 1 1 {D} {alpha} {r_0}"),
        7.0, dilute=(8000, 0.01), dense=(2500, 0.078), timestep=0.001,
    ),
    single(
        "helium-slater-kirkwood", "Buckingham", "J. C. Slater, J. G. Kirkwood, Phys. Rev. 37, 682 (1931)",
        "metal", 4.0026, exp_6(7.7e-10 * _ERG, _BOHR / 2.43, 0.68e-10 * _ERG * _BOHR**6),
        ("pair_style buck {cutoff}", "pair_coeff 1 1 {A} {rho} {C_6}"),
        7.0, dilute=(300, 0.004), dense=(40, 0.03), timestep=0.002,
    ),
    single(
        "exp-fluid", "Born-Mayer", "A. K. Bacher, T. B. Schrøder, J. C. Dyre, J. Chem. Phys. 149, 114501 (2018)",
        "lj", 1.0, born_mayer(1.0, 1.0), ("pair_style born {cutoff}", "pair_coeff 1 1 {A} {rho} 0.0 0.0 0.0"),
        8.0, dilute=(0.02, 0.005), dense=(0.01, 0.1), timestep=0.05,
    ),
    single(
        "dusty-plasma", "Yukawa", "S. Hamaguchi, R. T. Farouki, D. H. E. Dubin, Phys. Rev. E 56, 4671 (1997)", "lj", 1.0,
        yukawa(1.0, 2.0), ("pair_style yukawa {kappa} {cutoff}", "pair_coeff 1 1 {A}"),
        5.0, dilute=(0.05, 0.05), dense=(0.02, _SPHERE), timestep=0.02,
        remark="lengths in Wigner-Seitz radii of the dense state, κ = 2",
    ),
    single(
        "gaussian-core", "Gaussian", "F. H. Stillinger, J. Chem. Phys. 65, 3968 (1976)", "lj", 1.0,
        Truth("Gaussian", "A*exp(-r**2/(2*w**2))", {"A": 1.0, "w": 0.5**0.5}),
        ("pair_style gauss {cutoff}", "pair_coeff 1 1 -1.0 1.0"),
        4.0, dilute=(0.1, 0.1), dense=(0.1, 0.6), timestep=0.02,
    ),
    single(
        "one-component-plasma", "Coulomb", "S. G. Brush, H. L. Sahlin, E. Teller, J. Chem. Phys. 45, 2102 (1966)",
        "lj", 1.0, coulomb(1.0),
        ("fix charges all property/atom q ghost yes", "set type 1 charge 1.0", "pair_style coul/cut {cutoff}",
         "pair_coeff * *"),
        3.8, dilute=(0.5, 0.02), dense=(0.05, _SPHERE), timestep=0.01, remark="truncated",
    ),
)  # fmt: skip
