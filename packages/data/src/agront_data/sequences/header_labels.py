"""`HeaderLabels`: whether the headers of an input have labels, and of which types."""

from agront_data.sequences.sequence_labels import LabelSplit, LabelType, LabelTypes, is_number, split_labels


class HeaderLabels:
    """Takes the headers of an input, and decides whether labels are split off.

    They surely are labels where all headers have the same number of them, all of them numbers, and where no two headers
    would get one identifier. A single header is not enough to tell.
    """

    def __init__(self) -> None:
        self._types = LabelTypes()
        self._example = ""
        self._num_labels = -1
        self._are_sure = True
        self._headers: dict[str, str] = {}  # by identifier, as long as the labels are sure

    def add(self, header: str) -> None:
        """Takes the first word of the header of the next sequence; tiles of one record have the same."""
        identifier, labels = split_labels(header)
        self._types.add(labels)
        if labels and not self._example:
            self._example = header
        if not self._are_sure:
            return
        if self._num_labels < 0:
            self._num_labels = len(labels)
        is_like_others = 0 < len(labels) == self._num_labels and all(map(is_number, labels))
        if not is_like_others or self._headers.setdefault(identifier, header) != header:
            self._are_sure = False
            self._headers.clear()

    def are_split(self, split: LabelSplit) -> bool:
        """Returns whether labels are split off."""
        return bool(self._example) and (split == "split" or (split == "auto" and len(self._headers) > 1))

    def types(self, split: LabelSplit) -> tuple[LabelType, ...]:
        """Returns the types of the labels, in their order in the headers; none where they are not split off."""
        return self._types.result() if self.are_split(split) else ()

    def note(self, split: LabelSplit) -> str:
        """Returns a sentence on what becomes of a `|` in headers; empty where nothing is to be said."""
        if not self._example:
            return "none: no header has a '|' that divides labels from an id" if split == "split" else ""
        if self.are_split(split):
            number = len(self.types(split))
            return f"{number} column{'s' if number > 1 else ''} from headers such as {self._example!r}"
        return f"none: headers such as {self._example!r} stay whole; --labels split divides them at each '|'"
