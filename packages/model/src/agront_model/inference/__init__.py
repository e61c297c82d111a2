"""What people do with a trained model: embeddings, predictions at `<mask>`, and how likely tokens are.

Everything here works on rows of token ids, one array a sequence, `<cls>` first, not padded, as a tokenizer gives them;
letters, files and genomes are the business of others. `embed` and `predict_masked` do it once; `Embedder` and
`MaskedPredictor` keep what JAX compiled, for those who call them again.
"""

from agront_model.inference.base_likelihoods import BaseLikelihoods
from agront_model.inference.base_probabilities import base_probabilities
from agront_model.inference.embedder import Embedder, Embeddings, Pool, embed
from agront_model.inference.mask_report import TSV_HEADER, MaskReport, report_of, tsv_of
from agront_model.inference.masked_tokens import MaskedPrediction, MaskedPredictor, predict_masked
from agront_model.inference.rows import check_rows
from agront_model.inference.token_likelihoods import TokenLikelihoods
from agront_model.inference.token_vectors import TokenVectors

__all__ = [
    "TSV_HEADER",
    "BaseLikelihoods",
    "Embedder",
    "Embeddings",
    "MaskReport",
    "MaskedPrediction",
    "MaskedPredictor",
    "Pool",
    "TokenLikelihoods",
    "TokenVectors",
    "base_probabilities",
    "check_rows",
    "embed",
    "predict_masked",
    "report_of",
    "tsv_of",
]
