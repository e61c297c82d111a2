import pytest
from agront_model import AGRONT_1B, AgroNTConfig
from agront_model.pretrained import PUBLISHED, describe_run
from agront_model.pretrained.licence import licence_of

COMMIT = "c" * 40
SMALL = AgroNTConfig(num_layers=1)


def found(folder, name=None, config=SMALL):
    return licence_of(name or str(folder), folder, config)


def test_the_card_in_the_folder_says_the_licence(tmp_path):
    (tmp_path / "README.md").write_text('---\ntags: [dna]\nlicense: "mit"\n---\nlicense: not-this\n')
    assert found(tmp_path).identifier == "mit"
    assert found(tmp_path, config=AGRONT_1B).identifier == "mit"
    (tmp_path / "README.md").write_text("license: in-no-header\n")
    assert found(tmp_path) is None


def test_the_card_lies_beside_the_authors_folder(tmp_path):
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n")
    for name in ("jax_model", "other"):
        (tmp_path / name).mkdir()
    assert found(tmp_path / "jax_model").identifier == "mit"
    assert found(tmp_path / "other") is None


def test_the_published_weights_are_known_by_their_name_and_by_their_size(tmp_path):
    named = found(tmp_path, name=f"{PUBLISHED}@{COMMIT}")
    by_size = found(tmp_path, config=AgroNTConfig(layer_norm_eps=1e-5))
    assert named.identifier == by_size.identifier == "cc-by-nc-sa-4.0"
    assert named.sentence.startswith("licence CC BY-NC-SA 4.0: not for commercial use")
    assert "by their size" in by_size.sentence
    assert found(tmp_path, name=f"{PUBLISHED}-mine") is None


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
    licence = found(checkpoint, config=AGRONT_1B)
    assert (licence and licence.identifier) == expected
    assert describe_run(checkpoint).folder == tmp_path
