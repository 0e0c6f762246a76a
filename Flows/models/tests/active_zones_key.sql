-- A participant's day is there once.
select participant, day
from {{ ref('active_zones') }}
group by participant, day
having count(*) > 1
