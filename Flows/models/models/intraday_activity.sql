-- One row for each participant and local minute with heart rate or steps. The hour that occurs twice in autumn has two offsets
-- and stays two. A sample whose offset is unknown has no local minute; it keeps a row of its own, by its instant.
{{ config(materialized='view') }}

select
  participant,
  date(minute) as day,
  minute,
  utc_offset,
  min(instant) as instant,
  avg(cast(heart_rate as double precision)) as heart_rate,
  count(heart_rate) as heart_rate_samples,
  cast(sum(steps) as integer) as steps
from (
  select
    p.name as participant,
    substr(h.datetime, 1, 16) as minute,
    h.utc_offset,
    h.instant,
    case when h.datetime is null then h.instant end as unplaced,
    h.value as heart_rate,
    cast(null as integer) as steps
  from {{ source('flowrun', 'fitbit_intraday_hr_local') }} as h
  join {{ source('flowrun', 'participant') }} as p on p.participant_id = h.participant_id
  union all
  select
    p.name,
    substr(s.datetime, 1, 16),
    s.utc_offset,
    s.instant,
    case when s.datetime is null then s.instant end,
    cast(null as integer),
    s.value
  from {{ source('flowrun', 'fitbit_intraday_steps_local') }} as s
  join {{ source('flowrun', 'participant') }} as p on p.participant_id = s.participant_id
) as sample
group by participant, minute, utc_offset, unplaced
