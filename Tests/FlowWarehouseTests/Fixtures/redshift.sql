-- Redshift: keys are informational: it plans with them but does not enforce them. A row that is loaded twice is there twice: load with MERGE.
-- A text has at most 1024 bytes; COPY refuses a longer one (TRUNCATECOLUMNS would cut it off): raise VARCHAR where a flow has longer ones.
-- A column name is not case-sensitive, and times have no zone of their own: TIMESTAMPTZ is UTC.
CREATE TABLE "participant" (
  "participant_id" INTEGER NOT NULL,
  "name" VARCHAR(64) NOT NULL,
  PRIMARY KEY ("participant_id")
)
DISTSTYLE ALL
SORTKEY("participant_id");

COMMENT ON COLUMN "participant"."participant_id" IS 'Number of the participant in the other tables';

COMMENT ON COLUMN "participant"."name" IS 'Id of the participant';

CREATE TABLE "fitbit_hr_summary" (
  "participant_id" INTEGER NOT NULL,
  "date" DATE NOT NULL,
  "zone" VARCHAR(1024) NOT NULL,
  "min" INTEGER,
  "max" INTEGER,
  "minutes" INTEGER,
  "calories_out" DOUBLE PRECISION,
  PRIMARY KEY ("participant_id", "date", "zone")
)
DISTKEY("participant_id")
SORTKEY("participant_id", "date");

COMMENT ON COLUMN "fitbit_hr_summary"."participant_id" IS 'Number of the participant, see table participant';

COMMENT ON COLUMN "fitbit_hr_summary"."date" IS 'Local date of the participant';

COMMENT ON COLUMN "fitbit_hr_summary"."zone" IS 'Name of the zone, as the provider calls it';

COMMENT ON COLUMN "fitbit_hr_summary"."min" IS 'Lower bound of the zone, beats a minute';

COMMENT ON COLUMN "fitbit_hr_summary"."max" IS 'Upper bound of the zone, beats a minute';

COMMENT ON COLUMN "fitbit_hr_summary"."minutes" IS 'Minutes in the zone';

COMMENT ON COLUMN "fitbit_hr_summary"."calories_out" IS 'kcal';

CREATE TABLE "fitbit_intraday_hr" (
  "participant_id" INTEGER NOT NULL,
  "instant" TIMESTAMPTZ NOT NULL,
  "utc_offset" INTEGER,
  "value" INTEGER,
  PRIMARY KEY ("participant_id", "instant")
)
DISTKEY("participant_id")
SORTKEY("participant_id", "instant");

COMMENT ON COLUMN "fitbit_intraday_hr"."participant_id" IS 'Number of the participant, see table participant';

COMMENT ON COLUMN "fitbit_intraday_hr"."instant" IS 'UTC, whole seconds';

COMMENT ON COLUMN "fitbit_intraday_hr"."utc_offset" IS 'Seconds east of UTC in the zone of the participant at the instant of the row';

COMMENT ON COLUMN "fitbit_intraday_hr"."value" IS 'Heart rate, beats a minute';

CREATE VIEW "fitbit_intraday_hr_local" AS
SELECT "participant_id", "instant", "utc_offset", "value",
  TO_CHAR(DATEADD(second, "utc_offset", "instant" AT TIME ZONE 'UTC'), 'YYYY-MM-DD HH24:MI:SS') AS datetime
FROM "fitbit_intraday_hr";

CREATE TABLE "order" (
  "participant_id" INTEGER NOT NULL,
  "group" VARCHAR(1024) NOT NULL,
  "select" BIGINT,
  "when" TIMESTAMPTZ,
  "day" DATE,
  "share" DOUBLE PRECISION,
  PRIMARY KEY ("participant_id", "group")
)
DISTKEY("participant_id")
SORTKEY("participant_id");

COMMENT ON COLUMN "order"."participant_id" IS 'Number of the participant, see table participant';

COMMENT ON COLUMN "order"."when" IS 'UTC, whole seconds';

COMMENT ON COLUMN "order"."day" IS 'Local date of the participant';

