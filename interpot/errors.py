"""The one exception that users are meant to read."""


class InterpotError(Exception):
    """What was found, where, what was expected and how to mend it, in one sentence.

    The command line prints the sentence without a traceback and exits with status 1; in Python it is an
    ordinary exception.
    """
