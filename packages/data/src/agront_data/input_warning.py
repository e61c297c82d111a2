"""`InputWarning`: an input is read, and may not be what its owner means."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class InputWarning(UserWarning):
    """An input can be read, but perhaps not as its owner means it; the message is a sentence for that person."""


@contextmanager
def warnings_to(say: Callable[[str], None]) -> Iterator[None]:
    """Gives all warnings to a function, for a program that shows them to its user.

    Args:
        say: Called with the text of each warning once, however often it comes: an input may be read twice.
    """
    said: set[str] = set()

    def show(message: Warning | str, *_: object, **__: object) -> None:
        if str(message) not in said:
            said.add(str(message))
            say(str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("always", InputWarning)
        warnings.showwarning = show
        yield
