"""``python -m interpot`` is the command ``interpot``."""

from interpot.cli import main

if __name__ == "__main__":
    main()
