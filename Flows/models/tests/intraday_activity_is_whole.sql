-- No sample and no step is lost on the way into the minutes.
select parts.what
from (
  select 'heart rate' as what, (select count(*) from {{ source('flowrun', 'fitbit_intraday_hr') }}) as expected,
    (select coalesce(sum(heart_rate_samples), 0) from {{ ref('intraday_activity') }}) as found
  union all
  select 'steps', (select coalesce(sum(value), 0) from {{ source('flowrun', 'fitbit_intraday_steps') }}),
    (select coalesce(sum(steps), 0) from {{ ref('intraday_activity') }})
) as parts
where parts.expected <> parts.found
