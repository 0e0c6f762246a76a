import FlowCore
import StudyModel
import StudyParticipants

/// Encrypts or decrypts the participant files of a batch, file by file. Each is replaced whole: broken off at any moment, it is repeated.
package struct BatchEncryption: Sendable {
  package struct Report: Encodable, Sendable, Equatable {
    package var changed = 0
    /// They were as asked for already.
    package var unchanged = 0
    /// Participants that another run holds; they were left as they are.
    package var held: [String] = []
    /// Why files cannot be read; they were left as they are.
    package var unreadable: [String] = []

    package enum CodingKeys: CodingKey { case changed, unchanged, held, unreadable }

    package func encode(to encoder: any Encoder) throws {
      var members = encoder.container(keyedBy: CodingKeys.self)
      try members.encode(changed, forKey: .changed)
      try members.encode(unchanged, forKey: .unchanged)
      try members.encode(held.count, forKey: .held)
      try members.encode(unreadable.count, forKey: .unreadable)
    }

    package var status: ExitStatus { !held.isEmpty ? .retryableLeft : unreadable.isEmpty ? .success : .needsPerson }
  }

  private let batch: ParticipantBatch

  package init(_ batch: ParticipantBatch) { self.batch = batch }

  /// Throws `Diagnostics` for a key that is missing or opens none of the files, before the first one is touched.
  package func encrypt() async throws -> Report {
    try await batch.store.checkKey()
    try await batch.store.requireKey()
    return try await change(isEncrypted: true)
  }

  /// Throws `Diagnostics` as `encrypt` does.
  package func decrypt() async throws -> Report {
    try await batch.store.checkKey()
    return try await change(isEncrypted: false)
  }

  private func change(isEncrypted: Bool) async throws -> Report {
    var report = Report()
    for listing in try await batch.store.list() {
      do {
        try await change(listing, isEncrypted: isEncrypted, &report)
      } catch let error as ProcessorError {
        report.unreadable.append(error.description)
      }
    }
    return report
  }

  private func change(_ listing: ParticipantListing, isEncrypted: Bool, _ report: inout Report) async throws {
    if let problem = listing.problem { throw ProcessorError(.badParticipantFile, problem) }
    let result = try await batch.store.change(listing.name) { file in
      defer { file.isEncrypted = isEncrypted }
      return file.isEncrypted != isEncrypted
    }
    switch result {
    case .done(true): report.changed += 1
    case .done(false): report.unchanged += 1
    case .heldByAnotherRun: report.held.append(listing.name)
    }
  }
}
