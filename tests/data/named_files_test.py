from pathlib import Path

import pytest
from agront_data.named_files import split_name


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("rice=a.fa", ("rice", "a.fa")),
        ("a.fa", (None, "a.fa")),
        ("data/run=3/a.fa", (None, "data/run=3/a.fa")),
        ("./k=31.fa", (None, "./k=31.fa")),
        ("x=run=3.fa", ("x", "run=3.fa")),
        ("rice=/data/k=31.fa", ("rice", "/data/k=31.fa")),
    ],
)
def test_a_name_comes_before_the_first_equals_sign(argument, expected):
    assert split_name(argument) == expected


def test_the_name_of_a_file_may_have_an_equals_sign(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("k=31.fa").touch()
    assert split_name("k=31.fa") == (None, "k=31.fa")
    Path("31.fa").touch()
    with pytest.raises(ValueError, match=r"k=31\.fa: is a file, and so is 31\.fa; write \./k=31\.fa .* k=\./31\.fa"):
        split_name("k=31.fa")
    assert split_name("k=./31.fa") == ("k", "./31.fa")


def test_an_empty_name_is_refused():
    with pytest.raises(ValueError, match=r"=a\.fa: there is no NAME before the =; give NAME=FILE"):
        split_name("=a.fa")
