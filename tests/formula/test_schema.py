"""potential.json: comes back bit for bit, and says in one sentence what is wrong with it."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from interpot.errors import InterpotError
from interpot.formula import codegen, schema
from interpot.formula.channel_formula import ChannelFormula, Loss, Parameter
from interpot.formula.codegen import R
from interpot.formula.expression import FUNCTIONS, parse_expression, print_expression
from interpot.formula.potential import Potential
from interpot.units import unit_style

# form, φ(r), constants: (value, stderr, energy, length)
FORMS: dict[str, tuple[str, dict[str, tuple[float, float, float, float]]]] = {
    "Lennard-Jones 12-6": (
        "4*epsilon*(sigma**12/r**12 - sigma**6/r**6)",
        {"epsilon": (0.1 + 0.2, 1 / 3 * 1e-5, 1, 0), "sigma": (3.405, 2e-4, 0, 1)},
    ),
    "Mie": (
        "epsilon*n*(n/m)**(m/(n - m))*((sigma/r)**n - (sigma/r)**m)/(n - m)",
        {
            "epsilon": (0.01, 1e-4, 1, 0),
            "sigma": (3.2, 1e-3, 0, 1),
            "n": (13.7, 0.1, 0, 0),
            "m": (6.0, 0.0, 0, 0),
        },
    ),
    "Morse": (
        "D_e*(exp(-2*alpha*(r - r_e)) - 2*exp(-alpha*(r - r_e)))",
        {"D_e": (0.3429, 1e-4, 1, 0), "alpha": (1.3588, 1e-3, 0, -1), "r_e": (2.866, 1e-3, 0, 1)},
    ),
    "Buckingham": (
        "A*exp(-r/rho) - C_6/r**6",
        {"A": (1388.773, 0.1, 1, 0), "rho": (0.3623, 1e-4, 0, 1), "C_6": (175.0, 0.2, 1, 6)},
    ),
    "Yukawa": ("A*exp(-kappa*r)/r", {"A": (14.4, 0.01, 1, 1), "kappa": (0.31, 1e-3, 0, -1)}),
    "Gaussian": ("A*exp(-r**2/(2*s**2))", {"A": (-0.5, 0.01, 1, 0), "s": (1.7, 0.01, 0, 1)}),
    "Coulomb with erf": (
        "qq*erf(gamma*r)/r - qq*erf(10.000000000000002*gamma)/10.000000000000002",
        {"qq": (-14.399645, 0.01, 1, 1), "gamma": (0.7, 0.01, 0, -1)},
    ),
    "free power": ("A/r**n", {"A": (1e4, 1.0, 1, 12.345678901), "n": (12.345678901, 1e-4, 0, 0)}),
    "three terms": (
        "C_9/r**9 + A*exp(-r/rho) - 2*(A + B)*(rho - r)/(rho*r**2) + B*log(r)/3",
        {"A": (1.5, 0.1, 1, 0), "B": (-0.25, 0.1, 1, 0), "C_9": (22.0, 1.0, 1, 9), "rho": (1.9, 0.1, 0, 1)},
    ),
}


def channel(form: str, species: tuple[str, str] = ("Ar", "Ar")) -> ChannelFormula:
    text, constants = FORMS[form]
    parameters = tuple(Parameter(name, *map(float, numbers)) for name, numbers in constants.items())
    return ChannelFormula(
        species=species,
        cutoff=10.000000000000002,
        domain=(2.9 + 1e-15, 9.99),
        form=form,
        expression=parse_expression(text, {p.name: p.symbol for p in parameters}),
        parameters=parameters,
        zero="cutoff" if "erf" in form else "infinity",
    )


def potential(*channels: ChannelFormula, seed: int = 1) -> Potential:
    sigma = np.array([p.stderr for c in channels for p in c.parameters])
    noise = np.random.default_rng(seed).normal(size=(sigma.size, 4 * sigma.size))
    covariance = np.corrcoef(noise) * np.outer(sigma, sigma)
    np.fill_diagonal(covariance, sigma**2)
    return Potential(
        unit_style("metal"),
        channels,
        np.triu(covariance) + np.triu(covariance, 1).T,
        Loss(2.34e-7, 1e-8 / 3, 2.5e-7),
        {"files": [Path("a b.lammpstrj"), "ü.gz"], "frames": np.int64(51), "versions": {"interpot": "0.1.0"}},
    )


def document() -> dict[str, Any]:
    return json.loads(json.dumps(good()))


def good() -> dict[str, Any]:
    return {
        "schema": "interpot.potential/1",
        "units": {"style": "metal", "energy": "eV", "length": "Å"},
        "channels": [
            {
                "kind": "pair",
                "species": ["Ar", "Ar"],
                "variable": "r",
                "cutoff": 10.0,
                "domain": [3.1, 9.9],
                "form": "Lennard-Jones 12-6",
                "expression": "4*epsilon*((sigma/r)**12 - (sigma/r)**6)",
                "zero": "infinity",
                "parameters": {
                    "epsilon": {"value": 0.0103, "stderr": 1e-4, "unit": "eV", "energy": 1, "length": 0},
                    "sigma": {"value": 3.4, "stderr": 0.01, "unit": "Å", "energy": 0, "length": 1},
                },
            }
        ],
        "covariance": [[1e-8, 2e-7], [2e-7, 1e-4]],
        "loss": {"formula": 1e-6, "ceiling": 1e-7, "cross_validated": 2e-6},
        "provenance": {"command": "interpot discover a.lammpstrj", "frames": 51},
    }


# ---------------------------------------------------------------------------- round trip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_back_bit_for_bit(form: str, tmp_path: Path) -> None:
    saved = potential(channel(form))
    saved.save(tmp_path / "potential.json")
    loaded = Potential.load(tmp_path / "potential.json")
    assert loaded.channels == saved.channels  # frozen records: expression, constants, errors, all of them
    assert loaded.covariance.tobytes() == saved.covariance.tobytes()
    assert (loaded.units, loaded.loss) == (saved.units, saved.loss)
    r = np.linspace(2.5, 11, 101)
    assert loaded.energy(r).tobytes() == saved.energy(r).tobytes()
    loaded.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "potential.json").read_bytes()


def test_a_mixture_keeps_the_order_of_channels_and_provenance(tmp_path: Path) -> None:
    saved = potential(
        channel("Morse", ("Ne", "Ne")), channel("Mie", ("Ne", "Xe")), channel("Buckingham", ("Xe", "Xe"))
    )
    saved.save(tmp_path / "p.json")
    loaded = Potential.load(tmp_path / "p.json")
    assert [p.name for p in loaded.parameters] == [p.name for p in saved.parameters]
    assert loaded.covariance.tobytes() == saved.covariance.tobytes()
    assert loaded.provenance == {
        "files": ["a b.lammpstrj", "ü.gz"],
        "frames": 51,
        "versions": {"interpot": "0.1.0"},
    }


def test_what_is_not_known_is_null_and_comes_back_as_nan(tmp_path: Path) -> None:
    c = channel("Yukawa")
    unknown = tuple(Parameter(p.name, p.value, math.nan, p.energy, p.length) for p in c.parameters)
    saved = Potential(
        unit_style("real"),
        (ChannelFormula(c.species, c.cutoff, c.domain, c.form, c.expression, unknown),),
        np.full((2, 2), np.nan),
        Loss(0.1, 0.05, math.nan),
    )
    saved.save(tmp_path / "p.json")
    text = (tmp_path / "p.json").read_text(encoding="utf-8")
    assert "NaN" not in text and json.loads(text)["loss"]["cross_validated"] is None
    loaded = Potential.load(tmp_path / "p.json")
    assert np.isnan(loaded.covariance).all() and math.isnan(loaded.loss.cross_validated)
    assert [math.isnan(p.stderr) for p in loaded.parameters] == [True, True]


def test_the_file_is_written_for_people(tmp_path: Path) -> None:
    potential(channel("Lennard-Jones 12-6")).save(tmp_path / "p.json")
    text = (tmp_path / "p.json").read_text(encoding="utf-8")
    assert '"units": {"style": "metal", "energy": "eV", "length": "Å"}' in text
    assert max(map(len, text.splitlines())) < 120
    assert not list(tmp_path.glob(".p*"))  # nothing temporary stays


def test_the_hand_written_example_is_lennard_jones(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps(good()), encoding="utf-8")
    found = Potential.load(tmp_path / "p.json")
    assert found.energy(3.4) == pytest.approx(0, abs=1e-15)
    assert found.energy(2 ** (1 / 6) * 3.4) == pytest.approx(-0.0103, rel=1e-14)


@settings(deadline=None, max_examples=60)
@given(
    st.recursive(
        st.sampled_from(["r", "a", "b"]) | st.floats(0.1, 50.0).map(repr) | st.integers(1, 30).map(str),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from([" + ", " - ", "*", "/"]), inner).map(
                lambda t: f"({t[0]}{t[1]}{t[2]})"
            ),
            inner.map(lambda t: f"exp(-{t})"),
            inner.map(lambda t: f"sqrt({t})"),
            st.tuples(st.sampled_from(["r", "a"]), st.integers(-12, 12)).map(lambda t: f"{t[0]}**({t[1]})"),
        ),
        max_leaves=8,
    )
)
@example("exp(-exp(-(1 - 2)))")
def test_printing_then_parsing_gives_the_same_formula(text: str) -> None:
    symbols = {name: sympy.Symbol(name, real=True) for name in "ab"}
    try:
        formula = parse_expression(text, symbols)
    except ValueError:  # 1/(a - a), say
        return
    assume(not formula.has(sympy.Abs))  # sqrt(a**2): no part of the language
    again = parse_expression(print_expression(formula), symbols)
    assert sympy.expand(sympy.powsimp(again - formula)) == 0 or sympy.simplify(again - formula) == 0


def test_parsing_agrees_with_sympify_on_trusted_text() -> None:
    for text, constants in FORMS.values():
        symbols = {name: sympy.Symbol(name, real=True) for name in constants}
        values = {symbols[name]: numbers[0] for name, numbers in constants.items()} | {R: 3.7}
        ours, theirs = parse_expression(text, symbols), sympy.sympify(text, locals={**symbols, "r": R})
        assert float(ours.subs(values)) == pytest.approx(float(theirs.subs(values)), rel=1e-14)


def test_the_functions_are_those_that_can_be_compiled() -> None:
    assert set(FUNCTIONS) == set(codegen._FUNCTIONS)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("units", ["metal", "nano", "lj", "real"])
def test_exponents_can_be_left_to_the_unit(form: str, units: str, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    saved = replace(potential(channel(form)), units=unit_style(units))
    saved.save(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    for constant in content["channels"][0]["parameters"].values():
        del constant["energy"], constant["length"]
        constant["unit"] = constant["unit"].removeprefix("1")
    path.write_text(json.dumps(content), encoding="utf-8")
    loaded = Potential.load(path)
    assert loaded.channels == saved.channels
    loaded.save(path)  # and writes them
    written = json.loads(path.read_text(encoding="utf-8"))["channels"][0]["parameters"].values()
    assert all({"energy", "length"} <= constant.keys() for constant in written)


@pytest.mark.parametrize(
    "unit", ["eV*Å^6", "Å^6·eV", "eV·", "·Å", "kcal/mol", "Å^x", "Å^1e999", "Å^06", None, 1, []]
)
def test_a_unit_that_cannot_be_read_is_told(unit: Any) -> None:
    wrong = document()
    sigma = wrong["channels"][0]["parameters"]["sigma"]
    del sigma["length"]
    sigma["unit"] = unit
    with pytest.raises(
        InterpotError, match=r"parameters.sigma.unit' is .*, expected a unit like 'eV·Å\^6', or '1'"
    ):
        schema.check(wrong, "p.json")


def test_an_exponent_that_is_given_agrees_with_the_unit() -> None:
    wrong = document()
    sigma = wrong["channels"][0]["parameters"]["sigma"]
    del sigma["length"]
    schema.check(wrong, "p.json")
    sigma["energy"] = 1
    with pytest.raises(InterpotError, match=r"sigma.energy' is 1, expected 0 as in the unit 'Å'"):
        schema.check(wrong, "p.json")


# ---------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch /tmp/owned')",
        "open('x')",
        "r.__class__",
        "[r for r in (1,)]",
        "(lambda: r)()",
        "eval('r')",
        "exp(r, 2)",
        "exp(x=r)",
        "'text'",
        "True",
        "r if r else 1",
        "r < 2",
        "unknown*r",
        "r +",
        "",
        "1/0*r",
        "r/(epsilon - epsilon)",
        "log(0)*r",
        "sqrt(-1)*r",
        "(-2)**0.5*r",
        "9**9**9**9",
        "((9**99)**99)**99*r",
        "r**1e300",
        "1e400*r",
        "exp(exp(7.5))*r",
        "exp(-exp(7.5))*r",
        "-" * 5000 + "r",
        "(" * 300 + "r" + ")" * 300,
        "r+" * 6000 + "r",
    ],
)
def test_only_formulas_are_read(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        parse_expression(text, {"epsilon": sympy.Symbol("epsilon", real=True)})


WRONG: list[tuple[str, Any, str]] = [
    # key, what stands there, what the sentence says
    ("schema", "interpot.potential/2", "has the schema \"interpot.potential/2\", expected"),
    ("schema", None, "no key 'schema'"),
    ("units", "metal", "'units' is the text \"metal\", expected an object"),
    ("units.style", "cgs", "expected one of lj, real, metal"),
    ("units.energy", "kJ", "'units.energy' is the text \"kJ\", expected 'eV'"),
    ("channels", [], "a list of at least one channel"),
    ("channels.0.kind", "torque", "'channels[0].kind' is the text \"torque\", expected one of pair, wall, field"),
    ("channels.0.species", ["Ar"], "expected a list of 2 names"),
    ("channels.0.species", ["Xe", "Ne"], "expected sorted names"),
    ("channels.0.species", ["Ar", 1], "'channels[0].species[1]' is the number 1, expected a text"),
    ("channels.0.variable", "x", "'channels[0].variable'"),
    ("channels.0.cutoff", -1.0, "'channels[0].cutoff' is -1, expected more than 0"),
    ("channels.0.cutoff", math.inf, "a number of double precision"),
    ("channels.0.cutoff", 10**400, "a number of double precision"),
    ("channels.0.cutoff", True, "is true, expected a number"),
    ("channels.0.domain", [3.0], "a list of 1, expected a list of the smallest and the largest"),
    ("channels.0.domain", [5.0, 4.0], "0 < smallest < largest ≤ cutoff = 10"),
    ("channels.0.domain", [0.0, 4.0], "0 < smallest"),
    ("channels.0.domain", [3.0, 10.5], "≤ cutoff = 10"),
    ("channels.0.form", "", "expected a text that is not empty"),
    ("channels.0.zero", "nowhere", "expected 'infinity' or 'cutoff'"),
    ("channels.0.expression", "4*epsilon*((sigma/r)**12 - (s/r)**6)", "uses the unknown name 's'"),
    ("channels.0.expression", "4*epsilon/r**12", "does not use the parameter 'sigma'"),
    ("channels.0.expression", "open(epsilon*sigma)", "calls 'open'"),
    ("channels.0.expression", "epsilon*log(sigma - r)", "'channels[0].expression'"),
    ("channels.0.parameters", [1], "is a list of 1, expected an object"),
    ("channels.0.parameters.lambda", {}, "'channels[0].parameters.lambda' is no name for a constant"),
    ("channels.0.parameters.exp", {}, "is no name for a constant"),
    ("channels.0.parameters.a b", {}, "is no name for a constant"),
    ("channels.0.parameters.sigma.value", math.nan, "a number of double precision"),
    ("channels.0.parameters.sigma.value", "3.4", "is the text \"3.4\", expected a number"),
    ("channels.0.parameters.sigma.stderr", -0.01, "is -0.01, expected at least 0"),
    ("channels.0.parameters.sigma.unit", "nm", "is the text \"nm\", expected 'Å' by its exponents"),
    ("channels.0.colour", "red", "'channels[0]' has an unknown key 'colour'"),
    ("covariance", [[1e-8]], "'covariance' is a list of 1, expected 2 rows of 2 numbers"),
    ("covariance", [[1e-8, 0.0], [0.0]], "'covariance[1]' is a list of 1"),
    ("covariance", [[1e-8, 2e-7], [1e-7, 1e-4]], "expected a symmetric matrix"),
    ("covariance", [[1e-8, 2e-7], [2e-7, 2e-4]], "the square of the parameter's stderr"),
    ("covariance", [[1e-8, 2e-6], [2e-6, 1e-4]], "a positive semi-definite matrix"),
    ("covariance", [[1e-8, None], [None, 1e-4]], "'covariance[0][1]' is null, expected a number"),
    ("loss.formula", -1, "'loss.formula' is -1, expected at least 0"),
    ("loss", {}, "'loss' has no key 'formula'"),
    ("provenance", "by hand", "'provenance' is the text \"by hand\", expected an object"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "sentence"), WRONG, ids=[f"{w[0]}-{n}" for n, w in enumerate(WRONG)]
)
def test_the_sentence_names_file_and_key(key: str, value: Any, sentence: str) -> None:
    wrong = document()
    *parents, last = key.split(".")
    place: Any = wrong
    for part in parents:
        place = place[int(part)] if part.isdigit() else place[part]
    place[last] = value
    with pytest.raises(InterpotError) as caught:
        schema.check(wrong, "folder/p.json")
    assert str(caught.value).startswith("folder/p.json: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_untouched_document_is_fine() -> None:
    schema.check(document(), "p.json")


@pytest.mark.parametrize(
    "key", [k for k in good() if k != "schema"] + [f"channels.0.{k}" for k in good()["channels"][0]]
)
def test_every_key_is_required(key: str) -> None:
    wrong = document()
    *parents, last = key.split(".")
    place = wrong["channels"][0] if parents else wrong
    del place[last]
    with pytest.raises(InterpotError, match=f"has no key '{last}'"):
        schema.check(wrong, "p.json")


def test_two_channels_of_one_pair_are_refused() -> None:
    wrong = document()
    wrong["channels"].append(copy.deepcopy(wrong["channels"][0]))
    with pytest.raises(InterpotError, match=r"'channels\[1\]' repeats Ar-Ar of channels\[0\]"):
        schema.check(wrong, "p.json")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (json.dumps(good())[:300], "ends in the middle of its JSON"),
        ("", "ends in the middle of its JSON"),
        ("{'schema': 1}", "is no valid JSON"),
        ("[1, 2]", "holds a list of 2, expected a JSON object"),
        ('{"schema": "interpot.potential/1", "schema": "interpot.potential/1"}', "occurs twice"),
        ("[" * 100_000, "is nested too deeply"),
        ("9" * 5000, "is no valid JSON"),
    ],
    ids=["truncated", "empty", "python", "list", "twice", "deep", "digits"],
)
def test_what_is_no_potential_is_told(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(text, encoding="utf-8")
    with pytest.raises(InterpotError, match=sentence) as caught:
        Potential.load(tmp_path / "p.json")
    assert "p.json" in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    with pytest.raises(InterpotError, match="no such file"):
        Potential.load(tmp_path / "missing.json")
    with pytest.raises(InterpotError, match="cannot be read"):
        Potential.load(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InterpotError, match="not UTF-8"):
        Potential.load(tmp_path / "binary")
    with pytest.raises(InterpotError, match="cannot write"):
        potential(channel("Morse")).save(tmp_path / "no" / "folder.json")


def test_a_potential_that_could_not_be_loaded_is_not_saved(tmp_path: Path) -> None:
    sound = potential(channel("Yukawa"))
    path = tmp_path / "p.json"
    sound.save(path)
    before = path.read_bytes()
    broken = Potential(sound.units, sound.channels, sound.covariance * np.inf, sound.loss)
    with pytest.raises(InterpotError):
        broken.save(path)
    assert path.read_bytes() == before
