-- BigQuery: names are without a dataset; give it to the client: bq query --use_legacy_sql=false --dataset_id=DATASET < FILE
-- It enforces no key: a row that is loaded twice is there twice. Load with MERGE, or replace whole partitions.
-- Tables are divided by the month of their instant (UTC) or date.
CREATE TABLE `participant` (
  `participant_id` INT64 NOT NULL OPTIONS(description='Number of the participant in the other tables'),
  `name` STRING NOT NULL OPTIONS(description='Id of the participant'),
  PRIMARY KEY (`participant_id`) NOT ENFORCED
)
CLUSTER BY `participant_id`;

CREATE TABLE `fitbit_hr_summary` (
  `participant_id` INT64 NOT NULL OPTIONS(description='Number of the participant, see table participant'),
  `date` DATE NOT NULL OPTIONS(description='Local date of the participant'),
  `zone` STRING NOT NULL OPTIONS(description='Name of the zone, as the provider calls it'),
  `min` INT64 OPTIONS(description='Lower bound of the zone, beats a minute'),
  `max` INT64 OPTIONS(description='Upper bound of the zone, beats a minute'),
  `minutes` INT64 OPTIONS(description='Minutes in the zone'),
  `calories_out` FLOAT64 OPTIONS(description='kcal'),
  PRIMARY KEY (`participant_id`, `date`, `zone`) NOT ENFORCED
)
PARTITION BY DATE_TRUNC(`date`, MONTH)
CLUSTER BY `participant_id`;

CREATE TABLE `fitbit_intraday_hr` (
  `participant_id` INT64 NOT NULL OPTIONS(description='Number of the participant, see table participant'),
  `instant` TIMESTAMP NOT NULL OPTIONS(description='UTC, whole seconds'),
  `utc_offset` INT64 OPTIONS(description='Seconds east of UTC in the zone of the participant at the instant of the row'),
  `value` INT64 OPTIONS(description='Heart rate, beats a minute'),
  PRIMARY KEY (`participant_id`, `instant`) NOT ENFORCED
)
PARTITION BY TIMESTAMP_TRUNC(`instant`, MONTH)
CLUSTER BY `participant_id`;

CREATE VIEW `fitbit_intraday_hr_local` AS
SELECT `participant_id`, `instant`, `utc_offset`, `value`,
  FORMAT_DATETIME('%F %T', DATETIME_ADD(DATETIME(`instant`), INTERVAL `utc_offset` SECOND)) AS datetime
FROM `fitbit_intraday_hr`;

CREATE TABLE `order` (
  `participant_id` INT64 NOT NULL OPTIONS(description='Number of the participant, see table participant'),
  `group` STRING NOT NULL,
  `select` INT64,
  `when` TIMESTAMP OPTIONS(description='UTC, whole seconds'),
  `day` DATE OPTIONS(description='Local date of the participant'),
  `share` FLOAT64,
  PRIMARY KEY (`participant_id`, `group`) NOT ENFORCED
)
CLUSTER BY `participant_id`;

