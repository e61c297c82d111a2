from pathlib import Path

import licence
import pytest
import weight_source
from agront_model import AGRONT_1B, AgroNTConfig, Pretrained
from licence import PUBLISHED, licence_of
from weight_source import LoadedWeights, find_weights

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


SMALL = AgroNTConfig(num_layers=1)


def loaded(folder, name=None, config=SMALL):
    return LoadedWeights(Pretrained(None, {}, config), name or str(folder), folder, "safetensors", ())


def test_the_card_in_the_folder_says_the_licence(tmp_path):
    (tmp_path / "README.md").write_text('---\ntags: [dna]\nlicense: "mit"\n---\nlicense: not-this\n')
    assert licence_of(loaded(tmp_path)).identifier == "mit"
    assert licence_of(loaded(tmp_path, config=AGRONT_1B)).identifier == "mit"
    (tmp_path / "README.md").write_text("license: in-no-header\n")
    assert licence_of(loaded(tmp_path)) is None


def test_the_card_lies_beside_the_authors_folder(tmp_path):
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    for name in ("jax_model", "other"):
        (tmp_path / name).mkdir()
    assert licence_of(loaded(tmp_path / "jax_model")).identifier == "mit"
    assert licence_of(loaded(tmp_path / "other")) is None


def test_the_published_weights_are_known_by_their_name_and_by_their_size(tmp_path):
    named = licence_of(loaded(tmp_path, name=f"{PUBLISHED}@{COMMIT}"))
    by_size = licence_of(loaded(tmp_path, config=AgroNTConfig(layer_norm_eps=1e-5)))
    assert named.identifier == by_size.identifier == "cc-by-nc-sa-4.0"
    assert named.sentence.startswith("licence CC BY-NC-SA 4.0: not for commercial use")
    assert "by their size" in by_size.sentence
    assert licence_of(loaded(tmp_path, name=f"{PUBLISHED}-mine")) is None


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ('{"experiment": {"init_from": null}}\n', None),
        ("", None),
        (f'{{"experiment": {{"init_from": "{PUBLISHED}@{COMMIT}"}}}}\n', "cc-by-nc-sa-4.0"),
        (
            '{"experiment": {"init_from": "was/moved"}, "folder": "/"}\n{"experiment": {"init_from": 7}}\n',
            "cc-by-nc-sa-4.0",
        ),
        ('not JSON\n[]\n{"experiment": {"init_from": null}}\n', None),
    ],
)
def test_a_run_has_the_licence_of_what_it_began_from(tmp_path, sessions, expected):
    """All of the published size: what a run made from random weights is not taken for the published ones."""
    checkpoint = tmp_path / "checkpoints" / "5"
    checkpoint.mkdir(parents=True)
    (tmp_path / "run.json").write_text("{}")
    (tmp_path / "sessions.jsonl").write_text(sessions)
    found = licence_of(loaded(checkpoint, config=AGRONT_1B))
    assert (found and found.identifier) == expected
    assert licence.run_of(checkpoint).folder == tmp_path
