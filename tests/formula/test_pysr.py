"""PySR's part that needs no Julia: the loss as a text, settings, tables, and the process, with stand-ins for PySR.

What needs Julia is at the end, and runs wherever `interpot setup pysr` has been run.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sympy

from interpot.errors import InterpotError
from interpot.formula.codegen import R
from interpot.formula.symbolic import load_backend, pysr, pysr_process
from interpot.formula.symbolic.julia import resolved
from interpot.formula.symbolic.problem import SearchProblem
from interpot.formula.symbolic.pysr_job import Job, for_version
from interpot.formula.symbolic.pysr_problem import STAGES, guesses, job_of, objective, settings
from interpot.formula.symbolic.pysr_table import Equations
from interpot.formula.symbolic.search import OPERATORS, Budget, Candidate
from interpot.statistic.objective import Objective

LJ = 4 * 0.0104 * ((3.4 / R) ** 12 - (3.4 / R) ** 6)
MORSE = 0.35 * ((1 - sympy.exp(-1.4 * (R - 2.9))) ** 2 - 1)


def problem_of(truth: sympy.Expr, domain: tuple[float, float], noise: float = 0.0) -> SearchProblem:
    """Forces of a formula in random places, with normal noise in units of their rms; the curve is not fitted."""
    random = np.random.default_rng(7)
    fine = np.linspace(*domain, 400)
    maps = random.normal(size=(150, 399)) @ np.diff(np.eye(400), axis=0) / np.diff(fine)[0]  # mean slopes
    maps = maps * (fine[0] / fine) ** 6 * 10  # so that the core does not outweigh all else
    maps -= maps.mean(axis=1)[:, None]
    y = maps @ sympy.lambdify(R, truth, "numpy")(fine)
    error = noise * np.linalg.norm(y) / np.sqrt(len(y))
    y = y + error * random.normal(size=len(y))
    full = Objective((fine,), (maps,), y, np.eye(len(y)), 0.0, float(y @ y))
    return SearchProblem.of(full, domain, "Ar-Ar", chance=len(y) * error**2)


@pytest.fixture(scope="module")
def lj() -> SearchProblem:
    return problem_of(LJ, (3.1, 9.0))


# ---------------------------------------------------------------------------- the loss


def in_python(text: str) -> Callable[..., float]:
    """The loss as its Julia text says, statement by statement, in numpy.

    Julia's `.-` is numpy's -, `*` of a matrix and a vector numpy's @; indices begin with 1, and `end` is the last.
    """
    words = (
        (r"phi, ok = eval_tree_array\(tree, dataset\.X, options\)", "phi, ok = tree(X)"),
        (r"(?m)^( *)(.+) \|\| return L\(Inf\)$", r"\1if not (\2): return np.inf"),
        ("&&", "and"), (r"size\(W, 2\)", "W.shape[1]"), (r"phi\[end\]", "phi[-1]"), (r"phi\[last\]", "phi[last - 1]"),
        (r"\.-", "-"), (r"maximum\(abs, phi\)", "np.max(np.abs(phi))"), (r"W \* phi", "W @ phi"),
        (r"sum\(abs2, ([^)]+)\)", r"np.sum(np.abs(\1)**2)"), (r"length\(", "len("),
    )  # fmt: skip
    lines = text.splitlines()
    body = textwrap.dedent("\n".join(lines[2:-2]))
    for julia, python in words:
        body = re.sub(julia, python, body)
    names: dict[str, Callable[..., float]] = {}
    exec(
        f"def loss(tree, X, W, y, last):\n{textwrap.indent(body, '    ')}", {"np": np}, names
    )  # our own text
    return names["loss"]


def test_the_loss_in_julia_is_a_function_of_three_arguments_in_a_block_with_its_data() -> None:
    lines = [line.strip() for line in objective(1).splitlines()]
    assert lines[0] == "let W = FM_W::Matrix{Float64}, y = FM_y::Vector{Float64}"
    assert lines[1] == "function fm_objective(tree, dataset::Dataset{T,L}, options)::L where {T,L}"
    assert lines[-2:] == ["end", "end"]
    assert "last = FM_last::Vector{Int64}" in objective(2)


def evaluated(problem: SearchProblem, expression: sympy.Expr) -> float:
    """PySR's loss of a formula."""
    job = job_of(problem, {})
    loss = in_python(job.settings["loss_function"])
    values = problem.values(expression) / problem.energy
    return loss(lambda X: (values, bool(np.isfinite(values).all())), job.nodes, job.W, job.y, job.last)


