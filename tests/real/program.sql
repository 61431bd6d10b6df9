-- SPDX-License-Identifier: BSD-2-Clause
-- What SQLite makes system calls for: journals, locks, shared memory, temporary files.
PRAGMA journal_mode = delete;
CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c REAL);
BEGIN;
WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 5000)
INSERT INTO t SELECT x, printf('row %d of many', x), x / 7.0 FROM n;
COMMIT;
CREATE INDEX i ON t (b, c);
SELECT count(*), sum(a), round(sum(c), 3) FROM t;
BEGIN;
DELETE FROM t WHERE a % 3 = 0;
ROLLBACK;
SELECT count(*) FROM t;
PRAGMA journal_mode = wal;
UPDATE t SET b = b || ' changed' WHERE a % 5 = 0;
SELECT b FROM t WHERE a BETWEEN 8 AND 11;
PRAGMA wal_checkpoint(truncate);
PRAGMA mmap_size = 1000000;
SELECT count(DISTINCT substr(b, -3)) FROM t;
PRAGMA temp_store = file;
PRAGMA cache_size = 10;
CREATE TEMP TABLE sorted AS SELECT * FROM t ORDER BY c DESC, b;
SELECT a FROM sorted LIMIT 3;
ATTACH 'second' AS second;
CREATE TABLE second.u AS SELECT a, b FROM t WHERE a < 100;
SELECT count(*) FROM second.u JOIN t USING (a);
DETACH second;
DELETE FROM t WHERE a > 100;
VACUUM;
PRAGMA integrity_check;
SELECT * FROM missing;
