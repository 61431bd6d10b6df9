// SPDX-License-Identifier: BSD-2-Clause
/* The second program: SQLite on a database file, with locks, journals and syncs. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static int print_row(void *unused, int n, char **value, char **name)
{
	(void)unused;
	for (int i = 0; i < n; i++)
		printf("%s=%s%s", name[i], value[i] ? value[i] : "NULL", i + 1 < n ? " " : "\n");
	return 0;
}

static void run(sqlite3 *db, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(db, sql, print_row, NULL, &message)) {
		fprintf(stderr, "%s: %s\n", sql, message);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	sqlite3 *db;

	if (argc != 2 || sqlite3_open(argv[1], &db)) {
		fprintf(stderr, "usage: %s DATABASE\n", argv[0]);
		return 2;
	}
	run(db, "PRAGMA cache_size = 16");
	run(db, "CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT, count INTEGER)");
	for (int i = 0; i < 40; i++) {
		char sql[256];

		snprintf(sql, sizeof sql,
		         "WITH RECURSIVE n(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		         "INSERT INTO word SELECT i, printf('word-%%08x', i * 2654435761 %% 65536), i %% 17 "
		         "FROM n",
		         i * 250, i * 250 + 249);
		run(db, sql);
	}
	run(db, "CREATE INDEX by_text ON word (text)");
	run(db,
	    "SELECT count(*) AS rows, sum(count) AS sum, min(text) AS least, max(text) AS most FROM word");
	run(db, "DELETE FROM word WHERE count % 3 = 0");
	run(db, "VACUUM");
	run(db, "SELECT count, count(*) AS rows FROM word GROUP BY count ORDER BY count LIMIT 5");
	run(db, "PRAGMA integrity_check");
	return sqlite3_close(db) != SQLITE_OK;
}