@pytest.mark.parametrize("expression", [LJ, LJ + 17, MORSE, 0.01 / R, sympy.Float(3.0), 0.02 * sympy.exp(-R)])
def test_the_loss_in_julia_is_that_of_the_problem(lj: SearchProblem, expression: sympy.Expr) -> None:
    expected = lj.loss(lj.values(expression)) - lj.beyond
    assert evaluated(lj, expression) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_no_function_has_the_loss_one(lj: SearchProblem) -> None:
    assert evaluated(lj, sympy.Integer(0)) == pytest.approx(1 - lj.beyond, rel=1e-12)


@pytest.mark.parametrize("expression", [1e9 / R, sympy.log(R - 4), 1 / (R - 3.1)])
def test_what_is_undefined_or_huge_has_no_loss(lj: SearchProblem, expression: sympy.Expr) -> None:
    """The first node is 3.1 Å."""
    assert evaluated(lj, expression) == np.inf


def test_each_group_of_nodes_has_a_constant_of_its_own(lj: SearchProblem) -> None:
    """A function that jumps from group to group is no other than one that does not."""
    q = sympy.Symbol("q", real=True)
    half = len(lj.nodes) // 2
    groups = (np.arange(len(lj.nodes)) >= half).astype(np.int64)
    nodes = np.column_stack([lj.nodes[:, 0], groups.astype(float)])
    two = replace(lj, symbols=(R, q), nodes=nodes, groups=groups)
    job = job_of(two, {})
    assert job.names == ("r", "x1")
    assert set(job.last[:half]) == {half} and set(job.last[half:]) == {len(lj.nodes)}
    for expression in (LJ, LJ + 5 * q, (1 + q) * LJ):
        expected = two.loss(two.values(expression)) - two.beyond
        assert evaluated(two, expression) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert evaluated(two, LJ + 5 * q) == pytest.approx(evaluated(two, LJ), rel=1e-9)
    one = replace(two, groups=np.zeros_like(groups))
    assert evaluated(one, LJ + 5 * q) > 100 * evaluated(two, LJ + 5 * q)


def test_a_run_is_kept_in_files_as_it_is(lj: SearchProblem, tmp_path: Path) -> None:
    """Numpy's numbers among the settings would be read as something else, in Julia, too."""
    job = job_of(lj, settings(lj, OPERATORS, STAGES[0], 3, 1000, 2.5))
    job.save(tmp_path)
    again = Job.load(tmp_path)
    assert again.settings == job.settings and again.names == job.names
    assert "np." not in repr(job.settings)
    for name in ("nodes", "W", "y", "last"):
        np.testing.assert_array_equal(getattr(again, name), getattr(job, name))
    assert len(job.W) <= len(job.nodes)


# ---------------------------------------------------------------------------- the settings

# of PySRRegressor.__init__ in the wheel of pysr 1.5.10, in its order
_NAMES_1_5 = """
model_selection binary_operators unary_operators expression_spec niterations populations population_size
max_evals maxsize maxdepth warmup_maxsize_by timeout_in_seconds constraints nested_constraints
elementwise_loss loss_function loss_function_expression loss_scale complexity_of_operators
complexity_of_constants complexity_of_variables complexity_mapping parsimony dimensional_constraint_penalty
dimensionless_constants_only use_frequency use_frequency_in_tournament adaptive_parsimony_scaling alpha
annealing early_stop_condition ncycles_per_iteration fraction_replaced fraction_replaced_hof weight_add_node
weight_insert_node weight_delete_node weight_do_nothing weight_mutate_constant weight_mutate_operator
weight_swap_operands weight_rotate_tree weight_randomize weight_simplify weight_optimize
crossover_probability skip_mutation_failures migration hof_migration topn should_simplify
should_optimize_constants optimizer_algorithm optimizer_nrestarts optimizer_f_calls_limit
optimize_probability optimizer_iterations perturbation_factor probability_negate_constant
tournament_selection_n tournament_selection_p parallelism procs cluster_manager heap_size_hint_in_bytes
batching batch_size fast_cycle turbo bumper precision autodiff_backend random_state deterministic warm_start
verbosity update_verbosity print_precision progress logger_spec input_stream run_id output_directory
temp_equation_file tempdir delete_tempfiles update output_jax_format output_torch_format
extra_sympy_mappings extra_torch_mappings extra_jax_mappings denoise select_k_features kwargs
"""
PARAMETERS_1_5 = re.findall(r"\w+", _NAMES_1_5)


