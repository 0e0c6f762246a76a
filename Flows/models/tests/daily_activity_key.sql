-- A participant's day is there once.
select participant, day
from {{ ref('daily_activity') }}
group by participant, day
having count(*) > 1
