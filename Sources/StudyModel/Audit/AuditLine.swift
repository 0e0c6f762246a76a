import FlowCore

/// What is told of an act before it has a place in the trail.
package struct AuditLine: Sendable, Equatable {
  package enum Phase: String, Sendable, Codable, CaseIterable {
    /// The act is about to begin. One without an end was interrupted, or is under way.
    case begun
    /// It has ended, with a result. The last one counts.
    case ended
    /// A change that was committed together with the entry.
    case done
  }

  /// The number of the entry of the act's beginning; nil for that entry itself, and for one that stands alone.
  package var act: Int64?
  package var phase: Phase
  package var time: Instant
  package var author: AuditAuthor
  /// Such as `run` or `participants withdraw`.
  package var command: String
  /// The words after the command, without secrets.
  package var parameters: [String]
  /// Why, in the person's own words.
  package var reason: String?
  package var flow: String?
  package var flowSHA256: String?
  package var run: String?
  /// Of an act that has ended.
  package var result: String?
  package var exit: Int32?

  package init(
    act: Int64? = nil, _ phase: Phase, at time: Instant, by author: AuditAuthor, command: String, parameters: [String] = [], reason: String? = nil, flow: String? = nil,
    flowSHA256: String? = nil, run: String? = nil, result: String? = nil, exit: Int32? = nil
  ) {
    self.act = act
    self.phase = phase
    self.time = time
    self.author = author
    self.command = command
    self.parameters = parameters
    self.reason = reason
    self.flow = flow
    self.flowSHA256 = flowSHA256
    self.run = run
    self.result = result
    self.exit = exit
  }

  /// The parameters as one JSON array, as stores keep them.
  package var parametersText: String { "[" + parameters.map { JSONText.quoted($0) }.joined(separator: ",") + "]" }
}

/// Who acts: the operating system's user, and the host.
package struct AuditAuthor: Sendable, Equatable {
  package var user: String
  package var host: String

  package init(user: String, host: String) {
    self.user = user
    self.host = host
  }
}

extension AuditLine {
  /// A change of tables that is committed with the entry.
  package static func schema(_ changes: [String], _ environment: RuntimeEnvironment) -> AuditLine {
    AuditLine(
      .done, at: environment.time.now, by: environment.author, command: "schema", parameters: changes,
      flowSHA256: environment.flowSHA256.isEmpty ? nil : environment.flowSHA256, run: environment.run.isEmpty ? nil : environment.run)
  }

  /// What has changed in the columns of tables, by table; a table without columns does not exist.
  package static func changes(from before: [String: [String]], to after: [String: [String]]) -> [String] {
    after.sorted { $0.key < $1.key }.compactMap { table, columns in
      let known = before[table] ?? []
      let new = columns.filter { !known.contains($0) }
      if new.isEmpty { return nil }
      return known.isEmpty ? "made table \(table)" : "added to table \(table): \(new.joined(separator: ", "))"
    }
  }
}

extension RuntimeEnvironment {
  /// Whoever the program runs for.
  package var author: AuditAuthor { shared.value { AuditAuthor(user: "", host: "") } }
}