def installed_parameters() -> list[str]:
    """Of PySRRegressor.__init__, read from its source: to import it would start Julia."""
    found = find_spec("pysr")
    assert found is not None and found.origin is not None
    tree = ast.parse(Path(found.origin).with_name("sr.py").read_text("utf-8"))
    (made,) = [
        function
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == "PySRRegressor"
        for function in node.body
        if isinstance(function, ast.FunctionDef) and function.name == "__init__"
    ]
    return [argument.arg for argument in (*made.args.args, *made.args.kwonlyargs)]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("parameters", [PARAMETERS_1_5, installed_parameters()], ids=["1.5.10", "installed"])
def test_every_setting_is_one_of_pysr(lj: SearchProblem, stage: object, parameters: list[str]) -> None:
    """A name that it does not know would be an error; only the formulas to start from may be left out."""
    given = job_of(lj, settings(lj, OPERATORS, stage, 1, 1000, None)).settings  # type: ignore[arg-type]
    taken = for_version(given, parameters)
    assert set(taken) <= set(parameters)
    assert set(given) - set(taken) <= {"guesses"}
    assert {"output_directory", "run_id"} <= set(parameters)
    assert "temp_equation_file" not in given  # it forbids output_directory


def test_the_settings_of_the_first_stage_are_those_that_are_known_to_work(lj: SearchProblem) -> None:
    given = settings(lj, OPERATORS, STAGES[0], 5, None, None)
    known = {
        "precision": 64, "batching": False, "deterministic": True, "parallelism": "serial", "random_state": 5,
        "optimizer_iterations": 30, "optimizer_nrestarts": 3, "optimize_probability": 0.3, "maxsize": 16,
        "constraints": {"^": (1, 1), "exp": 5}, "binary_operators": ["+", "-", "*", "^"], "unary_operators": ["exp"],
        "nested_constraints": {"exp": {"exp": 0, "^": 0}, "^": {"^": 0, "exp": 0}},
    }  # fmt: skip
    assert {name: given[name] for name in known} == known
    assert re.fullmatch(r"stop_if\(loss, complexity\) = loss < \d[.\de-]+", given["early_stop_condition"])


@pytest.mark.parametrize(
    "operators", [OPERATORS, ("+", "*"), ("+", "/", "exp", "erf"), ("-", "*", "^"), ("+", "sqrt")]
)
@pytest.mark.parametrize("stage", STAGES)
def test_limits_are_of_operators_that_are_used(
    lj: SearchProblem, operators: tuple[str, ...], stage: object
) -> None:
    given = settings(lj, operators, stage, 0, None, None)  # type: ignore[arg-type]
    active = {*given["binary_operators"], *given["unary_operators"]}
    assert active <= set(operators)
    if stage is STAGES[-1] or "^" not in operators:
        assert active == set(operators)
    nested = given["nested_constraints"] or {}
    assert {*nested, *given["constraints"]} <= active
    assert all(set(inner) <= active for inner in nested.values())


def test_a_search_ends_where_noise_begins() -> None:
    noisy = problem_of(LJ, (3.1, 9.0), noise=0.05)
    text = settings(noisy, OPERATORS, STAGES[0], 0, None, None)["early_stop_condition"]
    assert float(text.rpartition("<")[2]) == pytest.approx(noisy.enough - noisy.beyond)
    assert float(text.rpartition("<")[2]) > 1e-4


