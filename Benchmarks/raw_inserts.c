/* The baseline: inserts the rows of a collected database into a new file, one prepared statement per row, in one transaction.
 * Reading them is not timed. Prints seconds and rows. Usage: raw_inserts SOURCE TARGET */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct { sqlite3_int64 participant, instant, offset, value; } row;

static void check(int status, sqlite3 *database) {
  if (status == SQLITE_OK || status == SQLITE_DONE || status == SQLITE_ROW) return;
  fprintf(stderr, "raw_inserts: %s\n", sqlite3_errmsg(database));
  exit(1);
}

static row *rows_of(sqlite3 *source, const char *table, size_t *count) {
  char sql[200];
  snprintf(sql, sizeof sql, "SELECT participant_id, instant, utc_offset, value FROM %s ORDER BY 1, 2", table);
  sqlite3_stmt *statement;
  check(sqlite3_prepare_v2(source, sql, -1, &statement, NULL), source);
  size_t capacity = 1 << 16;
  row *rows = malloc(capacity * sizeof *rows);
  *count = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    if (*count == capacity) rows = realloc(rows, (capacity *= 2) * sizeof *rows);
    rows[(*count)++] = (row){ sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
                              sqlite3_column_int64(statement, 2), sqlite3_column_int64(statement, 3) };
  }
  sqlite3_finalize(statement);
  return rows;
}

int main(int argc, char **argv) {
  if (argc != 3) { fprintf(stderr, "usage: raw_inserts SOURCE TARGET\n"); return 64; }
  static const char *tables[] = { "fitbit_intraday_hr", "fitbit_intraday_steps" };
  sqlite3 *source, *target;
  check(sqlite3_open_v2(argv[1], &source, SQLITE_OPEN_READONLY, NULL), source);
  check(sqlite3_open(argv[2], &target), target);
  check(sqlite3_exec(target, "PRAGMA journal_mode=WAL", NULL, NULL, NULL), target);
  row *rows[2];
  size_t counts[2];
  for (int index = 0; index < 2; index++) {
    rows[index] = rows_of(source, tables[index], &counts[index]);
    char sql[300];
    snprintf(sql, sizeof sql, "CREATE TABLE %s (participant_id INTEGER NOT NULL, instant INTEGER NOT NULL, utc_offset INTEGER, "
             "value INTEGER, PRIMARY KEY (participant_id, instant)) WITHOUT ROWID", tables[index]);
    check(sqlite3_exec(target, sql, NULL, NULL, NULL), target);
  }
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  check(sqlite3_exec(target, "BEGIN IMMEDIATE", NULL, NULL, NULL), target);
  for (int index = 0; index < 2; index++) {
    char sql[100];
    snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?, ?, ?, ?)", tables[index]);
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v2(target, sql, -1, &statement, NULL), target);
    for (size_t number = 0; number < counts[index]; number++) {
      row *each = &rows[index][number];
      sqlite3_bind_int64(statement, 1, each->participant);
      sqlite3_bind_int64(statement, 2, each->instant);
      sqlite3_bind_int64(statement, 3, each->offset);
      sqlite3_bind_int64(statement, 4, each->value);
      check(sqlite3_step(statement), target);
      sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
  }
  check(sqlite3_exec(target, "COMMIT", NULL, NULL, NULL), target);
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.6f %zu\n", (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9, counts[0] + counts[1]);
  sqlite3_close(target);
  sqlite3_close(source);
  return 0;
}
