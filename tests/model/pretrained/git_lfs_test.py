import json
import shutil

import pytest
from agront_model import load_pretrained
from agront_model.pretrained import check_vocabulary

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 3965041620\n"


def refused(file, load):
    file.write_bytes(POINTER)
    with pytest.raises(ValueError, match=rf"{file.name}: a Git LFS pointer.*give `git lfs pull` in {file.parent}"):
        load()


@pytest.mark.parametrize(
    "name", ["config.json", "model.safetensors", "pytorch_model.bin", "model.safetensors.index.json"]
)
def test_a_pointer_in_place_of_a_file_of_hugging_face_is_named(folder, name):
    if name != "config.json":
        (folder / "model.safetensors").unlink()
    refused(folder / name, lambda: load_pretrained(folder))


def test_a_pointer_in_place_of_one_of_several_files_is_named(folder):
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"lm_head.bias": "model-1.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    refused(folder / "model-1.safetensors", lambda: load_pretrained(folder))


@pytest.mark.parametrize("name", ["hyperparams.json", "pytree_ckpt.joblib"])
def test_a_pointer_in_place_of_a_file_of_the_authors_is_named(authors_folder, name):
    refused(authors_folder / name, lambda: load_pretrained(authors_folder))


def test_a_pointer_in_place_of_the_vocabulary_is_named(folder):
    loaded = load_pretrained(folder)
    tokens = [""] * loaded.config.vocabulary_size
    check = lambda: check_vocabulary(loaded, tokens, pad_token_id=1, mask_token_id=2)  # noqa: E731
    refused(folder / "vocab.txt", check)


def test_a_pointer_in_place_of_a_checkpoint_is_named(folder):
    metadata = folder / "run" / "checkpoints" / "7" / "metadata" / "metadata"
    metadata.parent.mkdir(parents=True)
    shutil.copy(folder / "config.json", folder / "run" / "run.json")
    refused(metadata, lambda: load_pretrained(folder / "run" / "checkpoints" / "7"))


def test_a_folder_with_an_adapter_alone_says_what_to_merge(tmp_path):
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match=r"an adapter of PEFT's .*merge it into its base model"):
        load_pretrained(tmp_path)
