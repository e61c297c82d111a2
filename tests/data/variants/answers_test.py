"""What a model is asked, once however many questions ask it, and whose the answers are."""

import numpy as np
from agront_data.variants import Question, answers


def test_each_row_is_read_once_and_each_array_asked_once():
    rows = [np.array([3, 7, 8], np.uint16), np.array([3, 7, 9], np.uint16)]
    one, other = np.array([[1, 5], [2, 6]]), np.array([[2, 4]])
    seen = []

    def model(tokens, asked):
        seen.extend((row.tolist(), pairs.tolist()) for row, pairs in zip(tokens, asked, strict=True))
        return [row[2] * 100 + pairs @ [10, 1] for row, pairs in zip(tokens, asked, strict=True)]

    questions = [
        Question(rows[0], one),
        Question(rows[1], one),
        Question(rows[0].copy(), other),
        Question(rows[0], one),
        Question(rows[0], other.copy()),
    ]
    found = [values.tolist() for values in answers(questions, model)]
    assert found == [[815, 826], [915, 926], [824], [815, 826], [824]]
    assert seen == [([3, 7, 8], [[1, 5], [2, 6], [2, 4], [2, 4]]), ([3, 7, 9], [[1, 5], [2, 6]])]
