"""A text for people that can still be translated: it remembers what it was made of."""

from __future__ import annotations

from typing import Self


class Phrase(str):
    """An English text; `template` and `values` let a page say it in another language."""

    __slots__ = ("template", "values")
    template: str
    values: dict[str, object]

    def __new__(cls, template: str, values: dict[str, object]) -> Self:
        """Return the text; `%(name)s` in the template is replaced by `values["name"]`."""
        text = super().__new__(cls, template % values if values else template)
        text.template, text.values = template, values
        return text


def phrase(template: str, **values: object) -> Phrase:
    """Return a text made of a template: `phrase("write %(low)s to %(high)s", low=1, high=5)`."""
    return Phrase(template, values)