def test_formulas_to_start_from_are_written_with_the_operators_that_there_are(lj: SearchProblem) -> None:
    seeds = (LJ, MORSE, sympy.sqrt(R), 2.5 / R, sympy.erf(R) / R, -sympy.log(R))
    seeded = replace(lj, seeds=seeds)
    symbols = {"r": R, "exp": sympy.exp, "erf": sympy.erf}
    texts = guesses(seeded, ("+", "*", "^", "exp"), 16)
    assert not any("/" in text or "erf" in text or "log" in text or "- " in text for text in texts)
    meant = [sympy.sympify(text.replace("^", "**"), symbols) * lj.energy for text in texts]
    for seed, again in zip((LJ, sympy.sqrt(R), 2.5 / R), (meant[0], *meant[-2:]), strict=True):
        np.testing.assert_allclose(lj.values(again), lj.values(seed), rtol=1e-12)
    longest = guesses(seeded, ("+", "*", "^", "exp"), 40)
    assert (
        longest == texts and len(guesses(seeded, ("+", "*", "^", "exp"), 12)) == 3
    )  # Morse's square is longer
    assert len(guesses(seeded, (*OPERATORS, "erf", "log"), 40)) == len(seeds)


# ---------------------------------------------------------------------------- the tables

# Constructed after what PySR 1.5 and 2 write (their sources and documentation), not recorded: no Julia was at hand.
# Both write values in units of the problem's energy, with an additive constant that no force sees.
FILE = """Complexity,Loss,Equation
1,1.0,"0.31"
5,0.7,"r ^ -6.0213"
9,0.2,"(exp(r * -2.1) * 814.25) - 0.3"
11,1.0e-9,"({a} * (r ^ -12.0)) - ({b} * (r ^ -6.0))"
13,1.0e-9,"(({a} * (r ^ -12.0)) - ({b} * (r ^ -6.0))) + -131.7"
15,0.1,"log(r - 5.0) * NaN"
16,0.1,"sqrt(4.0 - r)"
17,0.1,"exp(exp(r * 80.0)) * Inf"
"""


def filled(problem: SearchProblem) -> str:
    a, b = (4 * 0.0104 * 3.4**n / problem.energy for n in (12, 6))
    return FILE.format(a=a, b=b)


def table_of(problem: SearchProblem, version: str) -> pd.DataFrame:
    """`equations_`: lower-case names, and columns that are computed from the others."""
    lines = [line.split(",", 2) for line in filled(problem).splitlines()[1:]]
    table = pd.DataFrame(
        {
            "complexity": [int(c) for c, _, _ in lines],
            "loss": [float(loss) for _, loss, _ in lines],
            "equation": [text.strip('"') for _, _, text in lines],
        }
    )
    places = 1 if version == "1.5" else 3  # 1.5 had the score before the sympy form, as it has now
    table.insert(places, "score", 0.0)
    return table.assign(sympy_format=[sympy.Symbol("x")] * len(table), lambda_format=[abs] * len(table))


@pytest.mark.parametrize("form", ["file", "1.5", "2"])
def test_equations_become_formulas_in_units_without_their_constant(
    lj: SearchProblem, form: str, tmp_path: Path
) -> None:
    if form == "file":
        (tmp_path / "hall_of_fame.csv").write_text(filled(lj))
        found = Equations(lj).of_file(tmp_path / "hall_of_fame.csv")
    else:
        found = Equations(lj).candidates(table_of(lj, form))
    assert len(found) == 4  # neither the constant nor those that are undefined on some node
    assert [c.loss for c in found] == pytest.approx([lj.loss(lj.values(c.expression)) for c in found])
    power, exponential, short, long = (c.expression for c in found)
    for truth in (short, long):
        np.testing.assert_allclose(lj.values(truth), lj.values(LJ), rtol=1e-9)
    assert found[2].loss < 1e-9
    assert power.as_coeff_Mul()[0] == pytest.approx(lj.energy)
    assert not exponential.is_Add and exponential.has(sympy.exp)


def test_a_file_that_is_being_written_is_not_misread(lj: SearchProblem, tmp_path: Path) -> None:
    """PySR writes the file and then a copy of it: one of the two is whole at any time."""
    file = tmp_path / "hall_of_fame.csv"
    equations, whole = Equations(lj), filled(lj)
    assert equations.of_file(file) == []
    (tmp_path / "hall_of_fame.csv.bak").write_text(whole)
    for cut in range(0, len(whole), 7):
        file.write_text(whole[:cut])
        found = equations.of_file(file)
        assert len(found) in range(5)
        assert {c.expression for c in found} <= {
            c.expression for c in equations.candidates(table_of(lj, "2"))
        }


