"""How numbers are written."""


def yuan(fen: int) -> str:
    """¥1,234.56: no floating-point number takes part."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}¥{whole:,}.{rest:02}"


def percent(part: float, whole: float) -> str:
    """12.3%, and below one percent 0.12%; a dash where there is nothing to compare with."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if share == 0 or share == 100:
        return f"{share:.0f}%"
    return f"{share:.2f}%" if abs(share) < 1 else f"{share:.1f}%"
