"""Forms of the literature that the library of terms does not hold, and the constants with which they are tried.

Constants are the published ones where a source gives some for a substance; elsewhere they are of the size of the wells
of metals and rare gases. They were chosen for their physics before any search was tried on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, sqrt

from searching.blind_forms import BLIND
from searching.records import Published

_K = 8.617333262e-5  # eV per kelvin
_ERG = 1 / 1.602176634e-12  # eV
_KCAL = 0.0433641  # eV, per mole


def _hfd_b(epsilon: float, r_m: float) -> dict[str, float]:
    """Argon: A*, α*, β*, c_6, c_8, c_10 and D of Aziz and Slaman, in units of ε and r_m."""
    return {
        "A": 2.26210716e5 * epsilon, "alpha": 10.77874743 / r_m, "beta": 1.81220040 / r_m**2, "D": 1.36 * r_m,
        "C_6": 1.10785136 * epsilon * r_m**6, "C_8": 0.56072459 * epsilon * r_m**8,
        "C_10": 0.34602794 * epsilon * r_m**10,
    }  # fmt: skip


def _saap(epsilon: float, sigma: float) -> dict[str, float]:
    """Argon: a_0 ... a_5 of Deiters and Sadus, in units of ε and σ."""
    return {
        "A": 65214.64725 * epsilon * sigma, "a": 9.452343340 / sigma, "B": 19.42488828 * epsilon,
        "b": 1.958381959 / sigma, "C": 2.379111084 * epsilon, "D": 1.051490962 / sigma**6,
    }  # fmt: skip


_GIRIFALCO = (
    "-A*(d**4/(r*(r - d)**3) + d**4/(r*(r + d)**3) - 2*d**4/r**4)"
    " + B*(d**10/(r*(r - d)**9) + d**10/(r*(r + d)**9) - 2*d**10/r**10)"
)
_EXPONENT = "(m + g*(r/r_0 - 1))"  # of Maitland and Smith
_MAITLAND_SMITH = (
    f"epsilon*(6/({_EXPONENT} - 6)*(r_0/r)**{_EXPONENT} - {_EXPONENT}/({_EXPONENT} - 6)*(r_0/r)**6)"
)

_FORMS = (
    # ------------------------------------------------------------------ two lengths, oscillations
    Published(
        "lennard-jones-gauss",
        "epsilon*((sigma/r)**12 - 2*(sigma/r)**6) - A*exp(-(r - r_G)**2/(2*w**2))",
        {"epsilon": 0.0104, "sigma": 3.4, "A": 1.5 * 0.0104, "r_G": 1.47 * 3.4, "w": sqrt(0.02) * 3.4},
        "M. Engel, H.-R. Trebin, Phys. Rev. Lett. 98, 225505 (2007)",
        length=3.4, energy=0.0104, remark="r_G = 1.47, σ² = 0.02, ε = 1.5",
    ),
    Published(
        "dzugutov",
        "(C/r**16 - A)*exp(-c/Max(a - r, 1/1000)) + B*exp(-d/(b - r))",
        {"C": 5.82 * 0.05 * 2.5**16, "A": 5.82 * 1.28 * 0.05, "c": 1.1 * 2.5, "a": 1.87 * 2.5, "B": 1.28 * 0.05,
         "d": 0.27 * 2.5, "b": 1.94 * 2.5},
        "M. Dzugutov, Phys. Rev. A 46, R2984 (1992)",
        length=1.13 * 2.5, energy=0.029, reach=1.92 / 1.13,
        remark="the first part ends at a, the second at b, just beyond the cutoff",
    ),
    Published(
        "damped-friedel",
        "C/r**12 + A*exp(-r/l)*cos(k*r + delta)/r**3",
        {"C": 6000.0, "A": 5.0, "l": 6.0, "k": 3.5, "delta": -0.725},
        "M. Mihalkovič, C. L. Henley, Phys. Rev. B 85, 092102 (2012); damped: P.-G. de Gennes, J. Phys. Radium 23, "
        "630 (1962)",
        length=2.85, energy=0.1, reach=3.0,
    ),
    Published(
        "honeycomb",
        "C/r**12 - D/r**10 + A*exp(-a*r) - B*exp(-b*(r - r_0)**2)",
        {"C": 5.0 * 0.03 * 2.5**12, "D": 5.89 * 0.03 * 2.5**10, "A": 17.9 * 0.03, "a": 2.49 / 2.5, "B": 0.4 * 0.03,
         "b": 40 / 2.5**2, "r_0": 1.823 * 2.5},
        "M. C. Rechtsman, F. H. Stillinger, S. Torquato, Phys. Rev. Lett. 95, 228301 (2005)",
        length=2.9, energy=0.04,
    ),
    # ------------------------------------------------------------------ cores with a shoulder, soft cores
    Published(
        "shouldered-well",
        "U_R/(1 + exp(Delta*(r - R_R))) - U_A*exp(-(r - R_A)**2/(2*w**2)) + U_A*(a/r)**24",
        {"U_R": 0.04, "Delta": 7.5, "R_R": 3.2, "U_A": 0.02, "R_A": 4.0, "w": sqrt(0.1) * 2.0, "a": 2.0},
        "G. Franzese, J. Mol. Liq. 136, 267 (2007)",
        length=3.4, energy=0.02,
    ),
    Published(
        "fermi-jagla",
        "C/r**20 + A/(1 + exp(k*(r - R_A))) - B/(1 + exp(q*(r - R_B)))",
        {"C": 0.02 * 2.5**20, "A": 4.56 * 0.02, "k": 28.88 / 4.56 / 2.5, "R_A": 1.36 * 2.5, "B": 0.02,
         "q": 3.57 / 2.5, "R_B": 2.36 * 2.5},
        "J. Y. Abraham, S. V. Buldyrev, N. Giovambattista, J. Phys. Chem. B 115, 14229 (2011)",
        length=3.6, energy=0.04,
    ),
    Published(
        "soft-core-lennard-jones",
        "4*epsilon*(sigma**12/(s**6 + r**6)**2 - sigma**6/(s**6 + r**6))",
        {"epsilon": 0.05, "sigma": 3.4, "s": 3.4 * sqrt(0.5)},
        "T. C. Beutler et al., Chem. Phys. Lett. 222, 529 (1994)",
        length=3.8, energy=0.05, remark="α = λ = 1/2",
    ),
    Published(
        "continuous-square-well",
        "epsilon/2*((sigma/r)**n + (1 - exp(-m*(r - sigma)*(r - l)))/(1 + exp(-m*(r - sigma)*(r - l))))",
        {"epsilon": 0.05, "sigma": 3.0, "n": 30.0, "m": 2.2, "l": 4.5},
        "I. M. Zerón et al., Mol. Phys. 116, 3355 (2018)",
        length=3.4, energy=0.05, remark="n = 30, λ = 1.5",
    ),
    Published(
        "gem-4-with-attraction",
        "A*exp(-(r/sigma)**4) - B*exp(-(r - r_G)**2/(2*w**2))",
        {"A": 0.2, "sigma": 2.8, "B": 0.03, "r_G": 4.2, "w": 0.5},
        "B. M. Mladek et al., Phys. Rev. Lett. 96, 045701 (2006); attraction: C. Speranza, S. Prestipino, P. V. "
        "Giaquinta, Mol. Phys. 109, 3001 (2011)",
        length=3.4, energy=0.05,
    ),
    Published(
        "woods-saxon", "V/(1 + exp((r - R)/a))", {"V": 0.2, "R": 3.5, "a": 0.3},
        "R. D. Woods, D. S. Saxon, Phys. Rev. 95, 577 (1954)",
        length=3.5, energy=0.05, remark="as a soft repulsion",
    ),
    Published(
        "rydberg-dressed", "C/(r**6 + R**6)", {"C": 0.1 * 4.0**6, "R": 4.0},
        "N. Henkel, R. Nath, T. Pohl, Phys. Rev. Lett. 104, 195302 (2010)",
        length=4.0, energy=0.03,
    ),
    Published(
        "hertz", "epsilon*(1 - r/sigma)**(5/2)", {"epsilon": 1.0, "sigma": 5.0},
        "J. C. Pàmies, A. Cacciuto, D. Frenkel, J. Chem. Phys. 131, 044514 (2009)",
        length=3.5, energy=0.05, reach=0.999 * 5.0 / 3.5, remark="ends at σ",
    ),
    Published(
        "plummer-charges", "C/sqrt(r**2 + s**2)", {"C": 1.44, "s": 1.5},
        "H. C. Plummer, Mon. Not. R. Astron. Soc. 71, 460 (1911); C. C. Dyer, P. S. S. Ip, Astrophys. J. 409, "
        "60 (1993)",
        length=3.5, energy=0.1, remark="truncated",
    ),
    # ------------------------------------------------------------------ rare gases
    Published(
        "argon-hfd-b",
        "A*exp(-alpha*r - beta*r**2) - exp(-Max(0, D/r - 1)**2)*(C_6/r**6 + C_8/r**8 + C_10/r**10)",
        _hfd_b(143.224 * _K, 3.7565),
        "R. A. Aziz, M. J. Slaman, Mol. Phys. 58, 679 (1986)",
        length=3.7565, energy=143.224 * _K,
    ),
    Published(
        "argon-saap", "(A*exp(-a*r)/r - B*exp(-b*r) - C)/(1 + D*r**6)", _saap(143.4899372 * _K, 3.355134529),
        "U. K. Deiters, R. J. Sadus, J. Chem. Phys. 150, 134504 (2019)",
        length=3.76, energy=143.49 * _K,
    ),
    Published(
        "argon-maitland-smith", _MAITLAND_SMITH,
        {"epsilon": 142.5 * _K, "r_0": 3.75, "m": 13.0, "g": 7.5},
        "G. C. Maitland, E. B. Smith, Chem. Phys. Lett. 22, 443 (1973)",
        length=3.75, energy=142.5 * _K,
    ),
    Published(
        "argon-kihara", "4*epsilon*(((sigma - d)/(r - d))**12 - ((sigma - d)/(r - d))**6)",
        {"epsilon": 146.52 * _K, "sigma": 3.317, "d": 3.317 * 0.121 / 1.121},
        "T. Kihara, Rev. Mod. Phys. 25, 831 (1953); A. E. Sherwood, J. M. Prausnitz, J. Chem. Phys. 41, 429 (1964)",
        length=3.68, energy=146.52 * _K,
    ),
    Published(
        "becke-johnson", "A*exp(-b*r) - C_6/(r**6 + R_0**6)",
        {"A": 1.69e-8 * _ERG, "b": 1 / 0.273, "C_6": 102e-12 * _ERG, "R_0": 2.5},
        "A. D. Becke, E. R. Johnson, J. Chem. Phys. 123, 154101 (2005)",
        length=3.9, energy=0.009,
    ),
    Published(
        "buffered-14-7",
        "epsilon*((1 + delta)*r_0/(r + delta*r_0))**7*((1 + gamma)*r_0**7/(r**7 + gamma*r_0**7) - 2)",
        {"epsilon": 0.110 * _KCAL, "r_0": 3.405, "delta": 0.07, "gamma": 0.12},
        "T. A. Halgren, J. Am. Chem. Soc. 114, 7827 (1992); P. Ren, J. W. Ponder, J. Phys. Chem. B 107, 5933 (2003)",
        length=3.405, energy=0.110 * _KCAL,
    ),
    # ------------------------------------------------------------------ diatomics
    Published(
        "rydberg", "-D*(1 + alpha*(r - r_0))*exp(-alpha*(r - r_0))", {"D": 0.35, "alpha": 1.92, "r_0": 2.866},
        "R. Rydberg, Z. Phys. 73, 376 (1931)",
        length=2.866, energy=0.35,
    ),
    Published(
        "murrell-sorbie",
        "-D*(1 + a_1*(r - r_0) + a_2*(r - r_0)**2 + a_3*(r - r_0)**3)*exp(-a_1*(r - r_0))",
        {"D": 0.1, "a_1": 2.6, "a_2": 1.2, "a_3": 0.5, "r_0": 3.2},
        "J. N. Murrell, K. S. Sorbie, J. Chem. Soc. Faraday Trans. 2 70, 1552 (1974)",
        length=3.2, energy=0.1,
    ),
    Published(
        "varshni", "D*(1 - r_0/r*exp(-beta*(r**2 - r_0**2)))**2", {"D": 0.1, "r_0": 3.4, "beta": 0.12},
        "Y. P. Varshni, Rev. Mod. Phys. 29, 664 (1957)",
        length=3.4, energy=0.1,
    ),
    Published(
        "hulburt-hirschfelder",
        "D*((1 - exp(-a*(r - r_0)))**2 + c*a**3*(r - r_0)**3*exp(-2*a*(r - r_0))*(1 + b*a*(r - r_0)))",
        {"D": 0.15, "a": 1.5, "r_0": 3.0, "c": 0.1, "b": 2.0},
        "H. M. Hulburt, J. O. Hirschfelder, J. Chem. Phys. 9, 61 (1941)",
        length=3.0, energy=0.15,
    ),
    Published(
        "deng-fan", "D*(1 - b/(exp(a*r) - 1))**2", {"D": 0.12, "b": exp(3.6) - 1, "a": 1.2},
        "Z. H. Deng, Y. P. Fan, Shandong Univ. J. 7, 162 (1957); Z. Rong, H. G. Kjaergaard, M. L. Sage, Mol. Phys. "
        "101, 2285 (2003)",
        length=3.0, energy=0.12,
    ),
    Published(
        "tietz-hua", "D*((1 - exp(-b*(r - r_0)))/(1 - c*exp(-b*(r - r_0))))**2",
        {"D": 0.1, "b": 1.8, "r_0": 3.2, "c": 0.1},
        "T. Tietz, J. Chem. Phys. 38, 3036 (1963); W. Hua, Phys. Rev. A 42, 2524 (1990)",
        length=3.2, energy=0.1,
    ),
    Published(
        "poeschl-teller", "A/sinh(alpha*r)**2 - B/cosh(alpha*r)**2", {"A": 0.1235, "B": 0.3306, "alpha": 0.35},
        "G. Pöschl, E. Teller, Z. Phys. 83, 143 (1933)",
        length=3.0, energy=0.05,
    ),
    Published(
        "morse-long-range",
        "D*(1 - (r_0/r)**6*exp(-beta*(r**4 - r_0**4)/(r**4 + r_0**4)))**2",
        {"D": 0.05, "r_0": 3.8, "beta": 1.0},
        "R. J. Le Roy, R. D. E. Henderson, Mol. Phys. 105, 663 (2007)",
        length=3.8, energy=0.05,
    ),
    # ------------------------------------------------------------------ ions, colloids, fullerenes
    Published(
        "hulthen", "V/(exp(r/a) - 1)", {"V": 1.0, "a": 1.5},
        "L. Hulthén, Ark. Mat. Astron. Fys. 28A, 5 (1942)",
        length=3.5, energy=0.1, remark="as screened ions of like charge",
    ),
    Published(
        "dlvo",
        "-H/6*(2*a**2/(r**2 - 4*a**2) + 2*a**2/r**2 + log(1 - 4*a**2/r**2)) + Z*exp(-kappa*r)/r",
        {"H": 2.0, "a": 20.0, "Z": 1e9, "kappa": 0.4},
        "H. C. Hamaker, Physica 4, 1058 (1937); E. J. W. Verwey, J. Th. G. Overbeek, Theory of the Stability of "
        "Lyophobic Colloids (1948)",
        length=51.6, energy=0.02, remark="metal spheres of 2 nm radius, kept apart by their charges",
    ),
    Published(
        "fullerene", _GIRIFALCO, {"A": 74.94e-15 * _ERG, "B": 135.95e-18 * _ERG, "d": 7.1},
        "L. A. Girifalco, J. Phys. Chem. 96, 858 (1992)",
        length=10.05, energy=0.277,
    ),
)  # fmt: skip

FORMS: Mapping[str, Published] = {form.name: form for form in (*_FORMS, *BLIND)}
"""Name → row."""
