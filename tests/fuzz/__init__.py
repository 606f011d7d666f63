"""Fuzzing the codec with damaged messages; Apache Avro's library says, message by message, what is right."""
