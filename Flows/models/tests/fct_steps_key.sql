-- A participant's day is there once.
select participant, day
from {{ ref('fct_steps') }}
group by participant, day
having count(*) > 1