# ---------------------------------------------------------------------------- the process, with a stand-in for PySR

STAND_IN = '''
import time
from pathlib import Path
import numpy as np
import pandas as pd

class Main:
    """Julia's module: globals, and conversions."""
    seval = staticmethod(lambda text: {{"Matrix{{Float64}}": 2, "Vector{{Float64}}": 1, "Vector{{Int64}}": 1}}[text])
    @staticmethod
    def convert(dimensions, array):
        assert array.ndim == dimensions
        return array

jl = Main()

class PySRRegressor:
    def __init__(self, {parameters}):
        self.given = dict(locals())

    def fit(self, X, y, *, variable_names):
        assert X.shape[1] == len(variable_names) and not y.any() and jl.FM_W.shape[1] == len(X)
        assert abs(np.mean(jl.FM_y**2) - 1) < 0.1
        folder = Path(self.given["output_directory"], self.given["run_id"])
        folder.mkdir()
        here = Path(__file__).parent
        for name in ("hall_of_fame.csv", "hall_of_fame.csv.bak"):
            (folder / name).write_text((here / "front.csv").read_text())
        {then}
        table = pd.read_csv(here / "front.csv").rename(columns=str.lower)
        self.equations_ = table[table.complexity <= self.given["maxsize"]].assign(score=0.0)
'''

# the same, where nothing is to be resolved
JULIAPKG = "from . import state\ndef resolve(dry_run=False):\n    assert dry_run\n    return True\n"


