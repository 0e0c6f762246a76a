-- A minute is there once for each offset, and a sample without one once.
select participant, minute, utc_offset, case when minute is null then instant end
from {{ ref('intraday_activity') }}
group by participant, minute, utc_offset, case when minute is null then instant end
having count(*) > 1
