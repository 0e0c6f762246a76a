extension Mistake {
  static let all = head + parameters + services + processors + connections + values + mappings + tables + text

  private static let head = [
    Mistake("flow: fitbit\n", "‸flwo: fitbit\n", "unknown key 'flwo'; did you mean 'flow'?"),
    Mistake("flow: fitbit\n", "flow: ‸fit/bit\n", "the name 'fit/bit' contains a slash"),
    Mistake("\nservices:\n", "\n‸servises:\n", "unknown key 'servises'; did you mean 'services'?", alone: false),
    Mistake("\nprocessors:\n", "\n‸procesors:\n", "unknown key 'procesors'; did you mean 'processors'?"),
    Mistake("bytes: 8 MB }", "bytes: ‸8 MX }", "expected a size such as 500 KB, 64 MB or 1 GB"),
    Mistake("queue: { count: 1000,", "queue: { ‸cuont: 1000,", "unknown key 'cuont'; did you mean 'count'?"),
  ]

  private static let parameters = [
    Mistake("    default: simulator\n    help: Base", "    ‸defalt: simulator\n    help: Base", "unknown key 'defalt'; did you mean 'default'?", alone: false),
    Mistake("sensitive: true", "sensitive: ‸yes", "'sensitive' is 'yes'; expected true or false"),
    Mistake("  detail:\n", "  ‸detail:\n", "its default is '1sec'; expected one of 1s, 1min", also: [("[1sec, 1min]", "[1s, 1min]")]),
    Mistake("when: { api: simulator,", "when: { ‸apii: simulator,", "unknown parameter 'apii'; did you mean 'api'?"),
    Mistake("required_unless: { api:", "required_unless: { ‸ap:", "unknown parameter 'ap'; did you mean 'api'?", alone: false),
    Mistake("path: \"#{database}\"", "path: \"‸#{databse}\"", "unknown parameter 'databse'; did you mean 'database'?"),
    Mistake("path: \"#{database}\"", "path: ‸#{database}", "#{database} without quotes is a comment to YAML"),
    Mistake("path: \"#{database}\"", "path: \"‸#{database\"", "is not closed"),
    Mistake("base_url: \"#{api}\"", "base_url: ‸\"#{client_secret}\"", "uses a sensitive parameter"),
    Mistake("    default: fitbit.sqlite\n", "    default: \"‸#{databas}\"\n", "unknown parameter 'databas'; did you mean 'database'?", also: [("    when: { api: simulator, default: simulated/fitbit.sqlite }\n", "")]),
  ]

  private static let services = [
    Mistake("type: Database", "type: ‸Databse", "unknown service type 'Databse'; did you mean 'Database'?"),
    Mistake("    type: FitbitWebAPI", "    ‸tyype: FitbitWebAPI", "unknown key 'tyype'; did you mean 'type'?"),
    Mistake("    participants: \"#{participants}\"", "    ‸participant: \"#{participants}\"", "unknown property 'participant'; did you mean 'participants'?"),
    Mistake("token_url: \"#{token_url}\"", "token_url: ‸ftp://example.org", "'ftp://example.org' is not an address; expected a URL such as https://api.fitbit.com"),
    Mistake("base_url: \"#{api}\"", "base_url: https://api.fitbit.com", "'client_id': it is empty; expected the id of your application", also: [("client_id: \"#{client_id}\"", "client_id: ‸\"#{client_id}\"")]),
    Mistake("participants: \"#{participants}\"", "participants: ‸~/batch", "expected the folder written out"),
    Mistake("path: \"#{database}\"", "path: ‸[a, b]", "property 'path' is a list; expected a path"),
  ]

  private static let processors = [
    Mistake("  - name: refresh token", "  - ‸nmae: refresh token", "unknown key 'nmae'; did you mean 'name'?", alone: false),
    Mistake("    type: RefreshToken", "    ‸tpye: RefreshToken", "unknown key 'tpye'; did you mean 'type'?"),
    Mistake("type: RefreshToken", "type: ‸RefreshTokn", "unknown processor type 'RefreshTokn'; did you mean 'RefreshToken'?"),
    Mistake("- name: check steps", "- name: ‸check heart", "a second processor has the name 'check heart'; expected each name once", alone: false),
    Mistake("- name: check steps", "- name: ‸check-heart", "have the same error folder 'check-heart'", also: [("success: check steps", "success: check-heart")]),
    Mistake("group: get access token", "‸gruop: get access token", "unknown key 'gruop'; did you mean 'group'?"),
    Mistake("    properties: { provider: fitbit }", "    ‸propertys: { provider: fitbit }", "unknown key 'propertys'; did you mean 'properties'?", alone: false),
    Mistake("concurrency: 8", "concurrency: ‸many", "expected a whole number from 1 to 64"),
    Mistake("- name: write heart\n", "- name: write heart\n    concurrency: ‸4\n", "expected 1: this processor cannot run concurrently"),
    Mistake("retry: { attempts: 5,", "retry: { ‸atempts: 5,", "unknown key 'atempts'; did you mean 'attempts'?"),
    Mistake("attempts: 5,", "attempts: ‸0,", "expected a whole number from 1 to 1000"),
    Mistake("backoff: 1s,", "backoff: ‸1 parsec,", "expected a duration such as 30s, 10m, 24h or 7d"),
    Mistake("backoff: 1s, max_backoff: 1m,", "backoff: 1m, max_backoff: ‸1s,", "below the backoff of 1m"),
    Mistake("on: [retry]", "on: [‸retyr]", "unknown relationship 'retyr'; did you mean 'retry'?"),
  ]

  private static let connections = [
    Mistake("success: refresh token,", "success: ‸refresh tokn,", "leads to an unknown processor 'refresh tokn'; did you mean 'refresh token'?"),
    Mistake("{ success: refresh token,", "{ ‸sucess: refresh token,", "unknown relationship 'sucess'; did you mean 'success'?"),
    Mistake("- name: refresh token", "- name: ‸refresh token", "relationship 'in_doubt' leads nowhere", also: [(" in_doubt: errors,", "")]),
    Mistake("nothing_to_collect: drop", "nothing_to_collect: ‸read token file", "leads to 'read token file', which takes no FlowFiles"),
    Mistake("heart: invoke heart\n", "heart: { then: invoke heart, queue: { ‸cuont: 3 } }\n", "unknown key 'cuont'; did you mean 'count'?"),
    Mistake("heart: invoke heart\n", "heart: [invoke heart, ‸invoke heart]\n", "leads to 'invoke heart' twice"),
    Mistake("zones: invoke zones\n", "zones: drop\n", "no relationship leads to it", also: [("- name: invoke zones", "- name: ‸invoke zones")], alone: false),
    Mistake("heart: invoke heart\n", "‸hart: invoke heart\n", "unknown relationship 'hart'; did you mean 'heart'?"),
    Mistake("{ success: check heart,", "{ success: ‸extract heart,", "'to.success' closes an endless loop: extract heart → extract heart", alone: false),
    Mistake("{ success: drop, failure: errors }", "{ success: ‸check heart, failure: errors }", "closes an endless loop: check heart → write heart → check heart; expected an exit"),
    Mistake("key: [instant], provider: fitbit }\n    retry: { attempts: 3, backoff: 1s, max_backoff: 10s, on: [failure] }\n    to: { success: drop, failure: errors }", "key: [instant], provider: fitbit }\n    to: { success: drop, failure: ‸invoke heart }", "'to.failure' closes an endless loop", alone: false),
  ]

  private static let values = [
    Mistake("step: 24h,", "step: ‸25h,", "expected whole minutes up to 24h"),
    Mistake("- { relationship: heart, data_type", "- ‸{ data_type", "required property 'relationship' is missing"),
    Mistake("data_type: intraday-heart-rate", "‸data_typ: intraday-heart-rate", "unknown property 'data_typ'; did you mean 'data_type'?"),
    Mistake("zone: UTC,", "zone: ‸Amerika/Chicago,", "did you mean 'America/Chicago'?"),
    Mistake("scope: heartrate, total", "scope: ‸heartbeat, total", "FitbitWebAPI has no scope 'heartbeat'; did you mean 'heartrate'?"),
    Mistake("optional_scopes: [heartrate]", "optional_scopes: [‸hartrate]", "FitbitWebAPI has no scope 'hartrate'; did you mean 'heartrate'?"),
    Mistake("optional_scopes: [heartrate]", "optional_scopes: ‸heartrate", "expected a list, each element a scope of the provider"),
    Mistake("any_scope: [activity_and_fitness, health", "any_scope: [activity_and_fitness, ‸health-", "GoogleHealthAPI has no scope", in: .google),
    Mistake("into: distance, url: \"/v4/users/me/dataTypes/distance/dataPoints:dailyRollUp\", scope: activity_and_fitness", "into: distance, url: \"/v4/users/me/dataTypes/distance/dataPoints:dailyRollUp\", scope: ‸activity", "GoogleHealthAPI has no scope 'activity'; did you mean 'activity_and_fitness'?", in: .google),
    Mistake("total: fitbit_hr_summary.minutes", "total: ‸fitbit_hr_summary.minuts", "which the flow does not write; expected a column of a table by date; did you mean 'fitbit_hr_summary.minutes'?"),
    Mistake("total: fitbit_daily_activity.steps", "total: ‸fitbit_dayly_activity.steps", "did you mean 'fitbit_daily_activity.steps'?"),
    Mistake("total: fitbit_hr_summary.minutes", "total: ‸minutes", "expected a column of a table as table.column"),
    Mistake("date/${slice.date}/${slice.last_date}/#{detail}", "date/${‸slice.dat}/${slice.last_date}/#{detail}", "no processor upstream writes the attribute 'slice.dat'"),
    Mistake("value: \"${slice.date}\"", "value: \"${‸slice.dates:toUpper()}\"", "did you mean 'slice.date'?"),
    Mistake("properties: { provider: fitbit, ledger: database, from", "properties: { provider: fitbit, ledger: ‸databse, from", "unknown service 'databse'"),
    Mistake("filter: 'heart_rate.sample_time.physical_time >= \"${slice.start}\"", "filter: 'heart_rate.sample_time.physical_time >= \"${‸slice.begin}\"", "the attribute 'slice.begin'", in: .google),
    Mistake("activities/date/${slice.date}.json", "activities/date/${slice.date:‸toUper()}.json", "did you mean 'toUpper'?"),
    Mistake("activities/date/${slice.date}.json", "activities/date/${slice.date:‸toUpper('a')}.json", "'toUpper' with 1 argument; expected toUpper()"),
    Mistake("activities/date/${slice.date}.json", "activities/date/‸${slice.date.json", "'${' is not closed"),
    Mistake("properties: { provider: fitbit }", "properties: { provider: ‸fitbot }", "unknown service 'fitbot'; expected a provider under services; did you mean 'fitbit'?"),
    Mistake("properties: { provider: fitbit }", "properties: { provider: ‸database }", "service 'database' is not a provider; expected a provider; available: fitbit"),
    Mistake("max_span: 24h", "max_span: 12h", "step of 'intraday-heart-rate' is 1d, above max_span 12h of 'invoke heart'", also: [("      slices:\n        -", "      slices:\n        ‸-")]),
    Mistake("pages: { token: /nextPageToken, parameter", "pages: { ‸tokn: /nextPageToken, parameter", "unknown property 'tokn'; did you mean 'token'?", in: .google),
    Mistake("pages: { token: /nextPageToken, parameter", "pages: { token: ‸nextPageToken, parameter", "expected a JSON pointer such as /nextPageToken", in: .google),
    Mistake("pages: { token: /nextPageToken, parameter", "pages: { token: /next‸~PageToken, parameter", "expected '~0' for the character '~'", in: .google),
    Mistake("method: POST", "method: ‸PSOT", "did you mean 'POST'?", in: .google),
    Mistake("reread: 48h", "reread: ‸two days", "expected a duration such as 30s, 10m, 24h or 7d", in: .google),
    Mistake("max_span: 24h", "max_span: 24h\n      responses: [{ status: ‸999, to: retry }]", "expected an HTTP status such as 404, or a class such as 5xx"),
  ]

  private static let mappings = [
    Mistake("rows: /activities-heart-intraday/dataset", "rows: /activities‸~2heart", "'~2' in the path '/activities~2heart'; expected '~0'"),
    Mistake("rows: /summary", "rows: ‸summary", "expected a path from the root such as /summary"),
    Mistake("instant: { kind: instant,", "instant: { kind: ‸instnt,", "did you mean 'instant'?"),
    Mistake("value: { kind: integer,", "value: { kind: ‸int,", "expected one of integer, real, text, date, instant, offset; did you mean 'integer'?"),
    Mistake("required: true, accept_text", "required: ‸ja, accept_text", "expected true or false"),
    Mistake("minimum: 0, maximum: 500", "minimum: ‸none, maximum: 500", "expected a number"),
    Mistake("minimum: 0, maximum: 500", "minimum: 600, maximum: ‸500", "has a maximum below its minimum"),
    Mistake("zone_of: instant", "zone_of: ‸instnat", "did you mean 'instant'?"),
    Mistake("value: { kind: integer, from", "value: { kind: integer, time_of_day: ‸time, from", "", alone: false),
    Mistake("        floors: {", "        ‸floors-climbed: {", "expected a name of letters, digits and _"),
    Mistake("elevation: { kind: real, from:", "elevation: { kind: real, ‸form:", "unknown property 'form'; did you mean 'from'?"),
    Mistake("from: \"distances[activity=total]/distance\"", "from: ‸\"distances[activity=total/distance\"", "expected a path from the row"),
    Mistake("factor: 0.000001", "factor: ‸1/0", "expected a number other than 0, or a fraction", in: .google),
    Mistake("[civilStartTime.date=@date]/distance/", "[civilStartTime.date=@day]/distance/", "compares with column 'day'", also: [("from: \"/distance/roll", "from: ‸\"/distance/roll")], in: .google),
    Mistake("over: mean", "over: ‸average", "expected one of", in: .google),
  ]

  private static let tables = [
    Mistake("table: fitbit_intraday_hr, key", "table: ‸fitbit-intraday-hr, key", "expected a name of letters, digits and _"),
    Mistake("table: fitbit_hr_summary, key: [date, zone] }", "table: fitbit_hr_summary, key: ‸[date] }", "the key is date; expected date, zone", alone: false),
    Mistake("table: fitbit_intraday_hr, key: [instant] }", "table: fitbit_intraday_hr, key: ‸[instnat] }", "no records fill the key column 'instnat'", alone: false),
    Mistake("table: fitbit_intraday_hr, key: [instant] }", "table: ‸slice, key: [instant] }", "table 'slice' is reserved by flowrun", alone: false),
    Mistake("distance: { kind: real,", "‸distance: { kind: integer,", "column 'distance' is integer; expected real: the columns of this table are fixed"),
    Mistake("resting_heart_rate: {", "‸resting_hart_rate: {", "did you mean 'resting_heart_rate'?"),
    Mistake("date: { kind: date, from: ../../dateTime, required: true }", "‸date: { kind: date, from: ../../dateTime }", "column 'date' is in the key of table 'fitbit_hr_summary' and may be NULL; expected 'required: true'"),
    Mistake("table: fitbit_intraday_steps, key: [instant], provider", "table: ‸fitbit_intraday_hr, key: [instant], provider", "table 'fitbit_intraday_hr' gets 'intraday-steps' here and 'intraday-heart-rate' from 'write heart' ("),
    Mistake("{ distinct: write steps,", "{ distinct: ‸write heart,", "'to.distinct' leads 'intraday-steps' into table 'fitbit_intraday_hr', where 'intraday-heart-rate' goes by"),
    Mistake("{ success: extract steps,", "{ success: ‸extract heart,", "'to.success' leads 'intraday-steps' into table 'fitbit_intraday_hr'", alone: false),
  ]

  private static let text = [
    Mistake("  queue: {", "‸\tqueue: {", "a tab; expected spaces"),
    Mistake("path: \"#{database}\"", "path: ‸\"#{database}", "the quote that begins here is not closed"),
    Mistake("value: \"${slice.date}\", required", "value: ‸\"${slice.date}, required", "the quote that begins here is not closed"),
    Mistake("zone: \"${participant.zone}\", scope: activity", "zone: ‸\"${participant.zone}, scope: activity", "the quote that begins here is not closed"),
    Mistake("    type: RefreshToken", "   ‸type: RefreshToken", "this line is indented by 3 spaces but aligned with nothing; expected 4 spaces, as in line"),
    Mistake("    token_url: \"#{token_url}\"", "   ‸token_url: \"#{token_url}\"", "this line is indented by 3 spaces but aligned with nothing; expected 4 spaces, as in line"),
    Mistake("    to: { success: check zones", "     ‸to: { success: check zones", "this line is indented by 5 spaces but aligned with nothing"),
    Mistake("type: ReadTokenFile", "type:‸\u{A0}ReadTokenFile", "a no-break space (U+00A0), which is invisible"),
    Mistake("provider: fitbit, ledger", "provider: fit‸\u{200B}bit, ledger", "a zero width space (U+200B)"),
    Mistake("- name: refresh token", "- name: refresh‸\u{A0}token", "a no-break space (U+00A0)", alone: false),
    Mistake("scope: heartrate, total", "scope: heartrate‸\u{202C}, total", "(U+202C)"),
    Mistake("path: \"#{database}\"", "path: ‸\u{201C}#{database}\u{201D}", "a left double quotation mark (U+201C), which is not a quote to YAML"),
    Mistake("properties: { provider: fitbit }", "properties: { provider: ‸\u{2018}fitbit\u{2019} }", "a left single quotation mark (U+2018)"),
    Mistake("type: ReadTokenFile", "type‸\u{FF1A}ReadTokenFile", "a fullwidth colon (U+FF1A)"),
    Mistake("    group: get access token\n", "    group: a\n    ‸group: b\n", "'group' is given twice"),
    Mistake("rows: /summary", "rows: ‸*summary", "an anchor '&summary' that is complete"),
    Mistake("rows: /summary", "rows: ‸@summary", "text begins with '@'"),
    Mistake("help: SQLite file,", "help: SQLite‸: file,", "an unexpected ':'; expected one 'key: value' per line"),
    Mistake("intervals: [log_id]", "intervals: ‸[log_ids]", "'intervals' names the column 'log_ids', which no records of table 'fitbit_sleep_stage' have", in: .fitbitNightly),
    Mistake("      rows: /summary", "      ‸rows_may_be_absent: true\n      rows: /summary", "'rows_may_be_absent' was a property of earlier versions; declare the form"),
    Mistake("flow: fitbit\n", "flow: fitbit‸\u{FEFF}\n", "the file contains a byte order mark (U+FEFF)"),
  ]
}