@pytest.fixture
def stand_in(
    lj: SearchProblem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Put a PySR in the way that finds what the table above says, and then does what it is told."""

    def install(then: str) -> None:
        monkeypatch.syspath_prepend(str(tmp_path))
        (tmp_path / "front.csv").write_text(filled(lj))
        parameters = ", ".join(f"{name}=None" for name in PARAMETERS_1_5 if name != "kwargs")
        (tmp_path / "pysr.py").write_text(STAND_IN.format(parameters=parameters, then=then))
        package = tmp_path / "juliapkg"
        (package / "project").mkdir(parents=True)
        (package / "project" / "meta.json").touch()
        (package / "project" / "Manifest.toml").write_text("[[deps.SymbolicRegression]]\n")
        (package / "__init__.py").write_text(JULIAPKG)
        project = str(package / "project")
        state = {"project": project, "meta": f"{project}/meta.json"}
        (package / "state.py").write_text(f"STATE = {state!r}\n")
        monkeypatch.setattr(pysr, "require", lambda: None)  # in this process there may be another juliapkg
        monkeypatch.setattr(pysr, "_OFTEN", 0.02)

    yield install
    pysr_process.dismiss()


def test_a_search_returns_what_all_its_runs_have_found(
    lj: SearchProblem, stand_in: Callable[[str], None]
) -> None:
    stand_in("pass")
    shares: list[float] = []
    found = pysr.search(lj, OPERATORS, Budget(), 0, lambda share, front: shares.append(share))
    np.testing.assert_allclose(lj.values(found[-1].expression), lj.values(LJ), rtol=1e-9)
    assert len(found) == 3  # the exact one is equal in both its forms, and in both runs
    assert [c.complexity for c in found] == sorted(c.complexity for c in found)
    assert shares[-1] == 1.0 and shares == sorted(shares)
    before = [w.process.pid for w in pysr_process.team(2)]
    assert found == pysr.search(lj, OPERATORS, Budget(), 0, lambda *_: None)
    assert before == [w.process.pid for w in pysr_process.team(2)]  # Julia need not begin again


def test_ctrl_c_ends_a_search_at_once_and_what_was_watched_is_kept(
    lj: SearchProblem, stand_in: Callable[[str], None]
) -> None:
    stand_in("time.sleep(600)")
    latest: list[Candidate] = []

    def watch(share: float, front: object) -> None:
        latest[:] = list(front)  # type: ignore[call-overload]
        if latest:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pysr.search(lj, OPERATORS, Budget(), 0, watch)
    assert latest[-1].loss < 1e-9
    assert pysr_process._TEAM == []  # all ended, Julia with them


def test_time_ends_a_search_that_does_not_notice(
    lj: SearchProblem, stand_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("time.sleep(600)")
    monkeypatch.setattr(pysr, "_LATE", 0.0)
    fronts: list[int] = []
    # a process takes a while to begin; what it finds by then counts
    found = pysr.search(lj, OPERATORS, Budget(seconds=6.0), 0, lambda _, front: fronts.append(len(front)))
    assert len(found) == max(fronts) and found[-1].loss < 1e-9


@pytest.mark.parametrize(
    ("then", "sentence"),
    [
        ('raise ValueError("the tree is bare\\nand more")', r"PySR failed \(ValueError: the tree is bare\)"),
        ('print("signal (11): segfault"); import os; os._exit(139)', r"ended early \(status 139, 'signal \(11\): segf"),
    ],
)  # fmt: skip
def test_a_failure_of_julia_is_one_sentence(
    lj: SearchProblem, stand_in: Callable[[str], None], then: str, sentence: str
) -> None:
    stand_in(then)
    with pytest.raises(InterpotError, match=sentence) as caught:
        pysr.search(lj, OPERATORS, Budget(), 0, lambda *_: None)
    assert "\n" not in str(caught.value) and "operon" in str(caught.value)
    assert pysr_process._TEAM == []


def test_an_operator_that_is_unknown_is_refused(lj: SearchProblem) -> None:
    with pytest.raises(InterpotError, match="'pysr' knows no operator 'cosh'"):
        load_backend("pysr").search(lj, ("+", "cosh"), Budget(), 0, lambda *_: None)


# ---------------------------------------------------------------------------- with Julia


@pytest.fixture(scope="module")
def processes() -> Iterator[None]:
    yield
    pysr_process.dismiss()


@pytest.fixture
def julia(request: pytest.FixtureRequest, processes: None) -> None:
    """Skip a test where Julia is not, each by its name."""
    ready, why = resolved()
    if not ready:
        pytest.skip(f"{request.node.name} needs PySR: {why} (interpot setup pysr)")


@pytest.mark.usefixtures("julia")
@pytest.mark.parametrize(("truth", "domain"), [(LJ, (3.1, 9.0)), (MORSE, (2.1, 7.0))], ids=["LJ", "Morse"])
def test_pysr_finds_the_form_on_the_exact_loss(truth: sympy.Expr, domain: tuple[float, float]) -> None:
    problem = problem_of(truth, domain)
    found = pysr.search(problem, OPERATORS, Budget(), 1, lambda *_: None)
    best = min(found, key=lambda c: c.loss)
    assert best.loss < 1e-8
    values = problem.values(best.expression)
    np.testing.assert_allclose(
        values - values[-1], problem.values(truth) - problem.values(truth)[-1], atol=1e-4 * problem.energy
    )


@pytest.mark.usefixtures("julia")
def test_pysr_gives_the_same_for_the_same_seed(lj: SearchProblem) -> None:
    first, second = (
        pysr.search(lj, ("+", "-", "*", "^"), Budget(evaluations=40_000), 3, lambda *_: None)
        for _ in range(2)
    )
    assert first == second and len(first) > 2


@pytest.mark.usefixtures("julia")
def test_pysr_starts_from_the_formulas_that_are_known(lj: SearchProblem) -> None:
    """In so few evaluations it finds nothing of itself."""
    if "guesses" not in installed_parameters():
        pytest.skip("this version of PySR takes no guesses")
    found = pysr.search(replace(lj, seeds=(LJ,)), OPERATORS, Budget(evaluations=400), 0, lambda *_: None)
    assert min(c.loss for c in found) < 1e-6


@pytest.mark.usefixtures("julia")
def test_pysr_is_interrupted_with_a_front_in_hand() -> None:
    problem = problem_of(LJ + 0.004 * sympy.sin(7 * R), (3.1, 9.0))
    latest: list[Candidate] = []

    def watch(share: float, front: object) -> None:
        latest[:] = list(front)  # type: ignore[call-overload]
        if len(latest) > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pysr.search(problem, OPERATORS, Budget(), 0, watch)
    assert pysr_process._TEAM == []
    assert all(np.isfinite(c.loss) for c in latest)
