"""The model card of a converted model: the README.md that Hugging Face shows."""

import importlib.metadata
from typing import Any

import jax

from agront_model.pretrained.licence import PUBLISHED, Licence
from agront_model.pretrained.pretrained_model import Pretrained
from agront_model.pretrained.run_folder import RunDescription
from agront_model.pretrained.weight_source import AUTHORS_FORMAT, RUN_FORMAT, WeightSource

_USE = """\
```python
from transformers import AutoModelForMaskedLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("{title}")
model = AutoModelForMaskedLM.from_pretrained("{title}")
tokens = tokenizer(["ACCTGA<mask>TTCTGAGTC"], return_tensors="pt")
logits = model(**tokens).logits
```

and with agront-model, in JAX, `model, params, config = load_pretrained("{title}")`. Sequence is to be in upper-case
A, C, G, T and N for `transformers`; agront-tokenizer takes lower case and the other IUPAC letters too.
"""
_PAPER = """\
AgroNT: Mendoza-Revilla et al., *A foundational large language model for edible plant genomes*, Communications Biology
7, 835 (2024), [doi:10.1038/s42003-024-06465-2](https://doi.org/10.1038/s42003-024-06465-2).
"""


def model_card(pretrained: Pretrained, title: str, *, k: int, fingerprint: str) -> str:
    """Writes a model card, with the header that Hugging Face reads.

    Args:
        pretrained: a model that was loaded: its source is described.
        title: its new name.
        k: bases in a k-mer of its vocabulary.
        fingerprint: its `model_fingerprint`.

    Returns:
        Markdown.

    Raises:
        ValueError: the model has no source.
    """
    source = pretrained.source
    if source is None:
        raise ValueError("the model has no source to describe: load it by load_pretrained")
    licence, run = source.licence, source.run
    sections = [
        _header(licence, run.begun_from if run else source.name),
        f"# {title}\n\nA DNA language model of the AgroNT architecture, in Hugging Face's format for ESM models. "
        f"Converted by `tools/convert_checkpoint.py`, agront-model {importlib.metadata.version('agront-model')}.\n",
        _table(_architecture(pretrained, source, k, fingerprint)),
        f"## Licence\n\n{_terms(licence, run)}\n",
        f"## How to use\n\n{_USE.format(title=title)}",
        f"## Reference\n\n{_PAPER}",
    ]
    if run is not None:
        sections.insert(3, f"## Training\n\n{_table(_training(run, int(source.folder.name)))}")
    return "\n".join(sections)


def _header(licence: Licence | None, derived_from: str | None) -> str:
    lines = [f"license: {licence.identifier}"] if licence else []
    if derived_from and derived_from.partition("@")[0] == PUBLISHED:
        lines.append(f"base_model: {PUBLISHED}")
    tags = [f"- {tag}" for tag in ("biology", "genomics", "dna", "plants", "agront")]
    return "\n".join(["---", *lines, "library_name: transformers", "pipeline_tag: fill-mask", "tags:", *tags, "---\n"])


def _architecture(pretrained: Pretrained, source: WeightSource, k: int, fingerprint: str) -> dict[str, str]:
    config = pretrained.config
    num_parameters = sum(leaf.size for leaf in jax.tree.leaves(pretrained.params))
    eps_by = {
        AUTHORS_FORMAT: "as in the authors' JAX code; the published PyTorch model has 1e-12",
        RUN_FORMAT: "as it was trained",
    }
    return {
        "made from": f"`{source.name}` ({source.format})",
        "parameters": f"{num_parameters:,}, in float32",
        "layers": f"{config.num_layers}, {config.embed_dim} wide, {config.num_heads} heads, FFN {config.ffn_dim} wide",
        "context": f"{config.max_tokens:,} tokens with `<cls>`: up to {k * (config.max_tokens - 1):,} bases",
        "vocabulary": f"{config.vocabulary_size:,} tokens: {4**k:,} {k}-mers, A, T, C, G, N and four special ones",
        "layer-norm eps": f"{config.layer_norm_eps:g}, {eps_by.get(source.format, 'as its config.json says')}",
        "contact head": "zeros: the format asks for one, the model has none",
        "model fingerprint": f"`{fingerprint}` (agront-model's, the same for every file format)",
    }


def _terms(licence: Licence | None, run: RunDescription | None) -> str:
    if licence:
        return f"{licence.sentence[0].upper()}{licence.sentence[1:]}."
    if run is not None and run.begun_from is None:
        return "Trained from random weights: for those to say who trained it, and for the terms of its genomes."
    if run is not None:
        return f"It began from `{run.begun_from}`, whose licence carries over; nothing here says which that is."
    return "Nothing in the source says which."


def _training(run: RunDescription, step: int) -> dict[str, str]:
    """Facts from the run's own files after so many updates; those that no file has are left out."""
    session = run.sessions[-1] if run.sessions else {}
    experiment: dict[str, Any] = session.get("experiment", {})
    prints: dict[str, Any] = session.get("fingerprints", {})
    facts = {"updates": f"{step:,}"}
    if "train" in experiment:
        facts["updates"] += f" of {experiment['train']['steps']:,}, {experiment['train']['batch_size']:,} rows each"
    if "data" in experiment:
        facts["genome store"] = f"`{experiment['data']}`, fingerprint `{prints.get('store')}`"
    if "windows" in experiment:
        facts["rows"] = f"windows of {experiment['windows']['length']:,} bases"
    facts["began from"] = f"`{run.begun_from}`" if run.begun_from else "random weights"
    if "initial_parameters" in prints:
        facts["began from"] += f", fingerprint `{prints['initial_parameters']}`"
    if (loss := run.held_out_loss(step)) is not None:
        facts["held-out loss"] = f"{loss:.3f} nats a token, over sequence never trained on"
    if run.summary.get("step") == step:
        for name, numbers in run.summary.items():
            if isinstance(numbers, dict) and "model_minus_it" in numbers:
                difference = f"{numbers['model_minus_it']:+.3f} ± {numbers['standard_error']:.3f}"
                facts[f"against {name}"] = f"{difference} ({name}: {numbers['loss']:.3f})"
    if git := session.get("git"):
        facts["code"] = f"revision `{git['revision']}`" + (", with changes" if git["differs"] else "")
    return facts


def _table(facts: dict[str, str]) -> str:
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {fact} |" for name, fact in facts.items())]) + "\n"
