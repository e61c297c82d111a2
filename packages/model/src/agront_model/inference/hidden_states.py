"""Which hidden states are asked for, by the numbers that transformers gives them."""

from collections.abc import Sequence


def hidden_states(name: str, layers: Sequence[int], num_layers: int) -> tuple[int, ...]:
    """Numbers hidden states from 0, the embedded tokens, to `num_layers`, the last, normalised one.

    Args:
        name: of the argument that has them, for the message.
        layers: their numbers; negative ones count from the end.
        num_layers: of the model.

    Raises:
        ValueError: there is no such hidden state, or none is asked for.
    """
    if not layers:
        raise ValueError(f"`{name}` is empty: name at least one hidden state, such as -1 for the last")
    for layer in layers:
        if not -num_layers - 1 <= layer <= num_layers:
            raise ValueError(
                f"`{name}`: no hidden state {layer}; they count from 0, the embedded tokens, to {num_layers}, the last "
                f"(or from {-num_layers - 1} to -1)"
            )
    return tuple(int(layer) % (num_layers + 1) for layer in layers)
