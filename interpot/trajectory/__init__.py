"""What was observed: files in, frames in internal units out."""
