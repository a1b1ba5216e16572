"""Noble-gas dimers: closed forms for ab initio tables, beside the potentials that the field has published.

The tables are not part of interpot. The folder is expected to hold ``rg10n_curves.csv`` (columns pair, r_A, Eint_meV:
the set RG10N of A. Otero-de-la-Roza's refdata, ten pairs of He, Ne, Ar, Kr) and ``potentials.json`` (published forms
with their constants, see `PUBLISHED`). Each pair is searched twice: with all terms of the library that vanish at
infinity, three at most; and with what theory expects, four at most: exponentials for the overlap of the shells, and
dispersion damped as K. T. Tang and J. P. Toennies do (J. Chem. Phys. 80, 3726 (1984)).

    python experiments/noble_gases.py FOLDER [OUT]
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import least_squares, minimize_scalar

import interpot
from interpot import CurveDiscovery, EnergyCurve
from interpot.records import FloatArray
from interpot.statistic.curve import errors_of

SEARCHES: dict[str, dict[str, Any]] = {
    "library": {},
    "theory": {"terms": ["exponential", "damped_6", "damped_8", "damped_10"], "max_terms": 4},
}
"""Name → what `interpot.discover_curves` is asked for."""

LOW = 0.1  # eV: the energies below it are those that published fits are compared on
BOHR, HARTREE, KELVIN = 0.529177210903, 27.211386245988, 8.617333262e-5  # Å, eV, eV: CODATA 2018

Numbers = Mapping[str, Any]


# ---------------------------------------------------------------------------- published potentials


def damping(n: int, x: FloatArray) -> FloatArray:
    """f_n(x) = 1 - exp(-x) Σ_{k ≤ n} x^k / k!, Tang and Toennies."""
    term, total = np.ones_like(x), np.ones_like(x)
    for k in range(1, n + 1):
        term = term * x / k
        total = total + term
    return 1 - np.exp(-x) * total


def tang_toennies(p: Numbers, r: FloatArray) -> FloatArray:
    """K. T. Tang, J. P. Toennies, J. Chem. Phys. 118, 4976 (2003)."""
    x = r / p["length_unit_A"]
    dispersion = sum(c * damping(int(n), p["b"] * x) / x ** int(n) for n, c in p["C"].items())
    return np.asarray(HARTREE * (p["A_Eh"] * np.exp(-p["b"] * x) - dispersion))


def modified_tang_toennies(p: Numbers, r: FloatArray) -> FloatArray:
    """Modified Tang-Toennies, as of R. Hellmann, E. Bich and E. Vogel; simplified close to the nucleus."""
    x = r / p["length_unit_A"]
    wall = p["A_K"] * np.exp(p["a1"] * x + p["a2"] * x**2 + p["am1"] / x + p["am2"] / x**2)
    whole = wall - sum(c * damping(int(n), p["b"] * x) / x ** int(n) for n, c in p["C"].items())
    if p["A_tilde_K"] is not None:
        core = p["A_tilde_K"] / x * np.exp(-p["a_tilde"] * x)
        whole = np.where(x < p["r_switch"], core, whole)
    return np.asarray(KELVIN * whole)


def saap(p: Numbers, r: FloatArray) -> FloatArray:
    """Simplified ab initio atomic potential; U. K. Deiters, R. J. Sadus, J. Chem. Phys. 150, 134504 (2019)."""
    x, a = r / p["sigma_A"], p["a"]
    above = a[0] / x * np.exp(a[1] * x + p["a6"] * x**2) + a[2] * np.exp(a[3] * x) + a[4]
    return np.asarray(KELVIN * p["eps_K"] * above / (1 + a[5] * x**6))


def hfd(p: Numbers, r: FloatArray) -> FloatArray:
    """Hartree-Fock dispersion, kinds B and C, as of R. A. Aziz."""
    x = r / p["rm_A"]
    wall = p["A"] * x ** p.get("gamma", 0.0) * np.exp(-p["alpha"] * x + p.get("beta", 0.0) * x**2)
    damped = np.where(x < p["D"], np.exp(-((p["D"] / x - 1) ** 2)), 1.0)
    dispersion = p["c6"] / x**6 + p["c8"] / x**8 + p["c10"] / x**10
    return np.asarray(KELVIN * p["eps_K"] * (wall - damped * dispersion))


def barker_fisher_watts(p: Numbers, r: FloatArray) -> FloatArray:
    """J. A. Barker, R. A. Fisher, R. O. Watts, Mol. Phys. 21, 657 (1971)."""
    x = r / p["rm_A"]
    wall = np.exp(p["alpha"] * (1 - x)) * sum(a * (x - 1) ** i for i, a in enumerate(p["A"]))
    dispersion = sum(p[f"c{n}"] / (p["delta"] + x**n) for n in (6, 8, 10))
    return np.asarray(KELVIN * p["eps_K"] * (wall - dispersion))


def lennard_jones(p: Numbers, r: FloatArray) -> FloatArray:
    """4 ε [(σ/r)¹² - (σ/r)⁶]."""
    s6 = (p["sigma_A"] / r) ** 6
    return np.asarray(4 * KELVIN * p["eps_K"] * (s6**2 - s6))


def exp_6_8(p: Numbers, r: FloatArray) -> FloatArray:
    """A exp(-α r) - C₆/r⁶ - C₈/r⁸."""
    dispersion = p["C6_K_A6"] / r**6 + p["C8_K_A8"] / r**8
    return np.asarray(KELVIN * (p["A0_K"] * np.exp(-p["A1_perA"] * r) - dispersion))


PUBLISHED: dict[str, Callable[[Numbers, FloatArray], FloatArray]] = {
    "tang_toennies": tang_toennies,
    "mod_tang_toennies": modified_tang_toennies,
    "saap": saap,
    "hfd_b": hfd,
    "hfd_c": hfd,
    "bfw": barker_fisher_watts,
    "lj": lennard_jones,
    "exp68": exp_6_8,
}
"""Form → its energy in eV at distances in Å, from the numbers of the file."""


def published(path: Path) -> Iterator[tuple[str, str, Callable[[FloatArray], FloatArray]]]:
    """Pair, name and function of every published potential that can be trusted; the others are said to be left out."""
    for name, p in json.loads(path.read_text(encoding="utf-8"))["pair"].items():
        check = p.get("check", "")
        form = PUBLISHED.get(p["form"])
        if check.startswith("SUSPECT"):
            print(f"left out: {name} ({check.removeprefix('SUSPECT: ')})")
        elif form is None:
            print(f"left out: {name} (the file states its form '{p['form']}' in words only)")
        else:
            elements = [e for e in ("He", "Ne", "Ar", "Kr", "Xe") if e in p["element"]]
            pair = "-".join(sorted(elements * (3 - len(elements))))
            yield pair, name, lambda r, form=form, p=p: form(p, r)


def refitted(curve: EnergyCurve) -> Callable[[FloatArray], FloatArray]:
    """Tang and Toennies's potential of 2003 with all five constants fitted to the table, with the same errors."""
    sigma = errors_of(curve, None, False).sigma

    def function(logs: FloatArray) -> Callable[[FloatArray], FloatArray]:
        A, b, *C = np.exp(logs)
        constants = {"A_Eh": A, "b": b, "C": dict(zip((6, 8, 10), C, strict=True)), "length_unit_A": BOHR}
        return lambda r: tang_toennies(constants, r)

    def residual(logs: FloatArray) -> FloatArray:
        return (function(logs)(curve.r) - curve.energy) / sigma

    starts = np.log([[42, 2.5, 1.5, 14, 180], [200, 2.46, 6, 90, 1500], [750, 2.0, 64, 1600, 5e4]])
    fits = [
        least_squares(residual, start, x_scale="jac", max_nfev=2000, bounds=(start - 5, start + 5))
        for start in starts
    ]
    return function(min(fits, key=lambda fit: fit.cost).x)


