"""How fast the one pass is, beside the programs that do its parts: one module per group of rows, BENCHMARKS the table."""
