"""Does it behave? Engines, exports, observables and the comparison with the reference."""
