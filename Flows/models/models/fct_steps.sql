-- One row for each day of which the provider gave a total. On top of what is there, only days that are new or whose total has
-- changed are written: the latest ones, and also days that a backfill added or the provider revised.
{{ config(materialized='incremental', unique_key="participant || ' ' || day") }}

select
  p.name as participant,
  d.date as day,
  d.steps,
  current_timestamp as transformed_at
from {{ source('flowrun', 'fitbit_daily_activity') }} as d
join {{ source('flowrun', 'participant') }} as p on p.participant_id = d.participant_id
{% if is_incremental() %}
left join {{ this }} as known on known.participant = p.name and known.day = d.date
where known.participant is null
  or known.steps <> d.steps
  or (known.steps is null and d.steps is not null)
  or (known.steps is not null and d.steps is null)
{% endif %}
