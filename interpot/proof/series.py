"""Names of the time series of walls in `interpot.records.MdRun.thermo`, each before the name of the wall."""

POSITION = "wall position "
"""ξ of the wall (`interpot.records.Surface`)."""

FORCE = "wall force "
"""Of the particles on the wall: along +axis, of a curved one away from its centre. LAMMPS's rows hold its mean over the
steps since the row before (the first row what it is there): few particles touch a wall at any one step."""

MEAN_FORCE = "mean wall force "
"""The column of those means, which takes the place of the forces."""

VELOCITY = "wall velocity "
"""Of a piston."""

WORK = "wall work "
"""Done on the particles since the start, summed up at every step."""
