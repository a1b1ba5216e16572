"""Whether PySR is set up, which search is taken, and that nothing but `interpot setup pysr` can go online."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import juliapkg
import pytest
from filelock import FileLock
from juliapkg import deps
from juliapkg.state import reset_state
from typer.testing import CliRunner

from interpot.cli import app
from interpot.errors import InterpotError
from interpot.formula.symbolic import choice, julia, julia_setup
from interpot.formula.symbolic.choice import chosen

NEVER = {"pysr", "juliacall"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for juliapkg's files; nothing is in it."""
    folder = tmp_path / "julia_env"
    monkeypatch.setenv("PYTHON_JULIAPKG_PROJECT", str(folder))
    monkeypatch.delenv("PYTHON_JULIAPKG_EXE", raising=False)
    reset_state()
    yield folder
    monkeypatch.undo()
    reset_state()


def set_up(project: Path, **changes: object) -> None:
    """What juliapkg leaves after it has downloaded everything, and a program that says it is Julia."""
    program = project / "bin" / "julia"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho julia version 1.11.5\n")
    program.chmod(0o755)
    meta = {
        "meta_version": deps.META_VERSION,
        "dev": False,
        "version": "1.11.5",
        "executable": str(program),
        "libjulia": str(project / "libjulia.so"),
        "bindir": str(program.parent),
        "deps_files": {
            file: {"timestamp": Path(file).stat().st_mtime, "hash_sha256": deps._get_hash(file)}
            for file in deps.deps_files()
        },
        "pkgs": [],
        "offline": False,
        "override_executable": None,
    }
    (project / "pyjuliapkg").mkdir()
    (project / "pyjuliapkg" / "meta.json").write_text(json.dumps(meta | changes))
    (project / "Manifest.toml").write_text("[[deps.SymbolicRegression]]\n")


# ---------------------------------------------------------------------------- what is set up


def test_where_nothing_is_nothing_is_made(project: Path) -> None:
    assert julia.resolved() == (False, "Julia has not been downloaded")
    assert not project.exists()


def test_what_juliapkg_has_downloaded_is_taken(project: Path) -> None:
    set_up(project)
    assert julia.resolved() == (True, "")
    assert "Julia 1.11.5" in julia.versions() and "PySR" in julia.versions()
    julia.require()
    assert chosen("auto") == (["grammar", "pysr"], "")
    assert not NEVER & {name for name, module in sys.modules.items() if module is not None}


@pytest.mark.parametrize(
    "changes", [{"version": "1.9.0"}, {"meta_version": 1}, {"deps_files": {"/gone/juliapkg.json": {}}}]
)
def test_what_is_of_other_versions_is_not(project: Path, changes: dict[str, object]) -> None:
    set_up(project, **changes)
    ready, why = julia.resolved()
    assert not ready and "another version" in why


def test_julia_without_the_packages_does_not_do(project: Path) -> None:
    """juliapkg says so of any Julia, if it was asked while it was offline."""
    set_up(project, offline=True)
    (project / "Manifest.toml").write_text("[[deps.PythonCall]]\n")
    assert juliapkg.resolve(dry_run=True)
    ready, why = julia.resolved()
    assert not ready and "SymbolicRegression" in why


def test_a_damaged_file_is_named(project: Path) -> None:
    set_up(project)
    (project / "pyjuliapkg" / "meta.json").write_text("{")
    ready, why = julia.resolved()
    assert not ready and str(project) in why and "\n" not in why


def test_nobody_waits_for_another_process(project: Path) -> None:
    set_up(project)
    with FileLock(project / "lock.pid"):
        assert julia.resolved() == (False, "another process is setting Julia up")


@pytest.mark.usefixtures("project")
def test_pysr_is_refused_with_the_remedy_where_it_is_not_set_up() -> None:
    sentence = (
        r"PySR was asked for, but it is not set up here \(Julia has not .*\): run 'interpot setup pysr' once"
    )
    for refused in (julia.require, julia.load_pysr, lambda: chosen("operon,pysr")):
        with pytest.raises(InterpotError, match=sentence):
            refused()


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(julia, "find_spec", lambda name: None)
    assert julia.resolved() == (False, "the package 'pysr' is not installed")


# ---------------------------------------------------------------------------- the choice


@pytest.mark.usefixtures("project")
def test_operon_stands_in_for_pysr_and_the_reason_is_given() -> None:
    names, why = chosen("auto")
    assert names == ["grammar", "operon"]
    assert why == "PySR is not set up, Julia has not been downloaded: interpot setup pysr"


def test_names_are_taken_in_their_order_and_once() -> None:
    assert chosen("operon, grammar,operon") == (["operon", "grammar"], "")
    assert chosen("none") == ([], "")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("eureqa", "unknown search 'eureqa': expected one of grammar, operon, pysr, auto, none"),
        ("", "unknown search '': expected one of"),
        ("operon,auto", "search 'operon,auto': 'auto' stands alone"),
        ("none,grammar", "'none' stands alone"),
    ],
)
def test_what_is_no_search_is_refused(name: str, sentence: str) -> None:
    with pytest.raises(InterpotError, match=sentence):
        chosen(name)


# ---------------------------------------------------------------------------- offline


