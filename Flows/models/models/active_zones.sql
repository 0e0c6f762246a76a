-- Minutes in each heart rate zone, and active zone minutes: a minute of fat burn counts once, one of cardio or peak twice.
-- The Google Health API calls the zones light, moderate, vigorous and peak.
{{ config(materialized='view') }}

select
  participant,
  day,
  out_of_range_minutes,
  fat_burn_minutes,
  cardio_minutes,
  peak_minutes,
  case
    when coalesce(fat_burn_minutes, cardio_minutes, peak_minutes) is not null
    then coalesce(fat_burn_minutes, 0) + 2 * (coalesce(cardio_minutes, 0) + coalesce(peak_minutes, 0))
  end as active_zone_minutes
from (
  select
    p.name as participant,
    z.date as day,
    sum(case when lower(z.zone) in ('out of range', 'light') then z.minutes end) as out_of_range_minutes,
    sum(case when lower(z.zone) in ('fat burn', 'moderate') then z.minutes end) as fat_burn_minutes,
    sum(case when lower(z.zone) in ('cardio', 'vigorous') then z.minutes end) as cardio_minutes,
    sum(case when lower(z.zone) = 'peak' then z.minutes end) as peak_minutes
  from {{ source('flowrun', 'fitbit_hr_summary') }} as z
  join {{ source('flowrun', 'participant') }} as p on p.participant_id = z.participant_id
  group by p.name, z.date
) as zones
