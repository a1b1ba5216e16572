"""The one pass: frames in, additive normal equations out."""
