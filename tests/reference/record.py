"""Record the outputs of `transformers` anew: `python tests/reference/record.py FOLDER`, with torch and transformers.

Reads the sequences, token ids and weights of this folder, and writes tokenizer_cases.json and esm_tiny/outputs.npz
to FOLDER. The README.md beside this file says how they compare with the recorded ones.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers

HERE = Path(__file__).parent


def record_tokenizer_cases(out: Path) -> None:
    """Writes the ids that the published tokenizer's class gives for each recorded sequence."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "vocab.txt").write_bytes((HERE / "vocab.txt").read_bytes())
        # Without the null, the class appends an end token, for which the published model has no row.
        settings = {"tokenizer_class": "EsmTokenizer", "eos_token": None}
        (Path(folder) / "tokenizer_config.json").write_text(json.dumps(settings))
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    sequences = [case["sequence"] for case in json.loads((HERE / "tokenizer_cases.json").read_text())]
    cases = [{"sequence": sequence, "ids": tokenizer(sequence)["input_ids"]} for sequence in sequences]
    out.write_text(json.dumps(cases, separators=(",", ":")))


def record_esm_tiny(out: Path) -> None:
    """Writes what `EsmForMaskedLM` computes for the recorded token ids."""
    tokens = np.load(HERE / "esm_tiny" / "outputs.npz")["input_ids"]
    model = transformers.EsmForMaskedLM.from_pretrained(HERE / "esm_tiny", attn_implementation="eager").eval()
    ids = torch.tensor(tokens, dtype=torch.long)
    with torch.no_grad():
        found = model(ids, attention_mask=(ids != 1).long(), output_hidden_states=True, output_attentions=True)
    arrays = {
        "input_ids": tokens,
        "logits": found.logits[..., ::41],
        "logits_argmax": found.logits.argmax(-1).to(torch.int32),
        "logsumexp": found.logits.logsumexp(-1),
    }
    arrays |= {f"hidden_state_{i}": states for i, states in enumerate(found.hidden_states)}
    arrays |= {f"attention_{i}": weights[:1] for i, weights in enumerate(found.attentions)}
    np.savez_compressed(out, **{name: np.asarray(array) for name, array in arrays.items()})


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "esm_tiny").mkdir(parents=True)
    record_tokenizer_cases(folder / "tokenizer_cases.json")
    record_esm_tiny(folder / "esm_tiny" / "outputs.npz")
