import FlowCore

/// A flow to begin with: small, with a comment for each part, and ready to run on the bundled simulator.
package enum StarterFlow {
  package static let defaultName = "starter"

  /// Writes it to a new file in a folder that exists; false if something has the name already. Blocks. Throws `FileSystemError`.
  package static func write(to file: String, _ fileSystem: any FileSystem) throws -> Bool {
    guard try fileSystem.status(file) == nil else { return false }
    let name = String(file.split(separator: "/").last ?? "").split(separator: ".").first.map(String.init) ?? defaultName
    let isPlain = name.utf8.allSatisfy { byte in
      let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      return isLetter || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_".utf8.contains(byte)
    }
    return try FlowTextFile.write(text(named: isPlain && !name.isEmpty ? name : defaultName), to: file, fileSystem)
  }

  package static func text(named name: String) -> String {
    """
    # A starter flow: it collects the steps of each day. Without credentials it runs on the bundled simulator:
    #   flowrun validate FILE      finds every mistake
    #   flowrun FILE               runs it; a second run asks only for what is new
    #   flowrun coverage FILE      says what is there, what is missing, and why
    # For completion in an editor: flowrun schema > flow.schema.json, and this as the first line:
    #   # yaml-language-server: $schema=flow.schema.json
    flow: \(name)
    summary: The steps and the distance of each day, by the Google Health API.

    # What differs between runs. A value is given with -p name=value, in a file (--parameters), or by its environment variable.
    parameters:
      api:
        default: simulator
        help: Base URL of the provider (https://health.googleapis.com); `simulator` starts the bundled one.
      client_id:
        environment: GOOGLE_CLIENT_ID
        default: ""
        required_unless: { api: simulator }
        help: Client id of the study's application.
      client_secret:
        environment: GOOGLE_CLIENT_SECRET
        default: ""
        sensitive: true
        help: Client secret; a client without one sends its id in the form.
      participants:
        default: participants
        when: { api: simulator, default: simulated/participants }
        help: Folder of participant files; a batch is a folder.
      database:
        default: \(name).sqlite
        when: { api: simulator, default: simulated/\(name).sqlite }
        help: Path of a database file, or a PostgreSQL URI without a password.

    # What processors share.
    services:
      database:
        type: Database
        path: "#{database}"
      google:
        type: GoogleHealthAPI
        base_url: "#{api}"
        client_id: "#{client_id}"
        client_secret: "#{client_secret}"
        participants: "#{participants}"

    # The graph. `to` says where the FlowFiles of each relationship go: to processors, or
    # errors (kept in the error folder), defer (the next run asks again) or drop (done).
    # flowrun processors TYPE documents a processor.
    processors:
      # One FlowFile for each participant of the batch.
      - name: read token file
        type: ReadTokenFile
        properties: { provider: google, ledger: database }
        to: { success: refresh token, failure: errors }

      - name: refresh token
        type: RefreshToken
        properties: { provider: google }
        to: { success: get latest sync, needs_consent: errors, in_doubt: errors, failure: errors }

      # How far the participant's tracker has synced, and in which zone its days begin.
      - name: get latest sync
        type: GetLatestSync
        properties: { provider: google }
        retry: { attempts: 5, backoff: 1s, max_backoff: 1m, on: [retry] }
        to: { success: slice time range, nothing_to_collect: drop, retry: errors, rate_limited: defer, failure: errors }

      # What the database's ledger lacks, in slices of a day; 90 days that follow each other are one request.
      - name: slice time range
        type: SliceTimeRange
        properties:
          ledger: database
          provider: google
          slices:
            - { relationship: day, data_type: daily-steps, step: 1d, span: 90d, zone: "${participant.zone}", scope: activity_and_fitness }
        to: { day: ask, scope: errors, done: drop, failure: errors }

      # Two questions, whose answers come as one. ${…} is an expression over the FlowFile's attributes: flowrun evaluate tries one.
      - name: ask
        type: InvokeEndpoint
        properties:
          provider: google
          method: POST
          body: >-
            {"range":{"start":{"date":{"year":${slice.date:substring(0,4)},"month":${slice.date:substring(5,7):toNumber()},"day":${slice.date:substring(8,10):toNumber()}}},
            "end":{"date":{"year":${slice.end_date:substring(0,4)},"month":${slice.end_date:substring(5,7):toNumber()},"day":${slice.end_date:substring(8,10):toNumber()}}}},
            "windowSizeDays":1}
          parts:
            - { into: steps, url: "/v4/users/me/dataTypes/steps/dataPoints:dailyRollUp", scope: activity_and_fitness }
            - { into: distance, url: "/v4/users/me/dataTypes/distance/dataPoints:dailyRollUp", scope: activity_and_fitness }
        retry: { attempts: 5, backoff: 1s, max_backoff: 1m, on: [retry] }
        to: { success: extract, retry: errors, rate_limited: defer, scope: errors, failure: errors }

      # JSON becomes rows: columns with their kinds and where their values are.
      - name: extract
        type: ExtractRecords
        properties:
          rows: /
          skip_empty: true
          # What an answer may look like: another shape is an error, never a day without steps.
          points:
            - { at: [/steps, /distance], value: rollupDataPoints, empty: [nextPageToken] }
            - { at: [/steps/rollupDataPoints/*], value: steps, beside: [civilStartTime, civilEndTime], may_lack: true }
            - { at: [/distance/rollupDataPoints/*], value: distance, beside: [civilStartTime, civilEndTime], may_lack: true }
          columns:
            date: { kind: date, value: "${slice.date}", required: true }
            # @date is the row's own column; numbers come as text. A figure left out of a day that is there is zero.
            steps: { kind: integer, from: "/steps/rollupDataPoints[civilStartTime.date=@date]/steps/countSum", accept_text: true, default: 0, minimum: 0 }
            # Kilometres of millimetres.
            distance: { kind: real, from: "/distance/rollupDataPoints[civilStartTime.date=@date]/distance/millimetersSum", accept_text: true, default: 0, minimum: 0, factor: 0.000001 }
        to: { success: compare, failure: errors }

      # Which rows are new or changed, then rows and ledger in one transaction.
      - name: compare
        type: DedupeCheck
        properties: { database: database, table: daily_steps, key: [date] }
        retry: { attempts: 3, backoff: 1s, max_backoff: 10s, on: [failure] }
        to: { distinct: write, changed: write, duplicate: write, failure: errors }

      - name: write
        type: WriteRecords
        properties: { database: database, table: daily_steps, key: [date], provider: google }
        retry: { attempts: 3, backoff: 1s, max_backoff: 10s, on: [failure] }
        to: { success: drop, failure: errors }

    """
  }
}
