"""Errors of the operating system about files, in a sentence with a remedy."""

import errno
import os

from agront_data.path_checks import shown

_REMEDIES = {
    errno.ENOSPC: "make room there, or name another place",
    errno.EDQUOT: "make room there, or name another place",
    errno.EROFS: "name a place that can be written to",
    errno.EACCES: "ask its owner for the right, or name another",
    errno.EPERM: "ask its owner for the right, or name another",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "a file has the name that a folder needs; name another folder, or move the file away",
    errno.EEXIST: "name another, or move it away",
    errno.EISDIR: "name a file, not a folder",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.EMFILE: "raise the limit with ulimit -n",
    errno.EIO: "the disk or its connection fails; look at its state before you try again",
}


def file_error_in_words(error: BaseException) -> str:
    """Returns the message of an error; where it is the operating system's own, a sentence with path and remedy.

    Args:
        error: Any error. One that a package has written a message for keeps that message.
    """
    if not isinstance(error, OSError) or error.errno is None or not str(error).startswith("[Errno"):
        return str(error)
    path = error.filename2 or error.filename  # of a file that is renamed, the name that it should get
    place = "" if path is None or isinstance(path, int) else f"{shown(path)}: "
    remedy = f"; {_REMEDIES[error.errno]}" if error.errno in _REMEDIES else ""
    return f"{place}{os.strerror(error.errno).lower()}{remedy}"
