-- A participant's day is there once.
select participant, day
from {{ ref('valid_days') }}
group by participant, day
having count(*) > 1
