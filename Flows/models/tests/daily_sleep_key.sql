-- A participant's day is there once.
select participant, day
from {{ ref('daily_sleep') }}
group by participant, day
having count(*) > 1
