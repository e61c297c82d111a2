import sys
import warnings

import pytest
from terminal import errors_as_sentences


def test_a_warning_is_a_line_and_the_work_goes_on(capsys):
    with errors_as_sentences(""):
        warnings.warn("no locks in [folder]", UserWarning, stacklevel=1)
        print("done")
    out, err = capsys.readouterr()
    assert (out, err) == ("done\n", "note no locks in [folder]\n")


def test_a_warning_that_cannot_be_shown_ends_nothing(monkeypatch):
    class Closed:
        def write(self, _):
            raise OSError("closed")

        flush = write

    monkeypatch.setattr(sys, "stderr", Closed())
    with errors_as_sentences(""):
        warnings.warn("no locks", UserWarning, stacklevel=1)


def test_an_error_is_a_sentence_in_the_words_of_the_command_line(capsys):
    with pytest.raises(SystemExit) as end, errors_as_sentences("", lambda message: message.replace("size", "--size")):
        raise ValueError("size is 0")
    assert end.value.code == 1
    assert capsys.readouterr().err == "error --size is 0\n"
