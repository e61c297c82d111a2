"""The authors' files in a repository that may hold other formats too."""

from pathlib import Path

from agront_model.pretrained import hub

OLD, NEW = "1" * 40, "2" * 40
SAFE = {"config.json": b"{}", "model.safetensors": b"safe"}
TORCH = {"config.json": b"{}", "pytorch_model.bin": b"bin"}
AUTHORS = {"jax_model/hyperparams.json": b"{}", "jax_model/pytree_ckpt.joblib": b"joblib"}


def held(folder):
    return {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}


def test_the_authors_format_is_fetched_where_it_is_all_there_is(server, fetch):
    server.add("owner/name", {**AUTHORS, "config.json": b"{}"})
    server.add("owner/bare", AUTHORS)
    (_, folder), (_, bare) = fetch("owner/name", "owner/bare")
    assert held(folder) == held(bare) == {"hyperparams.json", "pytree_ckpt.joblib"}
    assert hub.origin(Path(folder)) == f"owner/name@{NEW}/jax_model"


def test_the_authors_files_are_fetched_alone_where_they_are_asked_for(server, fetch):
    small = {"vocab.txt": b"<unk>", "README.md": b"---\n"}
    server.add("owner/name", {**TORCH, **dict.fromkeys(AUTHORS, b"old"), **small}, OLD)
    server.add("owner/name", {**SAFE, **TORCH, **AUTHORS, **small})
    server.add("owner/jax_model", SAFE)
    (_, newest), (_, old), (_, other) = fetch(
        "owner/name/jax_model", f"owner/name/jax_model@{OLD}", "owner/jax_model", without="torch"
    )
    assert held(newest) == held(old) == {"hyperparams.json", "pytree_ckpt.joblib"}
    assert {(Path(old) / name).read_bytes() for name in held(old)} == {b"old"}
    assert set(server.fetched) == {*AUTHORS, *SAFE}
    assert hub.origin(Path(newest)) == f"owner/name@{NEW}/jax_model"
    assert hub.origin(Path(old)) == f"owner/name@{OLD}/jax_model"
    assert hub.origin(Path(other)) == f"owner/jax_model@{NEW}"
    asked = server.asked
    assert fetch("owner/name/jax_model", HF_HUB_OFFLINE="1") == [("folder", newest)]
    assert server.asked == asked


def test_the_authors_files_never_stand_in_for_others_unasked(server, fetch):
    """Their layer norms have another epsilon: with only them in the cache, the name of the whole is refused offline."""
    server.add("owner/name", {**TORCH, **AUTHORS})
    server.add("owner/only", {**AUTHORS, "config.json": b"{}"})
    _, _, only = fetch("owner/name/jax_model", "owner/only", "owner/only/jax_model")
    (kind, _), (kind_of_only, text) = fetch("owner/name", "owner/only", HF_HUB_OFFLINE="1")
    assert kind == kind_of_only == "FileNotFoundError"
    assert "give owner/only/jax_model to load them" in text
    assert fetch("owner/only/jax_model", HF_HUB_OFFLINE="1") == [only]


def test_a_repository_without_the_authors_files_or_with_half_of_them(server, fetch):
    server.add("owner/name", SAFE)
    server.add("owner/half", {"jax_model/hyperparams.json": b"{}"})
    without, half = fetch("owner/name/jax_model", "owner/half/jax_model")
    assert without[0] == half[0] == "FileNotFoundError"
    assert f"owner/name@{NEW} is without jax_model/hyperparams.json and jax_model/pytree_ckpt.joblib" in without[1]
    assert f"owner/half@{NEW} is without jax_model/pytree_ckpt.joblib," in half[1]
