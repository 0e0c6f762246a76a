-- Valid is 1 or 0, and 1 from 600 minutes on.
select participant, day
from {{ ref('valid_days') }}
where is_valid <> case when minutes >= 600 then 1 else 0 end
