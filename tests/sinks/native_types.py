"""Types of columns that are made as bytes, and values of them."""

import polars as pl
from hypothesis import strategies as st

EDGES = [0, 1, 126, 127, 128, 129, 16_383, 16_384]
#: By itself, and in longer strings, a size in bytes that is just below or at one that takes a byte more to tell.
TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["a" * size for size in EDGES] + ["字" * 42 + "a", "字" * 43, "🌱" * 32, "🌱" * 4_096]),
)  # fmt: skip
ENUM = "Enum8('none' = -128, '种草' = 1, 'a, b' = 2, 'last' = 127)"
NUMBERS = st.sampled_from([-128, 1, 2, 127])
INT32 = st.integers(-(1 << 31), (1 << 31) - 1)
INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
TIME = "DateTime64(3, 'Asia/Shanghai')"

#: {ClickHouse's type: (that of polars, values)}
NATIVE = {
    "String": (pl.String, TEXTS),
    "Nullable(String)": (pl.String, st.none() | TEXTS),
    "LowCardinality(String)": (pl.String, TEXTS),
    ENUM: (pl.Int8, NUMBERS),
    "Bool": (pl.Boolean, st.booleans()),
    "UInt8": (pl.UInt8, st.integers(0, 255)),
    "UInt16": (pl.UInt16, st.integers(0, 65_535)),
    "Int8": (pl.Int8, st.integers(-128, 127)),
    "Int32": (pl.Int32, INT32),
    "Nullable(Int32)": (pl.Int32, st.none() | INT32),
    "Nullable(Bool)": (pl.Boolean, st.none() | st.booleans()),
    "Int64": (pl.Int64, INT64),
    TIME: (pl.Int64, INT64),
    "Date": (pl.Date, st.integers(0, 65_535)),
    "Nullable(Date)": (pl.Date, st.none() | st.integers(0, 65_535)),
    f"SimpleAggregateFunction(min, {TIME})": (pl.Int64, INT64),
    f"SimpleAggregateFunction(min, Nullable({TIME}))": (pl.Int64, st.none() | INT64),
    f"Array({TIME})": (pl.List(pl.Int64), st.lists(INT64, max_size=4)),
    f"Array({ENUM})": (pl.List(pl.Int8), st.lists(NUMBERS, max_size=4)),
    "Array(String)": (pl.List(pl.String), st.lists(TEXTS, max_size=4)),
    "Array(Nullable(Int32))": (pl.List(pl.Int32), st.lists(st.none() | INT32, max_size=4)),
    "Array(Array(Int8))": (pl.List(pl.List(pl.Int8)), st.lists(st.lists(NUMBERS, max_size=2), max_size=2)),
}  # fmt: skip
