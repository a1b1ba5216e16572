"""What the data cannot tell, in words and numbers: for the terminal, and what the page shares with it."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from interpot.formula.adequacy import Adequacy, Share, percent
from interpot.formula.collinear import Conditions
from interpot.formula.honesty import Honesty
from interpot.report.tables import new_table, table_row
from interpot.report.words import in_letters, short, typeset


def share_text(share: Share | None, measured: bool = False) -> str:
    """Write a share with its error, "< 1.2 %" where it may be chance, "–" where it is not known.

    What is measured directly, and not a difference, is written with its error as long as that is smaller.
    """
    if share is None:
        return "–"
    if not share.significant and (not measured or share.error >= share.value):
        return f"< {typeset(percent(share.most))}" if share.most > 0 else "0"
    return f"{typeset(percent(share.value))} ± {typeset(percent(share.error))}"


def adequacy_rows(adequacy: Adequacy) -> list[tuple[str, str, str]]:
    """Part, relative force error, meaning; the parts add in squares."""
    known = adequacy.noise is not None
    why = "" if known else f"cannot be told from {{}}: {adequacy.reason}"
    return [
        (
            "missing closed form",
            share_text(adequacy.missing_form),
            "what a free function of the same distances gains, beyond chance",
        ),
        (
            "unexplained",
            share_text(adequacy.unexplained),
            "by any function of these distances, corrected for what it fits by chance; of this",
        ),
        ("  noise", share_text(adequacy.noise, measured=True), "by the net force of the frames" if known else
         why.format("missing physics")),
        ("  missing physics", share_text(adequacy.missing_physics), "more than two particles at once, beyond the "
         "cutoff, velocities" if known else "cannot be told from noise"),
    ]  # fmt: skip


def conditions_sentence(conditions: Conditions) -> str:
    """State the condition numbers."""
    return (
        f"The data determine {conditions.rank} of {conditions.columns} splines, with a condition number of "
        f"{short(conditions.gram, 2)} (columns scaled); that of the formula's constants is "
        f"{short(conditions.jacobian, 2)}."
    )


def print_limits(console: Console, honesty: Honesty) -> None:
    """Print where the force error comes from, what cannot be told, what would tell it, and what lies outside."""
    table = new_table("part of the force error", ">relative", "meaning")
    for row in adequacy_rows(honesty.adequacy):
        table_row(table, [*row])
    if honesty.adequacy.notable:  # otherwise there is nothing to split
        console.print(table)
    console.print(Text(conditions_sentence(honesty.conditions), style="dim"))
    _print_list(console, "What the data cannot tell", honesty.cannot_tell)
    _print_list(console, "Which data would tell", honesty.would_decide)
    marked = [f"{'! ' if f.severe else ''}{f.sentence}" for f in honesty.outside]
    _print_list(console, "Outside the sampled range", marked)


def _print_list(console: Console, title: str, sentences: list[str] | tuple[str, ...]) -> None:
    if sentences:
        console.print(Text(f"\n{title}", style="bold"))
    for sentence in sentences:
        console.print(Text(f"- {in_letters(sentence)}"))
