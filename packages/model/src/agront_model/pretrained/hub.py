"""Weights from a repository of the Hugging Face Hub, through the cache that `huggingface_hub` keeps."""

import importlib.util
import json
import re
from collections.abc import Iterator, Set
from contextlib import contextmanager
from functools import partial
from pathlib import Path

# The first of these that a repository has is fetched; the authors' format only where it has neither.
_FORMATS = ("model.safetensors", "pytorch_model.bin")
_AUTHORS_FOLDER = "jax_model"
_REPOSITORY = re.compile(
    rf"(?P<repository>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)(@(?P<revision>.*?))?(?P<folder>/{_AUTHORS_FOLDER})?"
)
_AUTHORS_FILES = frozenset(f"{_AUTHORS_FOLDER}/{name}" for name in ("hyperparams.json", "pytree_ckpt.joblib"))
# What tools check the vocabulary by and read the licence from, and where the tensors of several files lie.
_SMALL_FILES = ("vocab.txt", "README.md", *(f"{name}.index.json" for name in _FORMATS))
_SNAPSHOT = re.compile(rf"models--(.+?)--(.+)/snapshots/([0-9a-f]{{40}})(/{_AUTHORS_FOLDER})?")


def named_repository(source: str) -> tuple[str, str | None] | None:
    """Takes apart a name of weights on the Hub.

    Args:
        source: OWNER/NAME, which @REVISION may follow, and that or the name /jax_model.

    Returns:
        `repository` and `revision` for `fetch`; None for anything else, such as a path that begins with a dot.

    Raises:
        ValueError: an @ and no revision behind it.
    """
    match = _REPOSITORY.fullmatch(source)
    if match is None:
        return None
    if match["revision"] == "":
        raise ValueError(f"{source}: no revision behind the @; give a branch, tag or commit, or leave the @ out")
    return match["repository"] + (match["folder"] or ""), match["revision"]


