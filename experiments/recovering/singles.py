"""Published potentials of one species."""

from __future__ import annotations

from math import pi

from recovering.forms import (
    born_mayer,
    coulomb,
    exp_6,
    inverse_power,
    kelvin,
    lennard_jones,
    mie,
    morse,
    single,
    stillinger_weber,
    tang_toennies,
    yukawa,
)
from recovering.records import Truth
from recovering.simulating import CHARGES

_K = kelvin("real")  # kcal/mol per kelvin
_ERG = 1 / 1.602176634e-12  # eV
_BOHR = 0.529177210903  # Å
_SPHERE, _DISC = 3 / (4 * pi), 1 / pi  # densities at which the Wigner-Seitz radius is 1
_COULOMB = 14.399645  # eV Å, LAMMPS's

_LJ = ("pair_style lj/cut {cutoff}", "pair_coeff 1 1 {epsilon} {sigma}")
_MIE = "pair_style mie/cut {cutoff}"
_LEPTON = ("pair_style lepton {cutoff}", "pair_coeff 1 1 {lepton}")

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
        mie(153.36 * _K, 3.7412, 12.65, 6), (_MIE, "pair_coeff 1 1 {epsilon} {sigma} {n} 6"),
        9.0, dilute=(300, 0.002), dense=(130, 0.015), timestep=2.0,
    ),
    single(
        "krypton-mie", "Mie", "J. R. Mick et al., J. Chem. Phys. 143, 114504 (2015)", "real", 83.798,
        mie(176.10 * _K, 3.645, 14, 6), (_MIE, "pair_coeff 1 1 {epsilon} {sigma} 14 6"),
        9.0, dilute=(300, 0.003), dense=(130, 0.0165), timestep=4.0,
    ),
    single(
        "water-sdk", "Mie", "W. Shinoda, R. DeVane, M. L. Klein, Mol. Simul. 33, 27 (2007)", "real", 54.0,
        mie(0.895, 4.371, 12, 4), (_MIE, "pair_coeff 1 1 {epsilon} {sigma} 12 4"),
        10.5, dilute=(600, 0.002), dense=(310, 0.011), timestep=4.0, remark="one site for three molecules",
    ),
    single(
        "alkyl-sdk", "Mie", "W. Shinoda, R. DeVane, M. L. Klein, Mol. Simul. 33, 27 (2007)", "real", 42.08,
        mie(0.42, 4.506, 9, 6), (_MIE, "pair_coeff 1 1 {epsilon} {sigma} 9 6"),
        10.5, dilute=(400, 0.002), dense=(250, 0.0095), timestep=4.0, remark="one site for CH2-CH2-CH2",
    ),
    single(
        "carbon-compass", "Mie", "H. Sun, J. Phys. Chem. B 102, 7338 (1998)", "real", 12.011,
        Truth("Mie 9-6", "epsilon*(2*(r_0/r)**9 - 3*(r_0/r)**6)", {"epsilon": 0.062, "r_0": 3.854}),
        ("pair_style lj/class2 {cutoff}", "pair_coeff 1 1 {epsilon} {r_0}"),
        9.0, dilute=(120, 0.003), dense=(40, 0.021), timestep=2.0, remark="the atom type c4, unbonded",
    ),
    single(
        "native-contacts", "Mie", "C. Clementi, H. Nymeyer, J. N. Onuchic, J. Mol. Biol. 298, 937 (2000)", "lj", 1.0,
        Truth("Mie 12-10", "epsilon*(5*(sigma/r)**12 - 6*(sigma/r)**10)", {"epsilon": 1.0, "sigma": 1.0}),
        _LEPTON, 2.5, dilute=(1.0, 0.1), dense=(1.0, 0.8), timestep=0.003, remark="as a fluid",
    ),
    single(
        "carbon-dioxide-saft", "Mie", "C. Avendaño et al., J. Phys. Chem. B 115, 11154 (2011)", "real", 44.01,
        mie(353.55 * _K, 3.741, 23, 6.66),
        (_MIE, "pair_coeff 1 1 {epsilon} {sigma} 23 {m}"),
        9.0, dilute=(500, 0.002), dense=(300, 0.0125), timestep=2.0,
    ),
    single(
        "copper-morse", "Morse", "L. A. Girifalco, V. G. Weizer, Phys. Rev. 114, 687 (1959)", "metal", 63.546,
        morse(0.3429, 1.3588, 2.866), ("pair_style morse {cutoff}", "pair_coeff 1 1 {D} {alpha} {r_0}"),
        7.0, dilute=(8000, 0.01), dense=(2500, 0.078), timestep=0.001,
    ),
    single(
        "calcium-morse", "Morse", "L. A. Girifalco, V. G. Weizer, Phys. Rev. 114, 687 (1959)", "metal", 40.078,
        morse(0.1623, 0.80535, 4.569), ("pair_style morse {cutoff}", "pair_coeff 1 1 {D} {alpha} {r_0}"),
        9.5, dilute=(4000, 0.003), dense=(1500, 0.0205), timestep=0.002,
    ),
    single(
        "argon-buckingham", "Buckingham", "R. A. Buckingham, Proc. R. Soc. Lond. A 168, 264 (1938)", "metal", 39.948,
        exp_6(1.69e-8 * _ERG, 0.273, 102e-12 * _ERG), ("pair_style buck {cutoff}", "pair_coeff 1 1 {A} {rho} {C_6}"),
        8.5, dilute=(300, 0.003), dense=(100, 0.0207), timestep=0.004,
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
        "dusty-plasma", "Yukawa", "S. Hamaguchi, R. T. Farouki, D. H. E. Dubin, Phys. Rev. E 56, 4671 (1997)",
        "lj", 1.0,
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
        "lj", 1.0, coulomb(1.0), (*CHARGES, "set type 1 charge 1.0", "pair_style coul/cut {cutoff}", "pair_coeff * *"),
        3.8, dilute=(0.5, 0.02), dense=(0.05, _SPHERE), timestep=0.01, remark="truncated",
    ),
    single(
        "deutsch-plasma", "Coulomb", "C. Deutsch, Phys. Lett. A 60, 317 (1977)", "lj", 1.0,
        Truth("", "C/r - A*exp(-kappa*r)/r", {"C": 1.0, "A": 1.0, "kappa": 2.0}), _LEPTON,
        3.8, dilute=(0.5, 0.02), dense=(0.1, _SPHERE), timestep=0.01,
        remark="equal amplitudes; the thermal wavelength is half a Wigner-Seitz radius; truncated",
    ),
    single(
        "damped-coulomb", "Coulomb", "D. Wolf et al., J. Chem. Phys. 110, 8254 (1999)", "metal", 22.99,
        Truth("Screened Coulomb erfc", "C*erfc(gamma*r)/r", {"C": _COULOMB, "gamma": 0.2}), _LEPTON,
        9.0, dilute=(6000, 0.003), dense=(3000, 0.02), timestep=0.001,
        remark="unit charges, α = 0.2/Å, without the shift",
    ),
    single(
        "silicon-zbl", "ZBL",
        "J. F. Ziegler, J. P. Biersack, U. Littmark, The Stopping and Range of Ions in Matter (1985)",
        "metal", 28.085,
        Truth(
            "ZBL",
            "C/r*(0.18175*exp(-3.1998*r/a) + 0.50986*exp(-0.94229*r/a) + 0.28022*exp(-0.4029*r/a)"
            " + 0.02817*exp(-0.20162*r/a))",
            {"C": 14**2 * _COULOMB, "a": 0.4685 / (2 * 14**0.23)},
        ),
        _LEPTON, 4.0, dilute=(1e6, 0.01), dense=(3e5, 0.05), timestep=2e-5, remark="nuclei of 14 charges, truncated",
    ),
    single(
        "argon-tang-toennies", "Tang-Toennies", "K. T. Tang, J. P. Toennies, J. Chem. Phys. 118, 4976 (2003)",
        "electron", 39.948, tang_toennies(748.3, 2.031, 64.3, 1623.0, 49060.0), _LEPTON,
        16.0, dilute=(300, 4.5e-4), dense=(100, 3.07e-3), timestep=4.0,
    ),
    single(
        "neon-tang-toennies", "Tang-Toennies", "K. T. Tang, J. P. Toennies, J. Chem. Phys. 118, 4976 (2003)",
        "electron", 20.18, tang_toennies(199.5, 2.458, 6.383, 90.34, 1536.0), _LEPTON,
        13.0, dilute=(300, 6e-4), dense=(40, 4.8e-3), timestep=4.0,
    ),
    single(
        "silicon-stillinger-weber", "Stillinger-Weber", "F. H. Stillinger, T. A. Weber, Phys. Rev. B 31, 5262 (1985)",
        "metal", 28.085, stillinger_weber(2.1683, 2.0951, 1.8, 7.049556277, 0.6022245584, 4), _LEPTON,
        1.8 * 2.0951, dilute=(8000, 0.01), dense=(4000, 0.05), timestep=0.001, remark="pair part",
    ),
    single(
        "water-mw", "Stillinger-Weber", "V. Molinero, E. B. Moore, J. Phys. Chem. B 113, 4008 (2009)", "real", 18.015,
        stillinger_weber(6.189, 2.3925, 1.8, 7.049556277, 0.6022245584, 4), _LEPTON,
        1.8 * 2.3925, dilute=(3000, 0.006), dense=(1500, 0.033), timestep=2.0, remark="pair part",
    ),
    single(
        "quasicrystal", "oscillating", "M. Engel et al., Nat. Mater. 14, 109 (2015)", "lj", 1.0,
        Truth("", "C/r**15 + A*cos(k*r - delta)/r**3", {"C": 1.0, "A": 1.0, "k": 6.25, "delta": 6.25 * 1.25 + 0.62}),
        _LEPTON, 5.0, dilute=(1.0, 0.05), dense=(0.5, 0.3), timestep=0.005,
        remark="k = 6.25, φ = 0.62",
    ),
    single(
        "soft-spheres", "inverse power", "W. G. Hoover, S. G. Gray, K. W. Johnson, J. Chem. Phys. 55, 1128 (1971)",
        "lj", 1.0, inverse_power(12), _LEPTON, 2.5, dilute=(1.0, 0.1), dense=(1.0, 0.8), timestep=0.003,
    ),
    single(
        "soft-spheres-4", "inverse power", "W. G. Hoover, S. G. Gray, K. W. Johnson, J. Chem. Phys. 55, 1128 (1971)",
        "lj", 1.0, inverse_power(4), _LEPTON, 2.4, dilute=(1.0, 0.1), dense=(1.0, 1.0), timestep=0.003,
    ),
    single(
        "soft-cosine", "soft", "A. P. Thompson et al., Comput. Phys. Commun. 271, 108171 (2022)", "lj", 1.0,
        Truth("Soft cosine", "A*(1 + cos(pi*r/r_s))", {"A": 20.0, "r_s": 2 ** (1 / 6)}),
        ("pair_style soft {cutoff}", "pair_coeff 1 1 {A}"),
        2 ** (1 / 6), dilute=(1.0, 0.3), dense=(1.0, 0.85), timestep=0.003,
        remark="LAMMPS's push-off",
    ),
    single(
        "dissipative-particles", "soft", "R. D. Groot, P. B. Warren, J. Chem. Phys. 107, 4423 (1997)", "lj", 1.0,
        Truth("", "K*(r_c - r)**2", {"K": 12.5, "r_c": 1.0}),
        ("pair_style harmonic/cut", "pair_coeff 1 1 {K} {r_c}"),
        1.0, dilute=(1.0, 1.0), dense=(1.0, 3.0), timestep=0.01, remark="the conservative force",
    ),
    single(
        "force-shifted", "Lennard-Jones", "S. Toxvaerd, J. C. Dyre, J. Chem. Phys. 134, 081102 (2011)", "lj", 1.0,
        Truth(
            "",
            "4*epsilon*((sigma/r)**12 - (sigma/r)**6)"
            " + 24*epsilon*(2*(sigma/2.5)**12 - (sigma/2.5)**6)/2.5*(r - 2.5)",
            {"epsilon": 1.0, "sigma": 1.0},
        ),
        ("pair_style lj/smooth/linear {cutoff}", "pair_coeff 1 1 {epsilon} {sigma}"),
        2.5, dilute=(2.0, 0.1), dense=(1.0, 0.8), timestep=0.004, remark="shifted forces at 2.5 σ",
    ),
    single(
        "plane-lennard-jones", "two dimensions", "J. A. Barker, D. Henderson, F. F. Abraham, Physica A 106, 226 (1981)",
        "lj", 1.0, lennard_jones(1.0, 1.0), _LJ, 3.0, dilute=(1.0, 0.2), dense=(0.7, 0.75), timestep=0.004, dimension=2,
    ),
    single(
        "plane-plasma", "two dimensions", "J. M. Caillol et al., J. Stat. Phys. 28, 325 (1982)", "lj", 1.0,
        Truth("", "-K*log(r)", {"K": 1.0}), _LEPTON,
        5.0, dilute=(0.5, 0.05), dense=(0.05, _DISC), timestep=0.01, dimension=2, remark="truncated",
    ),
    single(
        "plane-dipoles", "two dimensions", "K. Zahn, R. Lenke, G. Maret, Phys. Rev. Lett. 82, 2721 (1999)", "lj", 1.0,
        inverse_power(3), _LEPTON, 6.0, dilute=(0.2, 0.05), dense=(0.1, _DISC), timestep=0.01, dimension=2,
    ),
)  # fmt: skip
