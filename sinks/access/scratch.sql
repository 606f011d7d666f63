-- `zhongcao verify` computes the tables anew in databases of its own.
GRANT
    CREATE DATABASE, DROP DATABASE, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE, SELECT, INSERT, ALTER
ON `{database}_verify_`*.* TO `{database}_verifier`;
