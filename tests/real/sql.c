// SPDX-License-Identifier: BSD-2-Clause
/* sql DATABASE SCRIPT: executes it, statement by statement; then two connections write at once. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static const char *database;

static int row(void *unused, int n, char **value, char **name)
{
	(void)unused;
	(void)name;
	for (int i = 0; i < n; i++)
		printf("%s%c", value[i] ? value[i] : "NULL", i + 1 < n ? '|' : '\n');
	return 0;
}

static void *writer(void *unused)
{
	sqlite3 *db;

	(void)unused;
	if (sqlite3_open(database, &db))
		return NULL;
	sqlite3_busy_timeout(db, 60000);
	for (int i = 0; i < 20; i++)
		if (sqlite3_exec(db, "INSERT INTO written VALUES (1)", NULL, NULL, NULL))
			puts(sqlite3_errmsg(db));
	sqlite3_close(db);
	return NULL;
}

int main(int argc, char **argv)
{
	char line[1000];
	sqlite3 *db;
	pthread_t t[2];
	FILE *f;

	if (argc != 3 || sqlite3_open(database = argv[1], &db) || !(f = fopen(argv[2], "r")))
		return 2;
	for (char *s = NULL; fgets(line, sizeof line, f);) {
		s = s ? sqlite3_mprintf("%z%s", s, line) : sqlite3_mprintf("%s", line);
		if (!sqlite3_complete(s))
			continue;
		if (sqlite3_exec(db, s, row, NULL, NULL))
			puts(sqlite3_errmsg(db));
		sqlite3_free(s);
		s = NULL;
	}
	fclose(f);
	sqlite3_exec(db, "CREATE TABLE written (x)", NULL, NULL, NULL);
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, writer, NULL);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	sqlite3_exec(db, "SELECT count(*) FROM written", row, NULL, NULL);
	sqlite3_close(db);
	return remove(argv[1]) != 0;
}
