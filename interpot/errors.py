"""The exceptions that users are meant to read."""


class InterpotError(Exception):
    """What was found, where, what was expected and how to mend it, in one sentence.

    The command line prints the sentence without a traceback and exits with status 1; in Python it is an
    ordinary exception.
    """


class NotInstalledError(InterpotError):
    """A program or package that is asked for is not there; the sentence names the extra that brings it."""
