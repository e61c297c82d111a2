from agront_train.observers import Guess, guesses_as_markdown


def test_as_markdown_what_stood_there_is_bold():
    guesses = (Guess(row=1, position=2, token="AT", top=(("AT", 0.25), ("<pad>", 0.125))),)
    assert guesses_as_markdown(guesses) == (
        "| row | position | stood there | guesses |\n|---|---|---|---|\n"
        "| 1 | 2 | `AT` | **`AT`** 25.0%, `<pad>` 12.5% |"
    )