def fetch(repository: str, revision: str | None = None) -> Path:
    """Fetches the weights of a repository, or finds them in the cache.

    Of several formats one is fetched: safetensors before `pytorch_model.bin`, and the authors' `jax_model` only where
    it is all there is, or asked for by name. With a commit as `revision` and the files in the cache the Hub need not be
    asked; where it cannot be, or HF_HUB_OFFLINE is set, the cache must do. What broke off goes on where it was.

    Args:
        repository: OWNER/NAME, or OWNER/NAME/jax_model for the authors' two files and nothing else.
        revision: branch, tag or commit; the default branch if not given.

    Returns:
        The folder in the cache, for `load_pretrained`; `origin` says which commit it holds.

    Raises:
        FileNotFoundError: no such repository, or none that one may see, or it holds no weights; or it is not in the
            cache and the Hub cannot be asked.
        OSError: one has to ask for access first, or the download broke off.
        ValueError: no such revision, or no name of a repository; or a package is not installed without which the
            weights could not be read, which are not fetched then.
    """
    if repository.count("/") == 2 and repository.endswith(f"/{_AUTHORS_FOLDER}"):
        return _fetch_authors_files(repository.removesuffix(f"/{_AUTHORS_FOLDER}"), revision)
    explained = partial(_explained, repository, revision)
    with explained():
        from huggingface_hub import HfApi, snapshot_download

        # One small file first, which says the commit: all others are then of the same.
        snapshot = Path(snapshot_download(repository, revision=revision, allow_patterns="config.json"))
    cached = {path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*") if path.is_file()}
    if (weights := _weights(cached, snapshot)) and weights <= cached:
        return snapshot
    try:
        with explained():
            names = set(HfApi().list_repo_files(repository, revision=snapshot.name))
    except OSError as error:
        if cached >= _AUTHORS_FILES:  # they may have been asked for by name, and another format be the one to take
            raise FileNotFoundError(
                f"of {repository} only the authors' files are in the cache, and the Hub cannot be asked for others: "
                f"give {repository}/{_AUTHORS_FOLDER} to load them"
            ) from error
        raise
    with explained():
        snapshot_download(repository, revision=snapshot.name, allow_patterns=list(_SMALL_FILES))
    weights = _weights(names, snapshot) or _AUTHORS_FILES & names
    _check_readable(weights, names, repository, snapshot.name)
    with explained():
        snapshot_download(repository, revision=snapshot.name, allow_patterns=sorted(weights))
    return snapshot / _AUTHORS_FOLDER if weights <= _AUTHORS_FILES else snapshot


def _fetch_authors_files(repository: str, revision: str | None) -> Path:
    with _explained(repository, revision):
        from huggingface_hub import snapshot_download

        snapshot = Path(snapshot_download(repository, revision=revision, allow_patterns=sorted(_AUTHORS_FILES)))
    missing = sorted(name for name in _AUTHORS_FILES if not (snapshot / name).is_file())
    if missing:
        raise FileNotFoundError(
            f"{repository}@{snapshot.name} is without {' and '.join(missing)}, or the cache is and the Hub cannot be "
            f"asked: give {repository} to load what there is"
        )
    return snapshot / _AUTHORS_FOLDER


def origin(folder: Path) -> str | None:
    """The name of what `fetch` found a folder for: OWNER/NAME@COMMIT or OWNER/NAME@COMMIT/jax_model; else None."""
    match = _snapshot(folder)
    return match and f"{match[1]}/{match[2]}@{match[3]}{match[4] or ''}"


def commit_of(folder: Path) -> str | None:
    """The commit of what `fetch` found a folder for; else None."""
    match = _snapshot(folder)
    return match and match[3]


def _snapshot(folder: Path) -> re.Match[str] | None:
    parts = folder.absolute().parts
    matches = (_SNAPSHOT.fullmatch("/".join(parts[-length:])) for length in (3, 4))
    return next(filter(None, matches), None)


def _weights(names: Set[str], snapshot: Path) -> Set[str]:
    """The files that hold the weights, of those that there are; none where there is only the authors' format."""
    for name in _FORMATS:
        if name in names:
            return {name}
        if (index := f"{name}.index.json") in names:
            try:
                shards = set(json.loads((snapshot / index).read_bytes())["weight_map"].values())
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
                return {index}  # who loads it says what is wrong with it
            return {index, *map(str, shards)}
    return set()


def _check_readable(weights: Set[str], names: Set[str], repository: str, commit: str) -> None:
    name = f"{repository}@{commit}"
    if not weights:
        raise FileNotFoundError(f"{name} holds no weights: neither {' nor '.join(_FORMATS)}, nor {_AUTHORS_FOLDER}/")
    of_torch = any(file.startswith("pytorch_model.bin") for file in weights)
    if of_torch and importlib.util.find_spec("torch") is None:
        authors = f"{repository}/{_AUTHORS_FOLDER}"
        instead = (
            f"; or load the authors' JAX files beside them, which need nothing more and have layer-norm eps 1e-5: give "
            f"{authors} in place of {repository}, as in load_pretrained({authors!r})"
        )
        raise ValueError(
            f"{name} holds its weights as {', '.join(sorted(weights))}, which are read with PyTorch; they were not "
            f"fetched. Install it first: pip install 'agront-model[torch]'{instead if names >= _AUTHORS_FILES else ''}"
        )


@contextmanager
def _explained(repository: str, revision: str | None) -> Iterator[None]:
    """Turns what `huggingface_hub` raises into a sentence that says what to do."""
    try:
        from huggingface_hub import constants, errors
    except ImportError as error:
        raise ValueError(
            f"{repository} is no folder here, and huggingface_hub, which would fetch it from the Hugging Face Hub, is "
            "not installed: pip install 'agront-model[hub]', or give a folder that holds the weights"
        ) from error
    name = repository if revision is None else f"{repository}@{revision}"
    try:
        yield
    except errors.HFValidationError as error:
        raise ValueError(f"{repository!r} is not the name of a repository, which is OWNER/NAME ({error})") from error
    except errors.GatedRepoError as error:
        raise PermissionError(
            f"{repository} is given only to those who asked: accept its terms at {constants.ENDPOINT}/{repository}, "
            "then log in here with `hf auth login`"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise FileNotFoundError(
            f"{repository} is no folder here, and {constants.ENDPOINT} has no such repository, or a private one: check "
            "the name; for a private one log in with `hf auth login`"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise ValueError(
            f"{repository} has no revision {revision!r}: give a branch, tag or commit of it, or none for the newest"
        ) from error
    except errors.LocalEntryNotFoundError as error:
        why = "HF_HUB_OFFLINE is set" if constants.HF_HUB_OFFLINE else f"{constants.ENDPOINT} cannot be reached"
        raise FileNotFoundError(
            f"{name} is no folder here, and not in the cache {constants.HF_HUB_CACHE}, or not the whole of it; and "
            f"{why}: try again once the Hub can be asked, or give a folder that holds the weights"
        ) from error
    except Exception as error:  # whatever the HTTP client of this version raises
        raise OSError(
            f"{name} could not be fetched from {constants.ENDPOINT}: {error}. The same again goes on from there"
        ) from error
