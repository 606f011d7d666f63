"""Names and texts inside SQL."""


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def escaped(name: str) -> str:
    """`name` for between backticks or quotes, whichever they are."""
    return name.replace("\\", "\\\\").replace("`", "\\`").replace("'", "\\'")
