-- Each stage of each sleep with its length. The Fitbit Web API gives the length; of the Google Health API's stages, which follow each
-- other without a gap, it is the time until the next one begins, and of the last one what is left of the time in bed.
-- Times of day are enough for that, since a sleep is shorter than a day.
{{ config(materialized='view') }}

select
  participant,
  day,
  log_id,
  type,
  stage_number,
  stage,
  coalesce(
    seconds,
    (next_second - second + 86400) % 86400,
    minutes_in_bed * 60 - (second - first_second + 86400) % 86400
  ) as seconds
from (
  select
    participant,
    day,
    log_id,
    type,
    stage,
    seconds,
    minutes_in_bed,
    second,
    lead(second) over (partition by participant, log_id order by instant) as next_second,
    first_value(second) over (partition by participant, log_id order by instant) as first_second,
    row_number() over (partition by participant, log_id order by instant) as stage_number
  from (
    select
      p.name as participant,
      l.date as day,
      s.log_id,
      lower(l.type) as type,
      s.instant,
      lower(s.stage) as stage,
      s.seconds,
      l.minutes_in_bed,
      -- The second of the day in UTC: offsets differ in the night in which the clocks change.
      (
        cast(substr(s.datetime, 12, 2) as integer) * 3600
        + cast(substr(s.datetime, 15, 2) as integer) * 60
        + cast(substr(s.datetime, 18, 2) as integer)
        - s.utc_offset
        + 172800
      ) % 86400 as second
    from {{ source('flowrun', 'fitbit_sleep_stage_local') }} as s
    join {{ source('flowrun', 'fitbit_sleep_log') }} as l
      on l.participant_id = s.participant_id and l.log_id = s.log_id
    join {{ source('flowrun', 'participant') }} as p on p.participant_id = s.participant_id
  ) as placed
) as ordered
