/// Flow files used by several tests.
enum Flows {
  /// A flow with every part of the format.
  static let whole = """
    # A comment.
    flow: fitbit
    summary: Links participants with their own data.
    parameters:
      api: { default: simulator, help: Base URL }
      participants:
        default: participants
        when: { api: simulator, default: simulated/participants }
        help: Folder of participant files
      database:
        default: fitbit.sqlite
        when: { api: simulator, default: simulated/fitbit.sqlite }
      client_id: { environment: FITBIT_CLIENT_ID, default: "", required_unless: { api: simulator } }
      client_secret: { environment: FITBIT_CLIENT_SECRET, default: "", sensitive: true }
      detail: { default: 1sec, choices: [1sec, 1min] }
      token_url: { default: "#{api}/oauth2/token" }
    defaults:
      queue: { count: 500, bytes: 8 MB }
    services:
      database: { type: SQLiteDatabase, path: "#{database}" }
      fitbit: { type: FitbitWebAPI, base_url: "#{api}", client_id: "#{client_id}", client_secret: "#{client_secret}" }
    processors:
      - name: read token file
        type: ReadTokenFile
        group: get access token
        properties: { provider: fitbit }
        to: { success: slice time range }
      - name: slice time range
        type: SliceTimeRange
        group: get fitbit data
        concurrency: 2
        properties:
          ledger: database
          slices:
            - { relationship: heart, data_type: intraday-heart-rate, step: 24h, within: day, zone: UTC }
            - { relationship: activity, data_type: daily-activity, step: 1d, zone: "${participant.zone}" }
        to: { heart: { then: invoke heart, queue: { count: 100, prioritise: age } }, activity: [invoke heart, write], failure: defer }
      - name: invoke heart
        type: InvokeEndpoint
        retry: { attempts: 5, backoff: 2s, max_backoff: 5m, on: [failure, rate_limited] }
        properties:
          provider: fitbit
          url: /1/user/-/activities/heart/date/${slice.date}/1d/#{detail}.json
          token: "#{client_secret}"
        to: { success: extract, rate_limited: invoke heart }
      - name: extract
        type: ExtractRecords
        properties:
          columns: { instant: instant, utc_offset: offset, value: integer, quality: real }
        to: { success: write }
      - name: write
        type: WriteRecords
        properties: { database: database, table: fitbit_intraday_hr, key: [instant] }
        to: { success: drop }
    """

  /// A flow of one source with a property `text`, and parameters.
  static func text(_ text: String, parameters: String = "{}") -> String {
    """
    flow: test
    parameters: \(parameters)
    processors:
      - name: begin
        type: GenerateFlowFile
        properties:
          text: \(text)
        to: { success: drop }
    """
  }
}
