-- The rows of a sub-order that were not merged yet: how it came to be what it is.
--
-- seen by: analyst
-- brand: brand_id
CREATE VIEW conversion_versions
(
    brand_id String,
    platform LowCardinality(String),
    sub_order_id String,
    version UInt128 COMMENT 'The greatest of a sub-order stands; the others are older and will be merged away. No unit. 同一子订单以最大者为准，其余为旧版本，将在合并时消失；无单位。',
    paid_at DateTime64(3, 'Asia/Shanghai') COMMENT 'Earliest payment known then, Asia/Shanghai time. 当时已知的最早付款时间（北京时间）。',
    events Nullable(UInt64),
    complete Bool,
    lookback_days UInt16,
    touches UInt32 COMMENT 'Touches of the path, a count. 路径中的触点数。',
    path_incomplete Bool,
    path_truncated Bool
)
AS WITH
    toUInt64(bitAnd(bitShiftRight(version, 17), toUInt128(18446744073709551615))) AS counted
SELECT
    brand_id, platform, sub_order_id, version, paid_at,
    nullIf(counted, 18446744073709551615) AS events,
    CAST(bitAnd(version, toUInt128(65536)) != 0 AS Bool) AS complete,
    lookback_days,
    toUInt32(length(`path.occurred_at`)) AS touches,
    path_incomplete,
    path_truncated
FROM conversions
-- Also where whoever asks has set final, which leaves one version of each.
SETTINGS final = 0
COMMENT 'Versions of each conversion that are still stored, one row per version; several rows may be alike. 各子订单尚存的版本，每个版本一行。';