# ---------------------------------------------------------------------------- comparison


def compared(curve: EnergyCurve, energy: Callable[[FloatArray], FloatArray]) -> dict[str, float]:
    """Errors on the table in meV (points below 100 meV, and in the well), depth and place of the minimum."""
    residual = energy(curve.r) - curve.energy
    bottom = curve.r[curve.energy.argmin()]
    least = minimize_scalar(
        lambda r: float(energy(np.array([r]))[0]),
        bounds=(0.85 * bottom, 1.2 * bottom),
        options={"xatol": 1e-7},
    )

    def rms(which: FloatArray) -> float:
        return float(1e3 * np.sqrt(np.mean(residual[which] ** 2)))

    return {
        "rms < 100 meV": rms(curve.energy < LOW),
        "rms in well": rms(curve.energy < 0),
        "D_e / meV": -1e3 * float(least.fun),
        "R_e / Å": float(least.x),
        "last / table": float(energy(curve.r[-1:])[0] / curve.energy[-1]),
    }


def sixth(found: CurveDiscovery) -> float:
    """C_6 of the formula in hartree·bohr⁶, where it has such a term (of either sign in its name's convention)."""
    constants = {p.name: p.value for p in found.best.channel().parameters}
    return abs(constants.get("C_6", np.nan)) / HARTREE / BOHR**6


def row(
    curve: EnergyCurve, source: str, energy: Callable[[FloatArray], FloatArray], **more: object
) -> dict[str, object]:
    """One row of the table."""
    return {"pair": curve.label, "source": source, **more, **compared(curve, energy)}


def main(folder: Path, out: Path | None) -> None:
    """Search every pair, compare, print the table and write it where a folder is named."""
    curves = interpot.read_curves(folder / "rg10n_curves.csv", columns={"energy": "Eint_meV"})
    known = list(published(folder / "potentials.json"))
    rows = []
    for curve in curves:
        for name, options in SEARCHES.items():
            begin = time.perf_counter()
            found = interpot.discover_curves(curve, **options)
            seconds = time.perf_counter() - begin
            channel = found.best.channel()
            count = int(found.front[found.front.chosen].constants.iloc[0])
            print(
                f"\n{curve.label} ({len(curve.r)} points), {name}: {found.best.describe(channel)}\n  {found.remarks[0]}"
            )
            more = {"constants": count, "C_6 / a.u.": sixth(found), "seconds": seconds}
            rows.append(row(curve, f"{name}: {channel.form}", channel.energy, **more))
            if out is not None:
                out.mkdir(parents=True, exist_ok=True)
                found.best.save(out / f"{curve.label}_{name}.json")
                found.front.to_csv(out / f"{curve.label}_{name}_front.csv", index=False)
        rows.append(row(curve, "Tang-Toennies 2003, refitted", refitted(curve), constants=5))
        rows += [row(curve, name, energy) for pair, name, energy in known if pair == curve.label]
    table = pd.DataFrame(rows)
    print("\n" + table.to_string(index=False, na_rep="", float_format=lambda x: f"{x:.4g}"))
    if out is not None:
        table.to_csv(out / "noble_gases.csv", index=False)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else None)
    except interpot.InterpotError as error:
        sys.exit(f"error {error}")
