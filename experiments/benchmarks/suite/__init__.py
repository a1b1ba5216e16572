"""How fast the one pass is, beside programs that do its parts: a module per group of rows; `table` lists them."""
