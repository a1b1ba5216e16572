"""Forms of the literature that were added when the moves of the grammar had been settled on those of `searching.forms`.

Nothing in the searches was changed after they had been tried on these: what is reached here is what a user may expect
of a form that the authors have not thought of. They were taken as they came to mind, easy ones and hard ones.
"""

from __future__ import annotations

from searching.records import Published

BLIND = (
    # ------------------------------------------------------------------ charges that overlap
    Published(
        "mataga-nishimoto", "C/(r + a)", {"C": 1.44, "a": 1.8},
        "K. Nishimoto, N. Mataga, Z. Phys. Chem. 12, 335 (1957)",
        length=3.5, energy=0.1, blind=True, remark="truncated",
    ),
    Published(
        "shielded-coulomb", "C/(r**3 + s**3)**(1/3)", {"C": 1.44, "s": 2.5},
        "J. N. Louwen, E. T. C. Vogt, J. Mol. Catal. A 134, 63 (1998)",
        length=3.5, energy=0.1, blind=True, remark="of ReaxFF, truncated",
    ),
    Published(
        "sommerfeld-screening", "C/(r*(1 + (r/a)**l)**(3/l))", {"C": 40.0, "a": 1.7, "l": 0.8034},
        "A. Sommerfeld, Z. Phys. 78, 283 (1932)",
        length=2.5, energy=0.5, blind=True, remark="as in the atom of Thomas and Fermi",
    ),
    # ------------------------------------------------------------------ damped dispersion
    Published(
        "wu-yang-dispersion", "A*exp(-b*r) - C_6/r**6*(1 - exp(-c*r**3))**2",
        {"A": 10500.0, "b": 3.66, "C_6": 63.7, "c": 0.045},
        "Q. Wu, W. Yang, J. Chem. Phys. 116, 515 (2002)",
        length=3.9, energy=0.009, blind=True,
    ),
    Published(
        "grimme-dispersion", "A*exp(-b*r) - C_6/r**6/(1 + exp(-d*(r/R - 1)))",
        {"A": 10500.0, "b": 3.66, "C_6": 63.7, "d": 20.0, "R": 3.2},
        "S. Grimme, J. Comput. Chem. 27, 1787 (2006)",
        length=3.9, energy=0.009, blind=True,
    ),
    # ------------------------------------------------------------------ diatomics, metals
    Published(
        "lippincott", "D*(1 - exp(-n*(r - r_0)**2/(2*r)))", {"D": 0.1, "n": 6.0, "r_0": 3.2},
        "E. R. Lippincott, J. Chem. Phys. 21, 2070 (1953)",
        length=3.2, energy=0.1, blind=True,
    ),
    Published(
        "rosen-morse", "-B*tanh((r - s)/d) - C/cosh((r - s)/d)**2",
        {"B": 1.56, "C": 1.11, "s": 2.16, "d": 1.2},
        "N. Rosen, P. M. Morse, Phys. Rev. 42, 210 (1932)",
        length=3.2, energy=0.1, blind=True,
    ),
    Published(
        "schioeberg", "D*(1 - s*cosh(alpha*r)/sinh(alpha*r))**2", {"D": 40.0, "s": 0.95, "alpha": 0.6},
        "D. Schiöberg, Mol. Phys. 59, 1123 (1986)",
        length=3.05, energy=0.1, blind=True,
    ),
    Published(
        "universal-binding", "-E*(1 + (r - r_0)/l + k*((r - r_0)/l)**3)*exp(-(r - r_0)/l)",
        {"E": 0.35, "r_0": 2.87, "l": 0.5, "k": 0.05},
        "J. H. Rose, J. R. Smith, F. Guinea, J. Ferrante, Phys. Rev. B 29, 2963 (1984)",
        length=2.87, energy=0.35, blind=True,
    ),
    Published(
        "zetterling", "A*exp(-r/l)*cos(k*r)/r**3 + C/r**18",
        {"A": 1.58 * 0.1 * 2.5**3, "l": 2.5 / 0.22, "k": 2 * 4.12 / 2.5, "C": 420e6 * 0.1 * (0.331 * 2.5) ** 18},
        "J. P. K. Doye, D. J. Wales, F. H. M. Zetterling, M. Dzugutov, J. Chem. Phys. 118, 2792 (2003)",
        length=2.7, energy=0.05, reach=3.0, blind=True,
    ),
    Published(
        "ruderman-kittel", "C/r**12 + J*(sin(q*r) - q*r*cos(q*r))/r**4", {"C": 4000.0, "J": 2.0, "q": 3.4},
        "M. A. Ruderman, C. Kittel, Phys. Rev. 96, 99 (1954)",
        length=2.7, energy=0.1, reach=3.0, blind=True, remark="between ions with a core",
    ),
    # ------------------------------------------------------------------ colloids
    Published(
        "colloid-and-solvent",
        "2*a**3*A/(9*(a**2 - r**2)**3)*(1 - (5*a**6 + 45*a**4*r**2 + 63*a**2*r**4 + 15*r**6)*s**6"
        "/(15*(a - r)**6*(a + r)**6))",
        {"A": 6.0, "a": 5.0, "s": 2.5},
        "R. Everaers, M. R. Ejtehadi, Phys. Rev. E 67, 041710 (2003)",
        length=7.2, energy=0.006, reach=2.0, blind=True, remark="one species, each with the other's field",
    ),
)  # fmt: skip
