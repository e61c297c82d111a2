import warnings

from agront_data import InputWarning, warnings_to


def test_each_sentence_is_said_once():
    said = []
    with warnings_to(said.append):
        for text in ("a.fa: is odd", "b.fa: is odd", "a.fa: is odd"):
            warnings.warn(text, InputWarning, stacklevel=1)
        warnings.warn("overflow", RuntimeWarning, stacklevel=1)
    assert said == ["a.fa: is odd", "b.fa: is odd", "overflow"]