def loaded(code: str) -> set[str]:
    """Packages that a fresh process has loaded after some code, with nothing to forbid it the network."""
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('|', *sys.modules)"],
        env={"PATH": "/nowhere", "PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in run.stdout.rpartition("|")[2].split()}


def test_importing_interpot_loads_neither_pysr_nor_julia() -> None:
    names = "cli, workflow, formula.symbolic.pysr, formula.symbolic.pysr_worker, formula.symbolic.julia_setup"
    imports = "\n".join(f"import interpot.{name}" for name in names.split(", "))
    packages = loaded(f"import interpot\n{imports}\n[getattr(interpot, n) for n in interpot.__all__]")
    assert "interpot" in packages and not packages & NEVER


def test_no_command_loads_them_with_its_help_or_its_choice_of_a_search() -> None:
    commands = [command.name or command.callback.__name__ for command in app.registered_commands]
    assert {"discover", "run", "setup"} <= set(commands)
    code = f"""
from typer.testing import CliRunner
from interpot.cli import app
for command in {commands}:
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
from interpot.formula.symbolic.choice import chosen
chosen("auto")
import os
assert os.environ["PYTHON_JULIAPKG_OFFLINE"] == "yes" and os.environ["JULIA_PKG_OFFLINE"] == "true"
"""
    packages = loaded(code)
    assert "interpot" in packages and not packages & NEVER


def test_offline_is_said_before_juliapkg_is_imported() -> None:
    code = "from interpot.formula.symbolic.julia import state\nassert state()['offline'] is True"
    assert "juliapkg" in loaded(code)


def test_julia_has_its_process_offline_and_only_the_download_online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_JULIAPKG_OFFLINE", "no")
    assert julia.OFFLINE.items() <= julia_setup.environment().items()
    assert not set(julia.OFFLINE) & set(julia_setup.online())


# ---------------------------------------------------------------------------- interpot setup pysr


@pytest.fixture
def allowed(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set-up that may begin, and prints what it would do instead of downloading."""
    monkeypatch.setattr(julia_setup, "FORBIDDEN", ())
    monkeypatch.setattr(
        julia_setup, "_DOWNLOAD", "print('[juliapkg] Downloading'); print('  12.0 MB of 170 MB')"
    )
    monkeypatch.setattr(julia_setup, "_START", "print('compiled')")
    return project


def invoke() -> tuple[int, str]:
    result = CliRunner().invoke(app, ["setup", "pysr"])
    assert result.exception is None or isinstance(result.exception, SystemExit), "no traceback"
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.usefixtures("project")
def test_tests_cannot_download() -> None:
    """Because conftest has said so, as a user may."""
    status, said = invoke()
    assert status == 1 and "PYTHON_JULIAPKG_OFFLINE forbids downloads" in said


def test_the_set_up_says_what_it_does_and_where(allowed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = iter([(False, "not yet"), (True, "")])
    monkeypatch.setattr(julia_setup, "resolved", lambda: next(states))
    monkeypatch.setattr(julia_setup, "versions", lambda: "Julia 1.11.5, PySR 2.7.2")
    status, said = invoke()
    assert status == 0
    for part in ("500 MB", str(allowed), "Downloading 12.0 MB of 170 MB", "compiled"):
        assert part in said
    assert said.endswith("PySR is set up: Julia 1.11.5, PySR 2.7.2")


def test_what_is_set_up_is_not_set_up_again(allowed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(allowed)
    monkeypatch.setattr(julia_setup, "_DOWNLOAD", "raise SystemExit(1)")
    status, said = invoke()
    assert status == 0 and "PySR is already set up: Julia 1.11.5" in said


def test_a_download_that_leads_to_nothing_is_no_success(allowed: Path) -> None:
    status, said = invoke()
    assert status == 1 and "cannot be used (Julia has not been downloaded)" in said


@pytest.mark.parametrize(
    ("printed", "meaning"),
    [
        ("urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>", "no connection"),
        ("ERROR: could not download the registry: Could not resolve host: pkg.julia.test", "no connection"),
        ("OSError: Tunnel connection failed: 403 Forbidden", "the proxy lets nothing through"),
        ("urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "the connection is not trusted"),
        ("SystemError: open(...): No space left on device", "the disk is full"),
        ("PermissionError: [Errno 13] Permission denied: '/usr/julia_env'", "a folder may not be written to"),
        ("ERROR: Unsatisfiable requirements detected for package X", "'ERROR: Unsatisfiable requirements"),
    ],
)  # fmt: skip
def test_a_failure_is_one_sentence_that_names_its_cause(
    allowed: Path, monkeypatch: pytest.MonkeyPatch, printed: str, meaning: str
) -> None:
    monkeypatch.setattr(julia_setup, "_DOWNLOAD", f"raise SystemExit({printed!r})")
    status, said = invoke()
    assert status == 1
    assert f"error PySR was not set up: {meaning}" in said
    assert "Traceback" not in said


def test_a_full_disk_is_noticed_before(allowed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": 3e8})
    monkeypatch.setattr(julia_setup.shutil, "disk_usage", lambda path: usage)
    status, said = invoke()
    assert status == 1 and "with 0.3 GB left: make room for 2 GB" in said


def test_nothing_else_can_be_set_up() -> None:
    result = CliRunner().invoke(app, ["setup", "gromacs"])
    assert result.exit_code == 1 and "nothing to set up for 'gromacs'" in result.output


def test_the_words_of_the_choice_are_no_backends() -> None:
    assert not set(choice.WORDS) & set(choice.BACKENDS)
