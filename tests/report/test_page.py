"""The page stands alone, escapes what users wrote, and says what was found."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from report_samples import argon, bare, crowded, mixture

from interpot.errors import InterpotError
from interpot.formula.channel_formula import Loss
from interpot.report import as_html
from interpot.report.document import Badges, Paragraph, Table
from interpot.report.findings import Findings
from interpot.report.page import document, write_report
from interpot.report.proof_page import loss_sentence, summary

VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Collects tags, links and words, and checks that tags close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [
            value or "" for name, value in attrs if name in ("src", "href", "srcset", "data", "action")
        ]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    assert not reader.open
    return reader


def page_alone(findings: Findings, folder: Path) -> Path:
    """The page without the files beside it, which take longer."""
    as_html.write(document(findings), folder / "report.html")
    return folder / "report.html"


@pytest.fixture(scope="module")
def argon_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(argon(), tmp_path_factory.mktemp("argon") / "new" / "folder")


@pytest.fixture(scope="module")
def bare_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(bare(), tmp_path_factory.mktemp("bare"))


def test_observables_that_cannot_tell_are_counted() -> None:
    """Of the sample's, one differs and one cannot tell; what is not judged does not count."""
    comparison = argon().comparison
    assert comparison is not None
    every = comparison.observables
    said = [
        summary(replace(comparison, observables=tuple(chosen))).words
        for chosen in (
            every,
            [o for o in every if o.verdict != "differs"],
            [o for o in every if o.verdict == "agrees"],
            [replace(o, verdict="not judged") if o.verdict == "differs" else o for o in every],
        )
    ]
    n = sum(o.verdict == "agrees" for o in every)
    assert said == [
        f"1 of {n + 2} observables differ, 1 cannot tell",
        f"{n} of {n + 1} observables agree, 1 cannot tell",
        f"{n} of {n} observables agree",
        f"{n} of {n + 1} observables agree, 1 cannot tell",
    ]


def test_the_page_needs_nothing_else(argon_report: Path, bare_report: Path) -> None:
    for path in (argon_report, bare_report):
        reader = read(path)
        assert not re.search(r"https?://|url\(|@import", path.read_text(encoding="utf-8"))
        assert {"script", "link", "iframe", "object", "embed"}.isdisjoint(reader.tags)
        assert reader.links and all(link.startswith("data:image/svg+xml;base64,") for link in reader.links)


def test_embedded_figures_are_whole_and_fetch_nothing(argon_report: Path) -> None:
    for link in read(argon_report).links:
        drawn = base64.b64decode(link.partition(",")[2]).decode("utf-8")
        assert drawn.rstrip().endswith("</svg>") and "<script" not in drawn
        fetched = [h for h in re.findall(r'href="([^"]*)"', drawn) if not h.startswith(("#", "data:"))]
        assert fetched == []


def test_everything_is_on_disk_too(argon_report: Path) -> None:
    folder = argon_report.parent
    names = {p.name for p in (folder / "figures").iterdir()}
    stems = {"potential_Ar-Ar", "parity", "residuals", "pareto", "g_of_r_Ar-Ar", "msd", "energy"}
    assert names == {f"{stem}.{suffix}" for stem in stems for suffix in ("png", "pdf")}
    tables = {p.stem for p in (folder / "tables").iterdir()}
    assert {"constants", "pareto", "observables", "g_of_r_Ar-Ar", "msd", "forces"} <= tables
    assert (folder / "report.pdf").read_bytes().startswith(b"%PDF")
    assert not list(folder.rglob(".*"))  # nothing temporary stays


def test_what_was_found_is_said(argon_report: Path) -> None:
    words = read(argon_report).words
    for said in (
        "Liquid argon",
        "Lennard-Jones 12-6, ε = 0.0103419990(12) eV, σ = 3.40500010(13) Å",
        "−9.7×10⁻⁸",  # relative deviation of ε from the truth
        "✗ 1 of 5 observables differ, 1 cannot tell",
        "? cannot tell",
        "✓ agrees",
        "the found potential is 43 bar above",
        "snapped to 12 and 6",
        "interpot run experiments/argon.py",
        "versions, numpy",
        "is thinner than the line: one standard error is at most",
        "4·ε·(-σ⁶/r⁶ + σ¹²/r¹²)",  # no ** on the page
    ):
        assert said in words, said
    numbers = [int(n) for n in re.findall(r"Figure (\d+)\.", words)]
    assert numbers == list(range(1, 5))  # potential, forces, front, observables


