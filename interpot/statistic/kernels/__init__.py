"""The compiled inner loops of the statistic: arrays in, arrays out; they know no channel, no file and no unit.

They take records (`NamedTuple`), but what Python calls returns none: numba makes one by calling its class, where Ctrl-C
may strike, and does not look whether it did.

===============  ==========================================================
`rows`           rows of features from contributions one after the other
`pair_rows`      rows of pairs over splines, search included
`scattering`     products of rows that are nearly empty, never written
`frame_sums`     frames into sums: all of these and BLAS without Python between
`powers`         what energies and virials are made of
`packed`         triangles of symmetric matrices
`blas`           the symmetric rank-k update
`vectors`        what the compiler is told of vectors
===============  ==========================================================
"""
