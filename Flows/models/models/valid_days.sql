-- A day is valid with 600 minutes of heart rate or more: the tracker was worn long enough for its totals to mean something.
{{ config(materialized='table') }}

select
  participant,
  day,
  count(heart_rate) as minutes,
  case when count(heart_rate) >= 600 then 1 else 0 end as is_valid
from {{ ref('intraday_activity') }}
where day is not null
group by participant, day
