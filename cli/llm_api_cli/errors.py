"""How a command ends when it can't do what it was asked."""

CHECK_FAILED = 1
USAGE = 2
NOT_FOUND = 3
REFUSED = 4
AWS = 5


class CliError(Exception):
    """A failure in words for people, with the exit code for programs.

    Attributes:
        message: what is wrong and what to do next.
        code: one of this module's constants; README.md lists them.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class NotFound(CliError):
    """There is no such deployment, tenant or key."""

    def __init__(self, message: str) -> None:
        super().__init__(message, NOT_FOUND)


class Refused(CliError):
    """It would overwrite what belongs to somebody else, or change what changed meanwhile."""

    def __init__(self, message: str) -> None:
        super().__init__(message, REFUSED)


class Invalid(CliError):
    """What was given isn't what this command takes."""

    def __init__(self, message: str) -> None:
        super().__init__(message, USAGE)
