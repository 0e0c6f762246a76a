/* The bare way into PostgreSQL, for the bench: one connection, a transaction for each participant's day of seconds.
   bare_copy URI PARTICIPANTS: COPY into an empty table with its key, then COPY into a temporary table and INSERT … ON CONFLICT with every value
   changed. Prints `PHASE ROWS SECONDS` for each. */
#include <arpa/inet.h>
#include <endian.h>
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SECONDS = 86400, ROW = 2 + 3 * 8 + 12 };

static PGconn *connection;

static void run(const char *sql) {
  PGresult *result = PQexec(connection, sql);
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_COPY_IN) {
    fprintf(stderr, "%s: %s", sql, PQerrorMessage(connection));
    exit(1);
  }
  PQclear(result);
}

static char *put16(char *to, int16_t value) { value = htons(value); memcpy(to, &value, 2); return to + 2; }
static char *put32(char *to, int32_t value) { value = htonl(value); memcpy(to, &value, 4); return to + 4; }
static char *put64(char *to, int64_t value) { value = htobe64(value); memcpy(to, &value, 8); return to + 8; }

static void copy(const char *sql, int participant, int change) {
  static char rows[SECONDS * ROW + 64];
  char *to = rows;
  memcpy(to, "PGCOPY\n\377\r\n\0", 11);
  to = put32(put32(to + 11, 0), 0);
  int64_t day = (1767571200LL - 946684800LL) * 1000000;
  for (int second = 0; second < SECONDS; second++) {
    to = put16(to, 4);
    to = put32(put32(to, 4), participant);
    to = put64(put32(to, 8), day + second * 1000000LL);
    to = put32(put32(to, 4), -21600);
    to = put32(put32(to, 4), 60 + (participant + second + change) % 40);
  }
  to = put16(to, -1);
  run(sql);
  if (PQputCopyData(connection, rows, to - rows) != 1 || PQputCopyEnd(connection, NULL) != 1) exit(1);
  for (PGresult *result; (result = PQgetResult(connection)); PQclear(result))
    if (PQresultStatus(result) != PGRES_COMMAND_OK) { fprintf(stderr, "%s", PQerrorMessage(connection)); exit(1); }
}

static double now(void) { struct timespec time; clock_gettime(CLOCK_MONOTONIC, &time); return time.tv_sec + time.tv_nsec / 1e9; }

int main(int count, char **words) {
  if (count != 3) return 64;
  int participants = atoi(words[2]);
  connection = PQconnectdb(words[1]);
  if (PQstatus(connection) != CONNECTION_OK) { fprintf(stderr, "%s", PQerrorMessage(connection)); return 69; }
  run("CREATE TABLE bare (participant_id integer NOT NULL, instant timestamptz NOT NULL, utc_offset integer, value integer, PRIMARY KEY (participant_id, instant))");
  double begin = now();
  for (int participant = 0; participant < participants; participant++) {
    run("BEGIN");
    copy("COPY bare FROM STDIN (FORMAT binary)", participant, 0);
    run("COMMIT");
  }
  printf("empty %lld %f\n", (long long)participants * SECONDS, now() - begin);
  begin = now();
  for (int participant = 0; participant < participants; participant++) {
    run("BEGIN");
    run("CREATE TEMPORARY TABLE staged (LIKE bare) ON COMMIT DROP");
    copy("COPY staged FROM STDIN (FORMAT binary)", participant, 1);
    run("INSERT INTO bare SELECT * FROM staged ON CONFLICT (participant_id, instant) DO UPDATE SET utc_offset = excluded.utc_offset, value = excluded.value "
        "WHERE (bare.utc_offset, bare.value) IS DISTINCT FROM (excluded.utc_offset, excluded.value)");
    run("COMMIT");
  }
  printf("filled %lld %f\n", (long long)participants * SECONDS, now() - begin);
  PQfinish(connection);
  return 0;
}
