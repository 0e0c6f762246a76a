-- One row for each day with totals or minutes; a day that has only one of them is there with NULL for the other.
{{ config(materialized='table') }}

select
  participant,
  day,
  max(steps) as steps,
  max(distance) as distance,
  max(floors) as floors,
  max(elevation) as elevation,
  max(calories_out) as calories_out,
  max(calories_bmr) as calories_bmr,
  max(activity_calories) as activity_calories,
  max(marginal_calories) as marginal_calories,
  max(very_active_minutes) as very_active_minutes,
  max(fairly_active_minutes) as fairly_active_minutes,
  max(lightly_active_minutes) as lightly_active_minutes,
  max(sedentary_minutes) as sedentary_minutes,
  max(resting_heart_rate) as resting_heart_rate,
  max(intraday_steps) as intraday_steps,
  max(heart_rate_minutes) as heart_rate_minutes,
  max(heart_rate_mean) as heart_rate_mean
from (
  select
    p.name as participant,
    d.date as day,
    d.steps,
    d.distance,
    d.floors,
    d.elevation,
    d.calories_out,
    d.calories_bmr,
    d.activity_calories,
    d.marginal_calories,
    d.very_active_minutes,
    d.fairly_active_minutes,
    d.lightly_active_minutes,
    d.sedentary_minutes,
    d.resting_heart_rate,
    cast(null as integer) as intraday_steps,
    cast(null as integer) as heart_rate_minutes,
    cast(null as double precision) as heart_rate_mean
  from {{ source('flowrun', 'fitbit_daily_activity') }} as d
  join {{ source('flowrun', 'participant') }} as p on p.participant_id = d.participant_id
  union all
  select
    participant,
    day,
    cast(null as integer),
    cast(null as double precision),
    cast(null as integer),
    cast(null as double precision),
    cast(null as integer),
    cast(null as integer),
    cast(null as integer),
    cast(null as integer),
    cast(null as integer),
    cast(null as integer),
    cast(null as integer),
    cast(null as integer),
    cast(null as integer),
    cast(sum(steps) as integer),
    cast(count(heart_rate) as integer),
    avg(heart_rate)
  from {{ ref('intraday_activity') }}
  where day is not null
  group by participant, day
) as part
group by participant, day