def test_what_users_wrote_is_text(bare_report: Path) -> None:
    source = bare_report.read_text(encoding="utf-8")
    assert "<script>" not in source and "<i>" not in source
    words = read(bare_report).words
    assert "<script>alert(1)</script> & $x_1$" in words and "<b>-A&_$1" in words and "r⁻⁹ <i>" in words


def test_a_constant_of_one_keeps_its_one(tmp_path: Path) -> None:
    unit = {"epsilon": (1.0, 0.0, 1, 0), "sigma": (1.0, 0.0, 0, 1)}
    findings = replace(argon(unit), comparison=None, channels={})
    assert "ε = 1 eV, σ = 1 Å" in read(page_alone(findings, tmp_path)).words


def test_sections_without_content_are_left_out(bare_report: Path) -> None:
    words = read(bare_report).words
    assert (
        "How it behaves" not in words and "What was decided" not in words and "This repeats it" not in words
    )


def test_a_mixture_has_every_channel(tmp_path: Path) -> None:
    findings = replace(mixture(), comparison=None)
    reader = read(write_report(findings, tmp_path))
    assert len(reader.links) == 3 + 3 + 3  # formulas, potentials, fronts
    assert "A = 1.389(12)×10⁴ eV, ρ = 0.3923(4) Å, C₆ = 175.00(20) eV·Å⁶" in reader.words
    for label in ("Ne-Ne", "Ne-Xe", "Xe-Xe"):
        assert label in reader.words and (tmp_path / "figures" / f"pareto_{label}.pdf").exists()


def test_exports_stand_in_a_table(tmp_path: Path) -> None:
    words = read(page_alone(replace(crowded(), comparison=None), tmp_path)).words
    for said in ("Where it runs", "potential.openmm", "4×10⁻¹¹", "1×10⁻⁸", "–"):
        assert said in words, said


def test_exponents_that_are_letters_are_raised(tmp_path: Path) -> None:
    findings = argon()
    front = findings.front.assign(form=findings.front["form"].replace("r⁻⁹", "r^-n_1 + r^-n₂ + ZBL"))
    source = page_alone(replace(findings, front=front, comparison=None), tmp_path).read_text(encoding="utf-8")
    assert "r<sup>−n<sub>1</sub></sup> + r<sup>−n<sub>2</sub></sup> + ZBL" in source and "r^-n" not in source


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InterpotError, match="cannot write to the output folder"):
        write_report(bare(), tmp_path / "file")


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (Loss(2e-7, 1e-8, 2e-7), "as well as any function"),
        (Loss(0.03, 0.028, 0.03), "No function of these distances gets below 0.028"),
        (Loss(0.03, 0.003, 0.03), "10 times smaller: the closed form lacks"),
        (Loss(0.03, 0.0, 0.03), "more than a thousand times smaller"),
        (Loss(0.03, float("nan"), 0.03), "is not known"),
    ],
)
def test_the_losses_in_words(loss: Loss, said: str) -> None:
    assert said in loss_sentence(loss)


def test_a_validation_shows_what_was_measured() -> None:
    findings = argon()
    assert findings.comparison is not None and findings.comparison.forces is not None
    wrong = replace(findings.comparison.forces, relative_error=0.077, verdict="differs", remark="<far> off")
    validation = replace(
        findings, front=findings.front.head(0), comparison=replace(findings.comparison, forces=wrong)
    )
    made = document(validation)
    (badges,) = [block.badges for block in made.blocks if isinstance(block, Badges)]
    assert (badges[0].words, badges[0].verdict) == ("force error 0.077 on 51 frames", "differs")
    errors = next(
        b for b in made.blocks if isinstance(b, Table) and b.caption.startswith("Relative force error")
    )
    first, *others = errors.rows
    assert first[1] == "0.077" and all(str(row[2]).startswith("where it was found: ") for row in others)
    told = " ".join(block.text for block in made.blocks if isinstance(block, Paragraph))
    assert "as well as any function" not in told
    found = " ".join(block.text for block in document(findings).blocks if isinstance(block, Paragraph))
    assert "closed form" in found or "as well as any function" in found
