"""The contracts: topics, Avro schemas, their codec, and the errors that everything shares."""
