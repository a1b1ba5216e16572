"""The table of benchmarks: a group of rows is one function and one entry here."""

from suite.records import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    "liquid": Benchmark(
        "One pass over the liquid in memory, by the size of basis and system", "suite.accumulating:sizes"
    ),
    "gas": Benchmark(
        "One pass over a gas in which an atom has two neighbours, beside the dense update of as many rows",
        "suite.accumulating:dilute",
    ),
    "mixture": Benchmark(
        "One pass over three species, beside one species with as many basis functions",
        "suite.accumulating:mixture",
    ),
    "walls": Benchmark(
        "One pass over pairs, two walls and a field, beside the pairs alone", "suite.accumulating:walls"
    ),
    "small-box": Benchmark(
        "Pairs of a 64-atom box with several images, beside those of a large box of the same crystal",
        "suite.accumulating:small_box",
    ),
    "weak": Benchmark(
        "One pass over windows of momenta or positions, beside recorded forces on the same frames",
        "suite.weak_forms:rates",
    ),
    "dsyrk": Benchmark(
        "The whole pass beside nothing but BLAS's rank-k update of as many rows", "suite.dense:fraction"
    ),
    "neighbours": Benchmark(
        "The neighbour search alone, beside other neighbour lists", "suite.neighbours:lists"
    ),
    "lammps": Benchmark(
        "One pass from a dump, beside a LAMMPS rerun of the same file", "suite.lammps_rerun:rerun"
    ),
    "openmm": Benchmark(
        "One pass from memory, beside an OpenMM custom force on the same frames", "suite.openmm_force:forces"
    ),
    "uf3": Benchmark(
        "One pass, beside UF3 making its least-squares sums of the same liquid",
        "suite.uf3_fit:normal_equations",
    ),
    "search": Benchmark(
        "Formulas that the exhaustive search solves, on one core", "suite.searching:formulas"
    ),
    "validation": Benchmark(
        "Steps of molecular dynamics with a formula, beside the engine's own style for the same potential",
        "suite.validation_md:steps",
    ),
    "readers": Benchmark("Reading files, nothing else", "suite.reading:formats"),
    "memory": Benchmark("Peak memory of a pass, in a process of its own", "suite.memory:peaks"),
    "threads": Benchmark("Two cores, beside one", "suite.threads:two"),
    "scaling": Benchmark("Workers of a Dask cluster", "suite.scaling:workers"),
}
"""In the order in which they are run."""
