-- What Kafka deleted before a worker had read it stands in the row of the ten minutes that were read on with. It may be
-- told again, after a crash for example, and is the same then.
ALTER TABLE progress ADD COLUMN IF NOT EXISTS expired_unread SimpleAggregateFunction(max, Int64) DEFAULT 0 CODEC(ZSTD(1)) AFTER end_offset;
