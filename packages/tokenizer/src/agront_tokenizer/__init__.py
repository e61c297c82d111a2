"""AgroNT's tokenizer for plant DNA: 6-mers, with the published ids, a whole batch at once in NumPy.

>>> from agront_tokenizer import KmerTokenizer
>>> KmerTokenizer().tokenize("ATCCCGGNNTCGACACN")
['ATCCCG', 'G', 'N', 'N', 'TCGACA', 'C', 'N']
"""

from agront_tokenizer.kmer_tokenizer import KmerTokenizer
from agront_tokenizer.letter_remedies import letter_remedy
from agront_tokenizer.vocabulary import AGRONT_VOCABULARY, Vocabulary

__version__ = "0.1.0"

__all__ = ["AGRONT_VOCABULARY", "KmerTokenizer", "Vocabulary", "letter_remedy"]
