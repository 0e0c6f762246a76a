-- One row for each participant and day with a sleep; a sleep belongs to the day on which it ends. Minutes are those of the night and the
-- naps together. schema.yml says how the score is made.
{{ config(materialized='table') }}

select
  participant,
  day,
  sleeps,
  naps,
  type,
  minutes_in_bed,
  minutes_asleep,
  minutes_awake,
  nap_minutes_asleep,
  minutes_deep,
  minutes_light,
  minutes_rem,
  minutes_awake_in_stages,
  efficiency,
  case
    when minutes_asleep is null or efficiency is null then null
    when minutes_deep is null or minutes_asleep = 0
    then cast(round(cast((duration_points + efficiency_points) * 100 / 75 as numeric)) as integer)
    else cast(round(cast(duration_points + efficiency_points + case
      when (minutes_deep + minutes_rem) >= minutes_asleep * 0.4 then 25
      else 25 * (minutes_deep + minutes_rem) / (minutes_asleep * 0.4)
    end as numeric)) as integer)
  end as score
from (
  select
    night.*,
    case
      when minutes_asleep >= 480 then cast(50 as double precision)
      else cast(50 as double precision) * minutes_asleep / 480
    end as duration_points,
    case
      when efficiency >= 90 then cast(25 as double precision)
      else cast(25 as double precision) * efficiency / 90
    end as efficiency_points
  from (
    select
      logs.participant,
      logs.day,
      logs.sleeps,
      logs.naps,
      logs.type,
      logs.minutes_in_bed,
      logs.minutes_asleep,
      logs.minutes_awake,
      logs.nap_minutes_asleep,
      stages.minutes_deep,
      stages.minutes_light,
      stages.minutes_rem,
      stages.minutes_awake_in_stages,
      case
        when logs.minutes_in_bed > 0
        then cast(100 as double precision) * logs.minutes_asleep / logs.minutes_in_bed
      end as efficiency
    from (
      select
        p.name as participant,
        l.date as day,
        count(*) as sleeps,
        count(case when l.is_main_sleep = 1 then null else 1 end) as naps,
        lower(coalesce(max(case when l.is_main_sleep = 1 then l.type end), max(l.type))) as type,
        cast(sum(l.minutes_in_bed) as integer) as minutes_in_bed,
        cast(sum(l.minutes_asleep) as integer) as minutes_asleep,
        cast(sum(l.minutes_awake) as integer) as minutes_awake,
        cast(sum(case when l.is_main_sleep = 1 then null else l.minutes_asleep end) as integer) as nap_minutes_asleep
      from {{ source('flowrun', 'fitbit_sleep_log') }} as l
      join {{ source('flowrun', 'participant') }} as p on p.participant_id = l.participant_id
      group by p.name, l.date
    ) as logs
    left join (
      select
        participant,
        day,
        cast(sum(case when stage = 'deep' then seconds else 0 end) as integer) / 60 as minutes_deep,
        cast(sum(case when stage = 'light' then seconds else 0 end) as integer) / 60 as minutes_light,
        cast(sum(case when stage = 'rem' then seconds else 0 end) as integer) / 60 as minutes_rem,
        cast(sum(case when stage in ('wake', 'awake') then seconds else 0 end) as integer) / 60 as minutes_awake_in_stages
      from {{ ref('sleep_stages') }}
      where type = 'stages'
      group by participant, day
    ) as stages on stages.participant = logs.participant and stages.day = logs.day
  ) as night
) as scored
