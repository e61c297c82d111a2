import os
from pathlib import Path

import pytest
from agront_model.pretrained import weight_source
from agront_model.pretrained.weight_source import check_source, find_weights

COMMIT = "c" * 40


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What the Hub is asked for; every repository is at one commit."""
    asked = []

    def fetch(repository, revision):
        asked.append((repository, revision))
        folder = tmp_path / f"models--{repository.replace('/', '--')}" / "snapshots" / COMMIT
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    monkeypatch.setattr(weight_source, "fetch", fetch)
    return asked


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("owner/name", ("owner/name", None)),
        ("owner/name@v1.0", ("owner/name", "v1.0")),
        ("owner/name@refs/pr/4", ("owner/name", "refs/pr/4")),
    ],
)
def test_what_is_no_folder_is_a_repository_and_named_by_its_commit(asked, source, expected):
    name, folder = find_weights(source)
    assert asked == [expected]
    assert name == f"owner/name@{COMMIT}"
    assert folder.is_dir()


@pytest.mark.parametrize("source", ["/no/such/folder", "./owner/name/more", "./name", "../name", "name"])
def test_what_cannot_be_a_repository_is_not_asked_for(asked, source):
    assert find_weights(source) == (source, Path(source))
    assert asked == []


def test_the_authors_files_of_a_repository_have_a_name_of_their_own(asked):
    find_weights("owner/name@v1.0/jax_model")
    assert asked == [("owner/name/jax_model", "v1.0")]


def test_an_at_without_a_revision_is_a_sentence(asked):
    with pytest.raises(ValueError, match="nope/nope@: no revision behind the @"):
        find_weights("nope/nope@")
    assert asked == []


def test_a_folder_goes_before_a_repository_of_the_same_name(asked, tmp_path, monkeypatch):
    (tmp_path / "owner" / "name").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert find_weights("owner/name") == ("owner/name", Path("owner/name"))
    assert asked == []


def test_a_revision_is_part_of_the_name_or_beside_it(asked):
    find_weights("owner/name", "v1.0")
    assert asked == [("owner/name", "v1.0")]
    with pytest.raises(ValueError, match=r"owner/name@v1\.0 has a revision, and revision 'v2' is another one"):
        find_weights("owner/name@v1.0", "v2")
    assert len(asked) == 1


def test_what_names_no_weights_is_refused_without_asking_the_hub(asked, tmp_path):
    check_source(str(tmp_path))
    check_source("owner/name@v1.0")
    with pytest.raises(FileNotFoundError, match="gone: no such folder; check MODEL's path"):
        check_source(str(tmp_path / "gone"))
    with pytest.raises(ValueError, match="no revision behind the @"):
        check_source("owner/name@")
    (tmp_path / "genes.fa").touch()
    with pytest.raises(ValueError, match=r"genes.fa: is a file; as MODEL give a folder of weights, or a repository"):
        check_source(str(tmp_path / "genes.fa"))
    assert asked == []


@pytest.mark.parametrize("find", [check_source, find_weights])
def test_a_path_that_is_not_utf_8_is_refused_by_name(find, tmp_path):
    folder = tmp_path / os.fsdecode(b"mod\xfcl")
    folder.mkdir()
    with pytest.raises(ValueError, match=r"mod\\xfcl: this path is not text in UTF-8"):
        find(str(folder))
