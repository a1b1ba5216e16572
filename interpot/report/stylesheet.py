"""The look of the page: one column of text, wide enough for a journal's double-column figures."""

STYLESHEET = """
:root { --ink: #1b1b1b; --soft: #5d5d5d; --line: #cfcfcf; --pale: #f6f5f2; --blue: #0072b2; --green: #00694c;
  --red: #a63c00; --amber: #7a5500; }
* { box-sizing: border-box; }
html { font-size: 106.25%; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; padding: 3rem 1.25rem 5rem; max-width: 50rem; color: var(--ink); background: #fff;
  font-family: Charter, "Bitstream Charter", "Sitka Text", Cambria, "STIX Two Text", Georgia, serif;
  line-height: 1.55; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; font-weight: 600; text-wrap: balance;
  overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3.2rem 0 .8rem; padding-top: .9rem; font-weight: 600;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; font-weight: 600; }
p { margin: .7rem 0; }
.lead { font-size: 1.12rem; margin: .3rem 0; overflow-wrap: anywhere; }
.lead b { font-weight: 600; }
.badges { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.1rem 0 0; padding: 0; list-style: none; }
.badge { display: inline-block; padding: .05rem .6rem; border: 1.5px solid currentColor; border-radius: 1rem;
  font-size: .84rem; line-height: 1.6; white-space: nowrap; color: var(--blue); background: #fff; }
.agrees, .nearly-holds { color: var(--green); }
.differs { color: #fff; background: var(--red); border-color: var(--red); font-weight: 600; }
.not-judged { color: var(--soft); border-style: dotted; }
.cannot-tell { color: var(--amber); border-style: dashed; }
.formulas { margin: 1.6rem 0; padding: 1.5rem 1.2rem; background: var(--pale); border-radius: .4rem; }
.formula { margin: 0; text-align: center; }
.formula + .formula { margin-top: 1.6rem; }
.formula img { max-width: 100%; height: auto; }
.formula figcaption { font-size: .84rem; color: var(--soft); margin-top: .5rem; overflow-wrap: anywhere; }
figure.plot { margin: 1.6rem 0; break-inside: avoid; }
figure.plot img { display: block; width: 100%; height: auto; margin: 0 auto; }
figure.narrow img { max-width: 30rem; }
.pair .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 0 1.6rem;
  align-items: start; }
figcaption { font-size: .88rem; line-height: 1.45; color: var(--soft); }
figure.plot figcaption { margin-top: .5rem; }
figcaption b { color: var(--ink); font-weight: 600; }
figure.table { margin: 1.4rem 0; }
.scroll { overflow-x: auto; margin-top: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; line-height: 1.4;
  font-variant-numeric: lining-nums tabular-nums; border-top: 1.5px solid var(--ink);
  border-bottom: 1.5px solid var(--ink); }
th { font-weight: 600; text-align: left; vertical-align: bottom; }
thead th { border-bottom: 1px solid var(--ink); }
th, td { padding: .28rem .9rem .28rem 0; }
th:last-child, td:last-child { padding-right: 0; }
td { vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr.group > * { border-top: 1px solid var(--line); }
thead + tbody tr.group:first-child > * { border-top: 0; }
tr.chosen td { font-weight: 600; background: var(--pale); }
td small { color: var(--soft); font-size: .86em; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: .84em; }
code { overflow-wrap: anywhere; }
pre { margin: .8rem 0; padding: .8rem 1rem; background: var(--pale); border-radius: .4rem;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.remarks { padding-left: 1.2rem; }
.remarks li { margin: .35rem 0; }
.provenance th { font-weight: 400; color: var(--soft); white-space: nowrap; padding-right: 1.4rem;
  vertical-align: top; }
.provenance th { width: 1%; }
.provenance td { overflow-wrap: anywhere; }
.note { margin-top: 3rem; font-size: .84rem; color: var(--soft); }
@media (max-width: 34rem) {
  html { font-size: 100%; }
  body { padding-top: 1.6rem; }
  h1 { font-size: 1.6rem; }
  .formulas { padding: 1.1rem .8rem; }
  figure.plot.wide { overflow-x: auto; }
  figure.plot.wide img { min-width: 34rem; }
  td:has(small) { min-width: 11rem; }
  .provenance, .provenance tbody, .provenance tr, .provenance th, .provenance td { display: block;
    padding-right: 0; }
}
@media print {
  @page { size: A4; margin: 18mm 16mm; }
  html { font-size: 10pt; }
  body { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 1.6rem; }
  table, .formulas, li, pre { break-inside: avoid; }
  .formulas, pre, tr.chosen td, .differs { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .scroll { overflow: visible; }
}
"""
